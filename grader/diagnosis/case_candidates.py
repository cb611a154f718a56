"""Wrong answers to one case, to compare a student's numbers with: declared and general ones."""

import copy
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from grader.assignment import Misconception, Returned, Solution, Task, Twin
from grader.diagnosis.averages import averaged_over
from grader.errors import AssignmentError
from grader.numerics import vjp
from grader.truth import Truth, copied, room_to, widened

Floats = NDArray[np.float64]
Clash = tuple[int, ...]

_CLASHES = (
    re.compile(r"size (\d+) is different from (\d+)"),
    re.compile(r"not aligned: (\d+) \(dim \d+\) != (\d+) \(dim \d+\)"),
)
_BROADCAST = re.compile(r"could not be broadcast together with shapes ((?:\(\d[\d,]*\) ?)+)")


@dataclass(frozen=True)
class Candidate:
    """What a mistake gives on one case: an array, or the sizes that clash where it raises.

    ids: of the mistakes made, none for the right value. of: the returned value whose right
    numbers these are; a factor on them is named by that value's rules.
    """

    ids: tuple[str, ...]
    array: Floats | None
    of: str
    clash: Clash | None = None


def clash_in(text: str) -> Clash | None:
    """The sizes that numpy says do not fit together, sorted, however the product was written."""
    for pattern in _CLASHES:
        found = pattern.search(text)
        if found:
            return tuple(sorted(int(size) for size in found.groups()))
    found = _BROADCAST.search(text)
    return tuple(sorted(int(size) for size in re.findall(r"\d+", found[1]))) if found else None


class CaseCandidates:
    """All candidates for one task on one case, computed when first asked for."""

    def __init__(self, task: Task, solution: Solution | None, truth: Truth) -> None:
        self.task = task
        self.solution = solution
        self.truth = truth

    @cached_property
    def by_value(self) -> Mapping[str, Mapping[str, Candidate]]:
        """For each returned value, its candidates under keys that are the same on every case."""
        with np.errstate(all="ignore"):
            return {value.name: dict(self._all(value)) for value in self.task.returned}

    def compute(self) -> None:
        """Calls the author's code now, so that none of it is called when answers are at hand."""
        _ = self.by_value, self._averaged_over

    def means_of(self, value: str) -> tuple[str, ...]:
        """The sizes over which the value is a mean: the declared one, else those of the loss."""
        declared = next(v.mean_over for v in self.task.returned if v.name == value)
        return (declared,) if declared else self._averaged_over

    @cached_property
    def _averaged_over(self) -> tuple[str, ...]:
        return averaged_over(self.task, self._inputs)

    def _all(self, value: Returned) -> Iterator[tuple[str, Candidate]]:
        yield "truth", Candidate((), self.truth.expected[value.name], value.name)
        for misconception, key, twin in self._twins(value):
            found = self._outcome(misconception, twin)
            yield key, found
            if self._acts_entry_by_entry(value) and misconception.id != "missing-upstream":
                # The same mistake, made without the gradient that arrives: it is 1 throughout.
                alone = self._outcome(misconception, twin, self._without_upstream)
                yield f"{key}/alone", replace(alone, ids=(misconception.id, "missing-upstream"))
        for key, ids, array in self._general(value):
            of = key.removeprefix("value/") if key.startswith("value/") else value.name
            yield key, Candidate(ids, np.asarray(array, np.float64), of)

    def _twins(self, value: Returned) -> Iterator[tuple[Misconception, str, Twin]]:
        for misconception in self.solution.misconceptions if self.solution else ():
            for number, twin in enumerate(misconception.twins):
                if (twin.task, twin.value) == (self.task.name, value.name):
                    yield misconception, f"{misconception.id}/{number}", twin

    def _outcome(
        self,
        misconception: Misconception,
        twin: Twin,
        changed: Mapping[str, Any] | None = None,
    ) -> Candidate:
        """What the twin gives here. A mistake that these shapes do not allow raises."""
        ids = (misconception.id,)
        if changed:
            arguments = self.task.call_arguments(copied({**self._inputs, **changed}))
        else:
            arguments = copy.deepcopy(self._arguments)
        try:
            array = np.asarray(twin.function(*arguments), np.float64)
        except (ValueError, IndexError) as error:
            return Candidate(ids, None, twin.value, clash_in(str(error)))
        except Exception as error:
            raise AssignmentError(
                f"misconception {misconception.id}: the twin for {twin.task}.{twin.value} raises"
                f" {type(error).__name__}: {error} on the case {self.truth.case.name} of sizes"
                f" {dict(self.truth.case.sizes)}; a twin may raise ValueError or IndexError only"
            ) from error
        return Candidate(ids, array, self._held_by(array, twin.value))

    def _held_by(self, array: Floats, value: str) -> str:
        """The other value whose right numbers these are, else `value` itself."""
        for other, right in self.truth.expected.items():
            alike = other != value and right.shape == array.shape and right.any()
            if alike and np.allclose(array, right, rtol=1e-9):
                return other
        return value

    def _general(self, value: Returned) -> Iterator[tuple[str, tuple[str, ...], Any]]:
        for other in self.task.returned:
            if other.name != value.name:
                right = self.truth.expected[other.name]
                yield f"value/{other.name}", ("another-value",), right
        activation = self._acts_entry_by_entry(value)
        for name, array in self._inputs.items():
            if np.ndim(array):
                passed_on = activation and name == self.task.upstream
                returned = "missing-derivative" if passed_on else "input-returned"
                yield f"input/{name}", (returned,), array
        if activation:
            yield from self._of_an_activation(value)

    def _acts_entry_by_entry(self, value: Returned) -> bool:
        """Whether forward is a function of one input that has the shape of its output."""
        if self.task.upstream is None or len(self.task.forward_inputs) != 1:
            return False
        upstream, point = self._inputs[self.task.upstream], self._inputs[value.wrt]
        return bool(np.shape(upstream) == np.shape(point))

    def _of_an_activation(self, value: Returned) -> Iterator[tuple[str, tuple[str, ...], Any]]:
        """Mistakes made with a function of one input that acts entry by entry."""
        assert self.task.upstream is not None
        upstream, point = self._inputs[self.task.upstream], self._inputs[value.wrt]
        forward = self.task.run_forward
        missing, misplaced = "missing-upstream", "derivative-of-wrong-variable"
        yield "forward", ("activation-of-gradient",), forward({value.wrt: upstream})
        yield "slope", (missing,), self._slope(value, point)
        for key, elsewhere in (("at-dA", upstream), ("at-A", forward({value.wrt: point}))):
            slope = self._slope(value, elsewhere)
            yield key, (misplaced,), upstream * slope
            yield f"{key}/alone", (misplaced, missing), slope
        kept = self.truth.expected[value.name]
        if np.all((kept == 0) | (kept == upstream)):
            yield "mask", ("mask-inverted",), upstream - kept
            yield "mask/alone", ("mask-inverted", missing), 1.0 * (kept == 0)

    def _slope(self, value: Returned, at: Any) -> Floats:
        room = room_to(self.task.inputs[value.wrt].kink, at)
        return vjp(self.task.forward, {value.wrt: at}, value.wrt, np.ones_like(at), room=room).value

    @cached_property
    def _inputs(self) -> Mapping[str, Any]:
        return {name: widened(array) for name, array in self.truth.case.inputs.items()}

    @cached_property
    def _arguments(self) -> tuple[Any, ...]:
        return self.task.call_arguments(copied(self._inputs))

    @property
    def _without_upstream(self) -> Mapping[str, Any]:
        assert self.task.upstream is not None
        return {self.task.upstream: np.ones_like(self._inputs[self.task.upstream])}
