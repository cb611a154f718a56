"""Turns cases into the calls that a kernel is asked to make: inputs under meaningless names."""

import base64
import io
import json
import secrets
from collections.abc import Iterable, Sequence
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
    """All calls of one function, as the cell to run; `cases` maps each call's id to its case.

    Ids are random and calls are shuffled, so neither tells a public case from a private one.
    Only `name` and `cell` leave the trusted process.
    """

    name: str
    cell: str
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
    return TaskCalls(task.name, _cell(plan), {key: case.name for key, case in named.items()})


def _cell(plan: str) -> str:
    # Students shadow names such as `input` or `compile`; hardly anyone shadows __import__.
    builtins = "__import__('builtins')"
    scope = f"{{'__name__': 'grader_probe', 'PLAN': {plan!r}}}"
    source = PROBE + "\n\nrun(json.loads(PLAN))\n"
    return f"{builtins}.exec({builtins}.compile({source!r}, '<grader>', 'exec'), {scope})"


def encoded(value: Any, layout: Layout) -> dict[str, Any]:
    """One argument as plain JSON: arrays as .npy bytes, with the memory layout they shall have."""
    if isinstance(value, tuple | list):
        items = [encoded(item, layout) for item in value]
        return {"kind": "tuple" if isinstance(value, tuple) else "list", "items": items}
    if isinstance(value, dict):
        items = [encoded(item, layout) for item in value.values()]
        return {"kind": "dict", "names": list(value), "items": items}
    if isinstance(value, float):
        return {"kind": "float", "value": value}
    return {"kind": "array", "npy": _npy(np.asarray(value)), "layout": layout}


def _npy(array: np.ndarray) -> str:
    buffer = io.BytesIO()
    np.save(buffer, np.ascontiguousarray(array).reshape(array.shape), allow_pickle=False)
    return base64.b64encode(buffer.getvalue()).decode("ascii")


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
