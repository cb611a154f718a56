"""The smallest public case on which a value is wrong: small enough to redo by hand."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any

import numpy as np

from grader.checks import Question, Result
from grader.checks.question import LARGEST_SHOWN


@dataclass(frozen=True)
class Example:
    """One failing public case in full, without what the right answer is.

    inputs: what the student is shown of the call, nested lists by name. got: what was returned,
    nested lists, or a word for it; None where the call returned nothing. Entries are as `plain`
    makes them. off: for each entry of `got` 0 where it is right, else 1 to 4, in quarters of the
    worst one; None where entries can't be told apart.
    """

    case: str
    inputs: Mapping[str, Any]
    got: Any
    expected_shape: tuple[int, ...]
    error: float | None
    where: tuple[int, ...] | None
    off: Any = None


def smallest_example(failures: Iterable[tuple[Question, Result]]) -> Example | None:
    """The example from the simplest failing public case, None where all public cases passed."""
    public = [(q, result) for q, result in failures if q.case.split == "public"]
    if not public:
        return None
    question, result = min(public, key=lambda failure: simplicity(failure[0]))
    array = question.array
    shown = array is not None and array.size <= LARGEST_SHOWN
    got = plain(array) if array is not None and shown else result.seen or None
    return Example(
        case=question.case.name,
        inputs={name: plain(np.asarray(v)) for name, v in question.truth.shown.items()},
        got=got if question.answer.kind == "returned" else None,
        expected_shape=question.expected_shape,
        error=result.error if result.error is not None and isfinite(result.error) else None,
        where=result.where,
        off=result.off,
    )


def plain(array: np.ndarray) -> Any:
    """The array as nested lists of what JSON can hold: what is no finite number, in words."""
    return _plain(array.tolist())


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, bool | int):
        return value
    if np.iscomplexobj(value):
        return str(complex(value)).strip("()")
    # A long double stays one in a list; what is too large for a float becomes infinite.
    number = float(value)
    return number if isfinite(number) else str(number)


def simplicity(question: Question) -> tuple[bool, int, int, float]:
    """Simpler first: no huge numbers, then fewer entries, then fewer digits, then smaller ones."""
    entries = [float(x) for value in question.case.inputs.values() for x in np.ravel(value)]
    digits = sum(len(f"{abs(x):.6g}") for x in entries)
    magnitude = sum(abs(x) for x in entries)
    return question.case.kind == "large", question.case.entries, digits, magnitude
