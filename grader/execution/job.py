"""What a runner is told: inputs alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

# What stands for a task's name where all functions are asked in one cell.
TOGETHER = ""


@dataclass(frozen=True)
class Job:
    """One run: code cells by number, probes by task, limits, where kernels come from.

    scratch: a folder of its own. control: the socket over which the process is asked that
    forks kernels, -1 where each is started from cold. folder: where the notebook runs, as its
    kernel sees it.
    reduced: cells of which only the definitions are to run.
    probes: what asks each function, by the task's name, or TOGETHER.
    plans: what the probes ask for, in JSON.
    confined: whether the runner, too, may reach nothing but its kernel.
    cell_seconds: for one cell, and for one function's calls. cells_seconds: for all cells.
    """

    scratch: str
    control: int
    folder: str
    cells: Sequence[tuple[int, str]]
    reduced: Sequence[int]
    probes: Sequence[tuple[str, str]]
    plans: str
    python: str
    environment: Mapping[str, str]
    cell_seconds: float
    cells_seconds: float
    confined: bool
