"""Does the same input give the same answer again?"""

import numpy as np

from grader.checks.question import Question, Result, differs, not_judged, passed, returned_leaf
from grader.execution import Leaf
from grader.numerics import compare


def ask(question: Question) -> Result:
    """The repeated call against the first one, within rounding."""
    array = question.array
    first = question.first.returned if question.first is not None else None
    leaf = returned_leaf(question.task, question.value, first)
    if array is None or not isinstance(leaf, Leaf) or leaf.array is None:
        return not_judged("there are no two answers to compare")
    if array.dtype.kind == "c" or leaf.array.dtype.kind == "c":
        return not_judged("the answers are not real numbers")
    if leaf.array.shape != array.shape:
        return not_judged("the two answers differ in shape")
    again, before = np.asarray(array, np.float64), np.asarray(leaf.array, np.float64)
    if np.array_equal(again, before, equal_nan=True):
        return passed()
    difference = compare(again, before, question.rounding)
    if difference is None:
        return passed()
    return differs(difference, f"{question.value.name} is different the second time")
