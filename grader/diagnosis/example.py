"""The smallest public case on which a value is wrong: small enough to redo by hand."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from grader.checks import Question, Result


@dataclass(frozen=True)
class Example:
    """One failing public case in full, without what the right answer is.

    inputs: nested lists by name. got: what was returned, nested lists, or a word for it.
    """

    case: str
    inputs: Mapping[str, Any]
    got: Any
    expected_shape: tuple[int, ...]
    error: float | None
    where: tuple[int, ...] | None


def smallest_example(failures: Iterable[tuple[Question, Result]]) -> Example | None:
    """The example from the simplest failing public case, None where all public cases passed."""
    public = [(q, result) for q, result in failures if q.case.split == "public"]
    if not public:
        return None
    question, result = min(public, key=lambda failure: simplicity(failure[0]))
    array = question.array
    return Example(
        case=question.case.name,
        inputs={name: np.asarray(v).tolist() for name, v in question.case.inputs.items()},
        got=array.tolist() if array is not None and array.size <= 100 else result.seen,
        expected_shape=question.expected_shape,
        error=result.error,
        where=result.where,
    )


def simplicity(question: Question) -> tuple[bool, int, float]:
    """Simpler first: no huge numbers, then fewer entries, then smaller ones."""
    magnitude = sum(float(np.sum(np.abs(value))) for value in question.case.inputs.values())
    return question.case.kind == "large", question.case.entries, magnitude
