"""Which mistakes explain a student's numbers: the fewest that fit every observed case.

An explanation is a candidate, perhaps in another shape (transposed, a dimension lost, summed
up), perhaps times a factor (a sign, a size of the case, its inverse, a constant). Each part
that is not trivial is one mistake. Of all that fit, those with the fewest mistakes are kept,
and among these the declared ones before the general ones; what ties is all named.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from grader.assignment import Returned, Task
from grader.diagnosis.candidates import Candidate, Candidates

Floats = NDArray[np.float64]

CLOSE = 1e-6
LOOSEST = 1e-2
MOST_MISTAKES = 3


@dataclass(frozen=True)
class Observation:
    """A student's finite numbers for one value on one case, and how precise they can be."""

    candidates: Candidates
    got: Floats
    epsilon: float

    @property
    def sizes(self) -> Mapping[str, int]:
        """The sizes of the case."""
        return self.candidates.truth.case.sizes

    @property
    def tolerance(self) -> float:
        """How far numbers that come from the same formula may be apart, relatively."""
        return min(max(CLOSE, 1e4 * self.epsilon), LOOSEST)


@dataclass(frozen=True)
class Explanation:
    """Ids of mistakes, sorted: all of them made at once, or (`either`) any of them."""

    ids: tuple[str, ...] = ()
    either: bool = False


def explain(task: Task, value: Returned, observed: Sequence[Observation]) -> Explanation:
    """The mistakes that explain all observations, none where none are known to.

    Several explanations that are equally simple are all named.
    """
    if not any(observation.got.size > 1 or len(observed) > 2 for observation in observed):
        return Explanation()
    declared = observed[0].candidates.declared
    found = {ids: (len(ids), len(ids - declared)) for ids in _explanations(task, value, observed)}
    # Numbers that are right need no explanation: what failed was their type, not their value.
    if not found or frozenset() in found:
        return Explanation()
    simplest = [ids for ids, rank in found.items() if rank == min(found.values())]
    if len(simplest[0]) > MOST_MISTAKES:
        return Explanation()
    return Explanation(tuple(sorted(frozenset().union(*simplest))), either=len(simplest) > 1)


def _explanations(
    task: Task, value: Returned, observed: Sequence[Observation]
) -> Iterator[frozenset[str]]:
    """The ids of every explanation that fits, the empty set where the numbers are right."""
    tables = [observation.candidates.by_value[value.name] for observation in observed]
    for key, first in tables[0].items():
        if not all(key in table for table in tables):
            continue
        of_key = [table[key] for table in tables]
        for shape_id in _SHAPES:
            factors = _factors(observed, of_key, shape_id)
            if factors is None:
                continue
            for factor_ids in _named_factors(task, value, observed, factors, key == "truth"):
                yield frozenset(filter(None, (first.id, shape_id, *factor_ids)))


def _factors(
    observed: Sequence[Observation], candidates: Sequence[Candidate], shape_id: str
) -> list[float | None] | None:
    """The factor of each case by which the reshaped candidate gives what was seen, or None.

    None for a case on which any factor fits, because everything is 0 there.
    """
    factors: list[float | None] = []
    for observation, candidate in zip(observed, candidates, strict=True):
        array = _SHAPES[shape_id](candidate.array, observation.got)
        if array is None or not np.isfinite(array).all():
            return None
        largest = float(np.max(np.abs(array), initial=0.0))
        if largest == 0.0:
            if observation.got.any():
                return None
            factors.append(None)
            continue
        # Scaled, so that squares of very large or very small numbers stay in range.
        unit, got = array / largest, observation.got / largest
        factor = float(np.vdot(unit, got) / np.vdot(unit, unit))
        allowed = observation.tolerance * max(float(np.max(np.abs(got))), abs(factor))
        if factor == 0.0 or float(np.max(np.abs(got - factor * unit))) > allowed:
            return None
        factors.append(factor)
    return factors if any(factor is not None for factor in factors) else None


def _same(array: Floats, got: Floats) -> Floats | None:
    return array if array.shape == got.shape else None


def _transposed(array: Floats, got: Floats) -> Floats | None:
    return array.T if array.ndim == 2 and array.T.shape == got.shape else None


def _lost_dimension(array: Floats, got: Floats) -> Floats | None:
    if array.ndim == got.ndim or np.squeeze(array).shape != np.squeeze(got).shape:
        return None
    return array.reshape(got.shape)


def _summed(array: Floats, got: Floats) -> Floats | None:
    if got.size != 1 or (array.size <= 1 and array.shape == got.shape):
        return None
    return np.full(got.shape, np.sum(array))


_SHAPES = {
    "": _same,
    "transposed": _transposed,
    "lost-dimension": _lost_dimension,
    "sums-everything": _summed,
}


def _named_factors(
    task: Task,
    value: Returned,
    observed: Sequence[Observation],
    factors: Sequence[float | None],
    of_truth: bool,
) -> Iterator[tuple[str, ...]]:
    """Names for a factor on each case: every combination of sign and sizes that fits all."""
    known = [(o, f) for o, f in zip(observed, factors, strict=True) if f is not None]
    named = False
    for name, size_factors in _sizes_in_factors(task, value, [o.sizes for o, _ in known]):
        for sign_id, sign in (("", 1.0), ("sign-flipped", -1.0)):
            wanted = zip(known, size_factors, strict=True)
            if all(abs(f - sign * w) <= 2 * o.tolerance * abs(w) for (o, f), w in wanted):
                named = True
                yield tuple(filter(None, (name, sign_id)))
    constant = known[0][1]
    enough = len(known) > 2 and of_truth and not named
    if enough and all(abs(f - constant) <= 2 * o.tolerance * abs(constant) for o, f in known):
        yield ("constant-factor",)


def _sizes_in_factors(
    task: Task, value: Returned, sizes: Sequence[Mapping[str, int]]
) -> Iterator[tuple[str, list[float]]]:
    """Factors made of a case's sizes, with the mistake each of them stands for."""
    yield "", [1.0] * len(sizes)
    m = value.mean_over
    for symbol in task.symbols:
        counts = [float(of_case[symbol]) for of_case in sizes]
        if m is None:
            yield "extra-1-over-m", [1.0 / count for count in counts]
            yield "extra-m", counts
        elif symbol == m:
            yield "missing-1-over-m", counts
            yield "extra-1-over-m", [1.0 / count for count in counts]
        else:
            examples = [float(of_case[m]) for of_case in sizes]
            yield "wrong-m", [e / count for e, count in zip(examples, counts, strict=True)]
