"""Everything about the untrusted kernel: the run of a notebook, the probe, decoding answers."""

from grader.execution.answers import Answer, Definition, Leaf, Raised, leaves
from grader.execution.calls import TaskCalls, arrays_in, calls_of
from grader.execution.session import (
    CellError,
    Execution,
    NotStarted,
    Stopped,
    begin_to_warm_up,
    execute,
    warm_up,
)
from grader.execution.settings import Settings

__all__ = [
    "Answer",
    "CellError",
    "Definition",
    "Execution",
    "Leaf",
    "NotStarted",
    "Raised",
    "Settings",
    "Stopped",
    "TaskCalls",
    "arrays_in",
    "begin_to_warm_up",
    "calls_of",
    "execute",
    "leaves",
    "warm_up",
]
