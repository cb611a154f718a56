"""Are its entries real floating-point numbers of at least single precision?"""

import numpy as np

from grader.checks.question import Question, Result, failed, not_judged, passed

_WHY = {
    "b": "holds True and False; numbers are expected (multiply a mask by something, or use astype)",
    "i": "holds whole numbers; an integer array cuts off every fraction",
    "u": "holds whole numbers; an integer array cuts off every fraction",
    "c": "holds complex numbers; a gradient is real here",
}


def ask(question: Question) -> Result:
    """By kind: float32 and wider pass; float16 has three digits only, and fails."""
    array, name = question.array, question.value.name
    if array is None:
        return not_judged("there is no array to look at")
    dtype = array.dtype
    if dtype.kind in _WHY:
        return failed(f"{name} {_WHY[dtype.kind]}", seen=str(dtype))
    if np.finfo(dtype).eps > np.finfo(np.float32).eps:
        return failed(
            f"{name} is {dtype}, which keeps about three digits: use float64",
            seen=str(dtype),
        )
    return passed()
