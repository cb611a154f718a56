"""What is known of a task's mistakes before anyone answers: candidates, and names for parts."""

from collections.abc import Collection, Mapping, Sequence
from functools import cached_property

from grader.assignment import Solution, Task
from grader.diagnosis.case_candidates import CaseCandidates
from grader.diagnosis.catalogue import GENERAL
from grader.diagnosis.fitting import Observation, Part, fits
from grader.numerics import precision_of
from grader.truth import Truth

Synonyms = Mapping[Part, frozenset[str]]


class TaskCandidates:
    """The candidates of one task, case by case, and what they have in common over all cases."""

    def __init__(self, task: Task, solution: Solution | None, truths: Mapping[str, Truth]) -> None:
        self.task = task
        in_order = [
            misconception.id
            for misconception in (solution.misconceptions if solution else ())
            if any(twin.task == task.name for twin in misconception.twins)
        ]
        self.declared = frozenset(in_order)
        self._places = {name: n for n, name in enumerate(dict.fromkeys([*in_order, *GENERAL]))}
        self.by_case = {
            name: CaseCandidates(task, solution, truth) for name, truth in truths.items()
        }

    def rank(self, ids: Collection[str]) -> tuple[int, ...]:
        """Lower for likelier mistakes: the author's in their order, then those of any task."""
        return tuple(sorted(self._places[name] for name in ids))

    @cached_property
    def synonyms(self) -> Mapping[str, Synonyms]:
        """For each value, the declared ids that stand for a single part done to the right value.

        Where an author declares minus the gradient as `error-sign`, that is what a minus sign
        is called on top of other mistakes too.
        """
        ordinary = [c for c in self.by_case.values() if c.truth.case.kind == "ordinary"]
        return {value.name: self._of_value(value.name, ordinary) for value in self.task.returned}

    def _of_value(self, value: str, ordinary: Sequence[CaseCandidates]) -> Synonyms:
        found: dict[Part, frozenset[str]] = {}
        for key, first in ordinary[0].by_value[value].items():
            if len(first.ids) != 1 or first.ids[0] not in self.declared:
                continue
            observed = [self._as_if_answered(case, value, key) for case in ordinary]
            if any(o.got is None for o in observed):
                continue
            for fit in fits(self.task, value, observed):
                if not fit.candidate.ids and len(fit.parts) == 1:
                    part = fit.parts[0]
                    found[part] = found.get(part, frozenset()) | {first.ids[0]}
        return found

    @staticmethod
    def _as_if_answered(case: CaseCandidates, value: str, key: str) -> Observation:
        return Observation(case, case.by_value[value][key].array, precision_of())
