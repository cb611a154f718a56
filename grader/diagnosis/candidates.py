"""Wrong answers to compare a student's numbers with: declared twins, and those any task has."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from grader.assignment import Returned, Solution, Task
from grader.numerics import vjp
from grader.truth import Truth, copied, widened

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Candidate:
    """What a mistake, named by its id, gives on one case; "" for no mistake."""

    id: str
    array: Floats


class Candidates:
    """All candidates for one task on one case, computed when first asked for."""

    def __init__(self, task: Task, solution: Solution | None, truth: Truth) -> None:
        self.task = task
        self.solution = solution
        self.truth = truth

    @cached_property
    def declared(self) -> frozenset[str]:
        """The ids of the mistakes that the author declared for this task."""
        return frozenset(
            misconception.id
            for misconception in (self.solution.misconceptions if self.solution else ())
            if any(twin.task == self.task.name for twin in misconception.twins)
        )

    @cached_property
    def by_value(self) -> Mapping[str, Mapping[str, Candidate]]:
        """For each returned value, its candidates under keys that are the same on every case."""
        with np.errstate(all="ignore"):
            return {value.name: dict(self._all(value)) for value in self.task.returned}

    def _all(self, value: Returned) -> Iterator[tuple[str, Candidate]]:
        yield "truth", Candidate("", self.truth.expected[value.name])
        yield from self._declared(value)
        for key, name, array in self._general(value):
            yield key, Candidate(name, np.asarray(array, np.float64))

    def _declared(self, value: Returned) -> Iterator[tuple[str, Candidate]]:
        for misconception in self.solution.misconceptions if self.solution else ():
            for number, twin in enumerate(misconception.twins):
                if (twin.task, twin.value) != (self.task.name, value.name):
                    continue
                try:
                    array = np.asarray(twin.function(*self._arguments()), np.float64)
                except (ValueError, IndexError):
                    # A mistake that these shapes do not allow: it raises for the student as well.
                    continue
                yield f"{misconception.id}/{number}", Candidate(misconception.id, array)

    def _general(self, value: Returned) -> Iterator[tuple[str, str, Any]]:
        for other in self.task.returned:
            if other.name != value.name:
                yield f"value/{other.name}", "another-value", self.truth.expected[other.name]
        for name, array in self._inputs.items():
            if np.ndim(array):
                returned = "missing-derivative" if name == self.task.upstream else "input-returned"
                yield f"input/{name}", returned, array
        if self.task.upstream and len(self.task.forward_inputs) == 1:
            yield from self._of_an_activation(value)

    def _of_an_activation(self, value: Returned) -> Iterator[tuple[str, str, Any]]:
        """Mistakes made with a function of one input that acts entry by entry."""
        assert self.task.upstream is not None
        upstream, point = self._inputs[self.task.upstream], self._inputs[value.wrt]
        if np.shape(upstream) != np.shape(point):
            return
        forward = self.task.run_forward
        yield "forward", "activation-of-gradient", forward({value.wrt: upstream})
        yield "slope", "missing-upstream", self._slope(value, point, np.ones_like(point))
        for key, elsewhere in (("at-dA", upstream), ("at-A", forward({value.wrt: point}))):
            slope = self._slope(value, elsewhere, upstream)
            yield key, "derivative-of-wrong-variable", slope
        kept = self.truth.expected[value.name]
        if np.all((kept == 0) | (kept == upstream)):
            yield "mask", "mask-inverted", upstream - kept

    def _slope(self, value: Returned, at: Any, upstream: Any) -> Floats:
        return vjp(self.task.forward, {value.wrt: at}, value.wrt, upstream).value

    @cached_property
    def _inputs(self) -> Mapping[str, Any]:
        return {name: widened(array) for name, array in self.truth.case.inputs.items()}

    def _arguments(self) -> tuple[Any, ...]:
        return self.task.call_arguments(copied(self._inputs))
