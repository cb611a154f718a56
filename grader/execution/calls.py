"""Turns cases into the calls that a kernel is asked to make: inputs under meaningless names."""

import base64
import json
import secrets
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from random import SystemRandom
from typing import Any

import numpy as np

from grader.assignment import Task
from grader.cases import Case, Layout
from grader.execution.job import TOGETHER
from grader.truth import copied


@dataclass(frozen=True)
class TaskCalls:
    """All calls of one function as a plan for the probe, in JSON; `cases`: each one's, by its id.

    Ids are random and calls are shuffled, so neither tells a public case from a private one.
    Only `name` and `plan` leave the trusted process.
    """

    name: str
    plan: str
    cases: dict[str, str]


def calls_of(task: Task, cases: Sequence[Case]) -> TaskCalls:
    """The calls of `task` on `cases`, in an order that tells nothing."""
    shuffled = list(cases)
    SystemRandom().shuffle(shuffled)
    named = {secrets.token_hex(8): case for case in shuffled}
    calls = [
        {"id": key, "arguments": encoded(task.call_arguments(copied(case.inputs)), case.layout)}
        for key, case in named.items()
    ]
    return TaskCalls(task.name, json.dumps(calls), {key: case.name for key, case in named.items()})


def plans_of(tasks: Iterable[TaskCalls]) -> str:
    """All plans by the name of the function, in JSON."""
    return f"{{{', '.join(f'{json.dumps(task.name)}: {task.plan}' for task in tasks)}}}"


def cells_asking(
    tasks: Iterable[TaskCalls], careful: Container[str], *, together: bool
) -> list[tuple[str, str]]:
    """Cells that ask, by the task's name, a kernel to which the plans were handed over.

    careful: tasks whose answers are each sent for good before the next call is made.
    together: before the others, one cell asks for all; if that ends well, it is enough.
    """
    # Students shadow names such as `input` or `compile`; hardly anyone shadows __import__.
    probe = "__import__('IPython').get_ipython().kernel.grader_probe"
    cells = [
        (task.name, f"{probe}.run({task.name!r}, careful={task.name in careful})") for task in tasks
    ]
    if together:
        cells.insert(0, (TOGETHER, "\n".join(source for _, source in cells)))
    return cells


def encoded(value: Any, layout: Layout) -> dict[str, Any]:
    """One argument as plain JSON: arrays as bytes, with the memory layout they shall have."""
    if isinstance(value, tuple | list):
        items = [encoded(item, layout) for item in value]
        return {"kind": "tuple" if isinstance(value, tuple) else "list", "items": items}
    if isinstance(value, dict):
        items = [encoded(item, layout) for item in value.values()]
        return {"kind": "dict", "names": list(value), "items": items}
    if isinstance(value, float):
        return {"kind": "float", "value": value}
    array = np.asarray(value)
    return {
        "kind": "array",
        "dtype": array.dtype.str,
        "shape": array.shape,
        "data": base64.b64encode(array.tobytes()).decode("ascii"),
        "layout": layout,
    }


def arrays_in(arguments: Iterable[Any]) -> list[np.ndarray]:
    """Every array among nested arguments, in order: what a pure function leaves as it was."""
    found: list[np.ndarray] = []
    for value in arguments:
        if isinstance(value, np.ndarray):
            found.append(value)
        elif isinstance(value, dict):
            found.extend(arrays_in(value.values()))
        elif isinstance(value, tuple | list):
            found.extend(arrays_in(value))
    return found
