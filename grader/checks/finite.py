"""Are all entries finite?"""

import numpy as np

from grader.checks.question import LARGEST_SHOWN, Question, Result, failed, not_judged, passed


def ask(question: Question) -> Result:
    """NaN and infinity are told apart: they come from different mistakes."""
    array, name = question.array, question.value.name
    if array is None or array.dtype.kind not in "fc":
        return not_judged("there are no floating-point numbers to look at")
    finite = np.isfinite(array)
    if finite.all():
        return passed()
    off = np.where(finite, 0, 4).tolist() if array.size <= LARGEST_SHOWN else None
    if np.isnan(array).any():
        count = int(np.isnan(array).sum())
        return failed(f"{name} has NaN in {count} of {array.size} entries", seen="NaN", off=off)
    count = int(np.isinf(array).sum())
    return failed(f"{name} is infinite in {count} of {array.size} entries", seen="inf", off=off)
