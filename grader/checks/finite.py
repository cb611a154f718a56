"""Are all entries finite?"""

import numpy as np

from grader.checks.question import Question, Result, failed, not_judged, passed


def ask(question: Question) -> Result:
    """NaN and infinity are told apart: they come from different mistakes."""
    array, name = question.array, question.value.name
    if array is None or array.dtype.kind not in "fc":
        return not_judged("there are no floating-point numbers to look at")
    if np.isnan(array).any():
        count = int(np.isnan(array).sum())
        return failed(f"{name} has NaN in {count} of {array.size} entries", seen="NaN")
    if np.isinf(array).any():
        count = int(np.isinf(array).sum())
        return failed(f"{name} is infinite in {count} of {array.size} entries", seen="inf")
    return passed()
