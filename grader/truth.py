"""What each returned value must be on each case: by the reference, and by finite differences."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from grader.assignment import Returned, StudentFunction, Task
from grader.cases import Case
from grader.errors import AssignmentError
from grader.numerics import Estimate, compare, rounding, vjp
from grader.numerics.differences import EPSILON, Side

Floats = NDArray[np.float64]
LEAST_PRECISION = 1e-3


@dataclass(frozen=True)
class Truth:
    """The right answer on one case; float64 arrays by returned value.

    gradient: by finite differences of the forward function, times the declared factor.
    otherwise: at a kink, the derivative from the other side, right as well where it differs.
    reference: by the instructor's function, None where there is none on this machine.
    upstream: the largest entry of the upstream gradient, 1 where there is none.
    arguments: what the student's function is called with; never handed out but as a copy.
    shown: what the student is shown of a call: its arguments if they have names, else the inputs.
    """

    case: Case
    gradient: Mapping[str, Estimate]
    otherwise: Mapping[str, Floats]
    reference: Mapping[str, Floats] | None
    upstream: float
    arguments: tuple[Any, ...]
    shown: Mapping[str, Any]

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
    """Computes the right answer; exceptions of the author's functions are the caller's to explain.

    Raises AssignmentError where nothing can be measured: forward gives no numbers, or none
    that have a derivative.
    """
    wide = {name: widened(value) for name, value in case.inputs.items()}
    upstream = wide[task.upstream] if task.upstream else None
    _check_forward(task, wide, upstream)
    arguments, shown = _given(task, case.inputs)
    side: Side = "right" if case.at_kink else "both"
    gradient = {v.name: _derivative(task, v, case, wide, upstream, side) for v in task.returned}
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
    _check_precision(gradient, largest)
    return Truth(case, gradient, otherwise, returned, largest, arguments, shown)


def _given(task: Task, inputs: Mapping[str, Any]) -> tuple[tuple[Any, ...], Mapping[str, Any]]:
    """The arguments of a call, and what to show of it."""
    given = task.arguments(**copied(inputs))
    if isinstance(given, tuple):
        return given, inputs
    if not isinstance(given, dict):
        said = type(given).__name__
        raise AssignmentError(f"`arguments` returns {said}, must return a tuple or a dict")
    for name, value in given.items():
        if not isinstance(value, np.ndarray | np.number | float | int):
            raise AssignmentError(
                f"`arguments` gives {name!r} as {type(value).__name__}, must name arrays and"
                f" numbers only: return a tuple where arguments are nested"
            )
    return tuple(given.values()), given


def _check_forward(task: Task, inputs: Mapping[str, Any], upstream: Any) -> None:
    """Forward must give finite numbers: an array of the shape of upstream, or one loss."""
    output = task.run_forward(inputs)
    if output.dtype.kind not in "biuf":
        raise AssignmentError(f"forward returns {output.dtype}, must return real numbers")
    if upstream is None and output.size != 1:
        raise AssignmentError(
            f"forward returns an array of shape {output.shape}, but without `upstream` it must"
            f" return the loss, one number"
        )
    if upstream is not None and output.shape != np.shape(upstream):
        raise AssignmentError(
            f"forward returns an array of shape {output.shape}, but `upstream` has shape"
            f" {np.shape(upstream)}"
        )
    if not np.isfinite(output).all():
        raise AssignmentError("forward gives NaN or infinity, which has no derivative")


def _check_precision(gradient: Mapping[str, Estimate], upstream: float) -> None:
    """The differences must agree among themselves, else they would agree with anything."""
    for name, estimate in gradient.items():
        largest = max(float(np.max(np.abs(estimate.value), initial=0.0)), upstream)
        worst = float(np.max(estimate.error, initial=0.0))
        if not worst <= LEAST_PRECISION * largest:
            raise AssignmentError(
                f"the derivative for {name} can't be measured (it may be off by {worst:.2g}):"
                f" forward jumps, overflows, or is different each time"
            )


def _derivative(
    task: Task, value: Returned, case: Case, inputs: Mapping[str, Any], upstream: Any, side: Side
) -> Estimate:
    of_forward = {name: inputs[name] for name in task.forward_inputs}
    room = room_to(task.inputs[value.wrt].kink, inputs[value.wrt])
    estimate = vjp(task.forward, of_forward, value.wrt, upstream, side, room)
    factor = value.factor(case.sizes)
    return replace(estimate, value=estimate.value * factor, error=estimate.error * abs(factor))


def room_to(kink: float | None, point: Any) -> Floats | None:
    """Half of each entry's way to the kink, None without one: no difference may reach over it."""
    if kink is None:
        return None
    distance = np.abs(point - kink)
    return np.where(distance == 0, np.inf, distance / 2)


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
