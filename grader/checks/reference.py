"""Are the values those of the reference solution?"""

import numpy as np

from grader.checks.question import Question, Result, differs, not_judged, passed
from grader.numerics import compare


def ask(question: Question) -> Result:
    """Within rounding. Not asked without a reference, nor at a kink, where two are right."""
    reference, array = question.truth.reference, question.array
    if reference is None:
        return not_judged("the reference solution is not on this machine")
    if array is None or question.case.at_kink:
        return not_judged("two answers are right here")
    difference = compare(
        np.asarray(array, np.float64), reference[question.value.name], question.rounding
    )
    if difference is None:
        return passed()
    return differs(difference, f"{question.value.name} has wrong values")
