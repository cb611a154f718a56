"""Are the values the derivative of the forward function, as finite differences see it?"""

import numpy as np

from grader.checks.question import Question, Result, differs, not_judged, passed
from grader.numerics import compare


def ask(question: Question) -> Result:
    """Within the finite differences' own error estimate plus rounding.

    On a kink the derivative from either side is right, entry by entry.
    """
    name, array = question.value.name, question.array
    if array is None:
        return not_judged("there are no values to compare")
    got = np.asarray(array, np.float64)
    estimate = question.truth.gradient[name]
    tolerance = estimate.error + question.rounding
    expected = estimate.value
    if question.case.at_kink:
        other = question.truth.otherwise[name]
        expected = np.where(np.abs(got - other) < np.abs(got - expected), other, expected)
    difference = compare(got, expected, tolerance)
    if difference is None:
        return passed()
    forward = getattr(question.task.forward, "__name__", "the forward function")
    return differs(difference, f"{name} is not the slope of {forward}")
