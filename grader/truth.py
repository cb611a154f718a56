"""What each returned value must be on each case: by the reference, and by finite differences."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from grader.assignment import Returned, StudentFunction, Task
from grader.cases import Case
from grader.numerics import Estimate, compare, rounding, vjp
from grader.numerics.differences import EPSILON

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Truth:
    """The right answer on one case; float64 arrays by returned value.

    gradient: by finite differences of the forward function, times the declared factor.
    otherwise: at a kink, the derivative from the other side, right as well where it differs.
    reference: by the instructor's function, None where there is none on this machine.
    upstream: the largest entry of the upstream gradient, 1 where there is none.
    """

    case: Case
    gradient: Mapping[str, Estimate]
    otherwise: Mapping[str, Floats]
    reference: Mapping[str, Floats] | None
    upstream: float

    @cached_property
    def expected(self) -> Mapping[str, Floats]:
        """The best known right values: the reference's, else those of finite differences."""
        if self.reference is not None:
            return self.reference
        return {name: estimate.value for name, estimate in self.gradient.items()}

    def rounding(self, value: str, epsilon: float) -> float:
        """What rounding at that precision may do to a right answer, as an absolute bound."""
        return rounding(self._largest[value], self.case.entries, epsilon)

    @cached_property
    def _largest(self) -> Mapping[str, float]:
        """By value: the largest term that is reckoned with in a right answer."""
        return {
            name: max(float(np.max(np.abs(array), initial=0.0)), self.upstream)
            for name, array in self.expected.items()
        }


def truth_of(task: Task, case: Case, reference: StudentFunction | None) -> Truth:
    """Computes the right answer; exceptions of the reference are the caller's to explain."""
    wide = {name: widened(value) for name, value in case.inputs.items()}
    upstream = wide[task.upstream] if task.upstream else None
    sides = ("right", "left") if case.at_kink else ("both", None)
    gradient = {v.name: _derivative(task, v, case, wide, upstream, sides[0]) for v in task.returned}
    otherwise = {}
    if case.at_kink:
        for value in task.returned:
            estimate = _derivative(task, value, case, wide, upstream, "left")
            otherwise[value.name] = estimate.value
    returned = None
    if reference is not None:
        result = task.unpack(reference(*task.call_arguments(copied(wide))))
        returned = {name: np.asarray(value, dtype=np.float64) for name, value in result.items()}
    largest = 1.0 if upstream is None else float(np.max(np.abs(upstream), initial=0.0))
    return Truth(case, gradient, otherwise, returned, largest)


def _derivative(
    task: Task, value: Returned, case: Case, inputs: Mapping[str, Any], upstream: Any, side: Any
) -> Estimate:
    of_forward = {name: inputs[name] for name in task.forward_inputs}
    estimate = vjp(task.forward, of_forward, value.wrt, upstream, side)
    factor = value.factor(case.sizes)
    return replace(estimate, value=estimate.value * factor, error=estimate.error * abs(factor))


def widened(value: Any) -> Any:
    """A float64 array, or a float, of the same numbers."""
    return value.astype(np.float64) if isinstance(value, np.ndarray) else float(value)


def copied(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """The same inputs in arrays of their own, so that a function may write into them."""
    return {
        name: value.copy() if isinstance(value, np.ndarray) else value
        for name, value in inputs.items()
    }


@dataclass(frozen=True)
class Disagreement:
    """A reference that finite differences of the forward function contradict."""

    task: str
    value: str
    case: str
    says: str


def disagreements(task: Task, truths: Iterable[Truth]) -> list[Disagreement]:
    """Where the reference is not what the declared forward function's derivative is."""
    found = []
    for truth in truths:
        if truth.reference is None or truth.case.at_kink:
            continue
        for value in task.returned:
            says = _contradiction(truth, value.name)
            if says:
                found.append(Disagreement(task.name, value.name, truth.case.name, says))
    return found


def _contradiction(truth: Truth, value: str) -> str:
    assert truth.reference is not None
    reference, estimate = truth.reference[value], truth.gradient[value]
    if reference.shape != estimate.value.shape:
        return f"has shape {reference.shape}, but the input has shape {estimate.value.shape}"
    tolerance = estimate.error + truth.rounding(value, EPSILON)
    difference = compare(reference, estimate.value, tolerance)
    if difference is None:
        return ""
    return f"differs by {difference.error:.3g} (tolerance {np.max(tolerance):.1g})"
