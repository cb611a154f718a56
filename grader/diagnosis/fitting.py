"""Which candidates give a student's numbers: as they are, or reshaped, or times a factor.

A candidate may stand in another shape (transposed, a dimension lost, summed up, or with a sum
along one axis left to do), and a factor on it may be a sign, a size of the case, its inverse, or
a constant. Each of these is a part of a fit, and a mistake of its own. A fit holds on every
observed case.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from grader.assignment import Task
from grader.diagnosis.case_candidates import Candidate, CaseCandidates, Clash

Floats = NDArray[np.float64]

CLOSE = 1e-6
LOOSEST = 1e-2
SUMMED = "sums-everything"
# The product of two matrices without its sum has three.
MOST_AXES = 3


@dataclass(frozen=True)
class Observation:
    """A student's finite numbers for one value on one case, and how precise they can be.

    got: None where the call raised because of sizes that do not fit together, `clash`.
    """

    candidates: CaseCandidates
    got: Floats | None
    epsilon: float
    clash: Clash | None = None

    @cached_property
    def moves(self) -> bool:
        """Whether any number is not 0."""
        return self.got is not None and bool(self.got.any())

    @property
    def sizes(self) -> Mapping[str, int]:
        """The sizes of the case."""
        return self.candidates.truth.case.sizes

    def shape_of(self, value: str) -> tuple[int, ...]:
        """The shape that a returned value must have on the case."""
        return self.candidates.truth.expected[value].shape

    @property
    def tolerance(self) -> float:
        """How far numbers that come from the same formula may be apart, relatively."""
        return min(max(CLOSE, 1e4 * self.epsilon), LOOSEST)


@dataclass(frozen=True)
class Part:
    """What was done to a candidate, by the id of the mistake; `symbol`: the size that it is of."""

    id: str
    symbol: str = ""


@dataclass(frozen=True)
class Fit:
    """A candidate that explains all observations, and what was done to it."""

    candidate: Candidate
    parts: tuple[Part, ...]


def fits(task: Task, value: str, observed: Sequence[Observation]) -> Iterator[Fit]:
    """Every fit for the returned value, the bare truth among them where the numbers are right."""
    tables = [observation.candidates.by_value[value] for observation in observed]
    all_move = all(observation.moves for observation in observed)
    for key in tables[0]:
        if not all(key in table for table in tables):
            continue
        of_key = [table[key] for table in tables]
        if not all(o.clash == c.clash for o, c in zip(observed, of_key, strict=True)):
            continue
        seen = list(zip(observed, of_key, strict=True))
        if not all_move:
            seen = [(o, c) for o, c in seen if _tells(o, c)]
        if seen:
            yield from _fits_of(task, seen)
        elif len({o.clash for o in observed} - {None}) > 1:
            # Sizes that clash in the same way on one case alone may do so by chance.
            yield Fit(of_key[0], ())


def _tells(observation: Observation, candidate: Candidate) -> bool:
    """Whether there are numbers to compare, and not zeros throughout, which any factor fits."""
    if observation.got is None:
        return False
    array = candidate.array
    return array is None or observation.moves or bool(array.any())


def _fits_of(task: Task, seen: Sequence[tuple[Observation, Candidate]]) -> Iterator[Fit]:
    first = seen[0][1]
    for shape, alike in _SHAPES:
        factors = _factors(seen, shape, alike)
        if factors is None:
            continue
        reshaped = (Part(shape),) if shape else ()
        for parts in _named_factors(task, first, factors):
            yield Fit(first, (*reshaped, *parts))


Factor = tuple[Observation, float]
# A candidate and a student's numbers as they are to be compared, None where shapes forbid it.
Pair = tuple[Floats, Floats]
Alike = Callable[[Floats, Floats], Pair | None]


def _factors(
    seen: Sequence[tuple[Observation, Candidate]], shape: str, alike: Alike
) -> list[Factor] | None:
    """The factor of each case by which the reshaped candidate gives what was seen, or None."""
    factors: list[Factor] = []
    for observation, candidate in seen:
        got = observation.got
        if got is None or candidate.array is None:
            return None
        if shape == SUMMED and candidate.array.shape != observation.shape_of(candidate.of):
            # Once an axis is gone, adding up the rest says nothing of which one it was.
            return None
        compared = alike(candidate.array, got)
        if compared is None:
            return None
        array, got = compared
        # NaN and infinity anywhere come through to the largest.
        largest = float(np.abs(array).max(initial=0.0))
        if largest == 0.0 or not math.isfinite(largest):
            return None
        # Scaled, so that squares of very large or very small numbers stay in range.
        unit, got = array / largest, got / largest
        factor = float(np.vdot(unit, got) / np.vdot(unit, unit))
        allowed = observation.tolerance * max(float(np.abs(got).max()), abs(factor))
        if factor == 0.0 or float(np.abs(got - factor * unit).max()) > allowed:
            return None
        factors.append((observation, factor))
    return factors


def _same(array: Floats, got: Floats) -> Pair | None:
    return (array, got) if array.shape == got.shape else None


def _transposed(array: Floats, got: Floats) -> Pair | None:
    return (array.T, got) if array.ndim == 2 and array.T.shape == got.shape else None


def _lost_dimension(array: Floats, got: Floats) -> Pair | None:
    if array.ndim == got.ndim or np.squeeze(array).shape != np.squeeze(got).shape:
        return None
    return array.reshape(got.shape), got


def _summed(array: Floats, got: Floats) -> Pair | None:
    if got.size != 1 or (array.size <= 1 and array.shape == got.shape):
        return None
    return np.full(got.shape, np.sum(array)), got


def _not_summed(axis: int) -> Alike:
    """For numbers that give the candidate once they are added up along that axis."""

    def alike(array: Floats, got: Floats) -> Pair | None:
        if axis >= got.ndim or got.shape[axis] < 2:
            return None
        before, after = got.shape[:axis], got.shape[axis + 1 :]
        if array.shape not in ((*before, 1, *after), (*before, *after)):
            return None
        if np.all(got == got.take([0], axis)):
            # Spread out over the axis, and no terms of a sum.
            return None
        return array, np.sum(got, axis).reshape(array.shape)

    return alike


_SHAPES: tuple[tuple[str, Alike], ...] = (
    ("", _same),
    ("transposed", _transposed),
    ("lost-dimension", _lost_dimension),
    (SUMMED, _summed),
    *(("missing-sum", _not_summed(axis)) for axis in range(MOST_AXES)),
)


def _named_factors(
    task: Task, candidate: Candidate, factors: Sequence[Factor]
) -> Iterator[tuple[Part, ...]]:
    """Names for a factor on each case: every combination of sign and sizes that fits all."""
    named = False
    means = _means_of(candidate.of, [observation for observation, _ in factors])
    for part, wanted in _sizes_in_factors(task, means, [o.sizes for o, _ in factors]):
        for sign_part, sign in ((None, 1.0), (Part("sign-flipped"), -1.0)):
            if _agree(factors, [sign * size for size in wanted]):
                named = True
                yield tuple(filter(None, (part, sign_part)))
    enough = len(factors) > 2 and not candidate.ids and not named
    if enough and _agree(factors, [factors[0][1]] * len(factors)):
        yield (Part("constant-factor"),)


def _means_of(value: str, observed: Sequence[Observation]) -> list[str]:
    """The sizes over which the value is a mean; on one case alone it may only look so."""
    first, *others = [observation.candidates.means_of(value) for observation in observed]
    return [symbol for symbol in first if all(symbol in means for means in others)]


def _agree(factors: Sequence[Factor], wanted: Sequence[float]) -> bool:
    return all(
        abs(factor - size) <= 2 * observation.tolerance * abs(size)
        for (observation, factor), size in zip(factors, wanted, strict=True)
    )


def _sizes_in_factors(
    task: Task, means: Sequence[str], sizes: Sequence[Mapping[str, int]]
) -> Iterator[tuple[Part | None, list[float]]]:
    """Factors made of a case's sizes, with the mistake each of them stands for.

    means: the sizes that a right value is divided by.
    """
    yield None, [1.0] * len(sizes)
    whole = _counts(means, sizes)
    if len(means) > 1:
        yield Part("missing-1-over-m", " ".join(means)), whole
    for symbol in task.symbols:
        counts = _counts((symbol,), sizes)
        yield Part("extra-1-over-m", symbol), [1.0 / count for count in counts]
        yield Part("missing-1-over-m" if symbol in means else "extra-m", symbol), counts
        if means and symbol not in means:
            quotients = [right / count for right, count in zip(whole, counts, strict=True)]
            yield Part("wrong-m", symbol), quotients


def _counts(symbols: Sequence[str], sizes: Sequence[Mapping[str, int]]) -> list[float]:
    """The product of these sizes on each case."""
    return [float(math.prod(of_case[symbol] for symbol in symbols)) for of_case in sizes]
