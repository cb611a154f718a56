"""Derivatives of a forward function by finite differences, each with an estimate of its error.

The derivative along one entry is taken from difference quotients at steps h, h/2, h/4, …,
extrapolated to h = 0 by Richardson's scheme; the entry of the tableau with the smallest
estimated error is kept (C. J. F. Ridders, Adv. Eng. Software 4 (1982) 75-76).
The error estimate adds what rounding of the forward function's values can contribute.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Side = Literal["both", "right", "left"]

FIRST_STEP = 2.0**-6
LEVELS = 5
EPSILON = float(np.finfo(np.float64).eps)
# How many roundings of its own size a value of the forward function may be off by: it is
# computed in several steps, of which the last alone would be half a rounding.
ROUNDINGS = 8


@dataclass(frozen=True)
class Estimate:
    """A derivative and, entry by entry, how far it may be from the truth (same shape)."""

    value: Floats
    error: Floats


def gradient(
    function: Callable[..., object], inputs: Mapping[str, object], wrt: str, side: Side = "both"
) -> Estimate:
    """The derivative of a scalar function with respect to `inputs[wrt]`, in that input's shape."""
    return vjp(function, inputs, wrt, upstream=None, side=side)


def vjp(
    forward: Callable[..., object],
    inputs: Mapping[str, object],
    wrt: str,
    upstream: object = None,
    side: Side = "both",
    room: Floats | None = None,
) -> Estimate:
    """The vector-Jacobian product `upstream . d forward / d inputs[wrt]`.

    `forward` takes the inputs by keyword and returns an array of the shape of `upstream`
    (a scalar where `upstream` is None). The result has the shape of `inputs[wrt]`.
    With side "right" or "left" the derivative is taken from that side alone, which is how
    a kink (ReLU at 0) is seen. `room`, in the shape of `inputs[wrt]`, bounds how far each
    entry is moved, so that no step reaches over a kink close by.
    """
    point = np.array(inputs[wrt], dtype=np.float64)
    fixed = {
        name: np.asarray(value, dtype=np.float64) if name != wrt else point
        for name, value in inputs.items()
    }
    cotangent = np.asarray(1.0 if upstream is None else upstream, dtype=np.float64)

    def at(index: tuple[int, ...], shifted: float) -> Floats:
        moved = point.copy()
        moved[index] = shifted
        return np.asarray(forward(**{**fixed, wrt: moved}), dtype=np.float64)

    value, error = np.zeros_like(point), np.zeros_like(point)
    for index in np.ndindex(point.shape):
        value[index], error[index] = _along_one_entry(
            lambda x, index=index: at(index, x),  # type: ignore[misc]
            float(point[index]),
            cotangent,
            side,
            np.inf if room is None else float(room[index]),
        )
    return Estimate(value, error)


def _along_one_entry(
    line: Callable[[float], Floats], x: float, cotangent: Floats, side: Side, room: float
) -> tuple[float, float]:
    first = min(FIRST_STEP * max(1.0, abs(x)), room)
    quotients = [_quotient(line, x, first / 2**level, cotangent, side) for level in range(LEVELS)]
    return _extrapolated(quotients, order=2 if side == "both" else 1)


def _quotient(
    line: Callable[[float], Floats], x: float, step: float, cotangent: Floats, side: Side
) -> tuple[float, float]:
    """One difference quotient and a bound on what rounding does to it."""
    above = x if side == "left" else x + step
    below = x if side == "right" else x - step
    high, low = line(above), line(below)
    # Entries that did not move cancel exactly here, so that their rounding never enters.
    moved = high - low
    width = above - below
    moving = np.abs(cotangent) * (np.abs(high) + np.abs(low)) * (moved != 0)
    noise = ROUNDINGS * EPSILON * np.sum(moving)
    return float(np.sum(cotangent * moved) / width), float(noise / width)


def _extrapolated(quotients: list[tuple[float, float]], order: int) -> tuple[float, float]:
    """Richardson's tableau over halved steps whose error is a series in h**order."""
    best, best_error = quotients[0][0], float("inf")
    previous = [quotients[0][0]]
    for value, noise in quotients[1:]:
        row = [value]
        for column, coarser in enumerate(previous, start=1):
            weight = 2.0 ** (order * column)
            finer = row[-1]
            row.append(finer + (finer - coarser) / (weight - 1.0))
            # Extrapolation magnifies rounding: (weight + 1) / (weight - 1) is at most 3.
            error = max(abs(row[-1] - finer), abs(row[-1] - coarser)) + 3.0 * noise
            if error < best_error:
                best, best_error = row[-1], error
        previous = row
    return best, best_error
