"""Whether two arrays of numbers agree within a tolerance, and where they differ most."""

from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
_DOUBLE = float(np.finfo(np.float64).eps)


@dataclass(frozen=True)
class Difference:
    """Where `got` leaves `expected`: the worst entry, and how many are outside the tolerance.

    outside: how far off each entry is, 0 where it is within the tolerance.
    """

    worst: tuple[int, ...]
    error: float
    relative: float
    wrong: int
    size: int
    outside: Floats = field(compare=False, repr=False)

    @property
    def quarters(self) -> Any:
        """How far off each entry is beside the worst one, in quarters: 0 is right, 4 the worst.

        Nested lists; so coarse that what is expected can't be worked out from them.
        """
        worst = self.error if np.isfinite(self.error) else 1.0
        share = np.minimum(self.outside, worst) / worst
        return np.ceil(4 * share).astype(int).tolist()


def precision_of(*dtypes: np.dtype) -> float:
    """The spacing (machine epsilon) of the least precise real dtype given, float64 at best."""
    return max(map(_epsilon, dtypes), default=_DOUBLE)


@cache
def _epsilon(dtype: np.dtype) -> float:
    return max(_DOUBLE, float(np.finfo(dtype).eps)) if dtype.kind == "f" else _DOUBLE


def rounding(largest: float, terms: int, epsilon: float) -> float:
    """What rounding alone may do to a right answer, as one absolute bound for the whole array.

    A sum of `terms` products, in any order, is off by at most about `terms` roundings of its
    largest term. See docs/numerics.md for what is taken as `largest`: no less than the largest
    upstream gradient, as if the local derivative were of order one, so that a saturated sigmoid
    (derivative 1e-13, computed as s*(1-s)) is not asked for digits that the formula can't have.
    """
    return (64 + 8 * terms) * epsilon * largest


def compare(got: Floats, expected: Floats, tolerance: Floats | float) -> Difference | None:
    """None where every entry agrees; otherwise the difference. Both arrays have one shape.

    NaN never agrees with anything; an infinity agrees with the same infinity only.
    """
    with np.errstate(invalid="ignore", over="ignore"):
        gap = np.abs(got - expected)
    within = gap <= tolerance
    if within.all():
        return None
    outside = ~within & (got != expected)
    if not outside.any():
        return None
    gap = np.where(np.isnan(gap), np.inf, gap)
    flat = int(np.argmax(np.where(outside, gap, -1.0)))
    worst = tuple(int(i) for i in np.unravel_index(flat, gap.shape))
    error = float(gap[worst])
    scale = float(np.max(np.abs(expected), initial=0.0))
    return Difference(
        worst=worst,
        error=error,
        relative=error / scale if scale > 0 else float("inf"),
        wrong=int(outside.sum()),
        size=int(gap.size),
        outside=np.where(outside, gap, 0.0),
    )
