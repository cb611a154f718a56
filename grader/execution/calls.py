"""Turns cases into the calls that a kernel is asked to make: inputs under meaningless names."""

import base64
import json
import secrets
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import SystemRandom
from typing import Any

import numpy as np

from grader.assignment import Task
from grader.cases import Case, Layout
from grader.truth import copied

PROBE = (Path(__file__).parent / "probe.py").read_text(encoding="utf-8")


@dataclass(frozen=True)
class TaskCalls:
    """All calls of one function as a plan for the probe; `cases`: each call's case, by its id.

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
    plan = json.dumps({"name": task.name, "calls": calls})
    return TaskCalls(task.name, plan, {key: case.name for key, case in named.items()})


def cells_asking(
    tasks: Sequence[TaskCalls], careful: Container[str], *, together: bool, brought: bool
) -> list[tuple[str, str]]:
    """Cells that ask, by the task's name, in one kernel.

    careful: tasks whose answers are each sent for good before the next call is made.
    together: before the others, one cell named "" asks for all; if that ends well, it is enough.
    brought: whether kernels have the probe; elsewhere the first cell brings it.
    """
    # Students shadow names such as `input` or `compile`; hardly anyone shadows __import__.
    modules, builtins = "__import__('sys').modules", "__import__('builtins')"
    scope = f"{modules}.setdefault('grader_probe', __import__('types').ModuleType('grader_probe'))"
    bring = f"{builtins}.exec({builtins}.compile({PROBE!r}, '<grader>', 'exec'), {scope}.__dict__)"
    there = "__import__('IPython').get_ipython().kernel.grader_probe"
    probe = there if brought else f"{modules}['grader_probe']"
    cells = [
        (task.name, f"{probe}.run({task.plan!r}, careful={task.name in careful})") for task in tasks
    ]
    if together:
        cells.insert(0, ("", "\n".join(source for _, source in cells)))
    if not brought:
        name, source = cells[0]
        cells[0] = (name, f"{bring}\n{source}")
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
