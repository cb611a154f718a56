"""From failed checks to the mistakes that explain them, by the numbers alone."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from grader.assignment import Solution, Task
from grader.checks import OF_A_VALUE, Check, Question
from grader.diagnosis.case_candidates import clash_in
from grader.diagnosis.catalogue import GENERAL, Entry
from grader.diagnosis.example import Example, smallest_example
from grader.diagnosis.explain import IMPRECISE, Explanation, explain
from grader.diagnosis.fitting import Observation
from grader.diagnosis.task_candidates import TaskCandidates


@dataclass(frozen=True)
class Finding:
    """What is wrong with one returned value, as far as the numbers tell.

    ids: the mistakes that explain its failed checks, () where none known does; all of them
    were made, or any of them, if `either`.
    checks: names of the checks that this finding is about; at least one of them failed.
    """

    task: str
    value: str
    checks: tuple[str, ...]
    ids: tuple[str, ...]
    either: bool
    entries: tuple[Entry, ...]
    example: Example | None

    @property
    def words(self) -> str:
        """What it says of its value, in one clause; "" where no mistake is known to explain it."""
        said = dict.fromkeys(entry.says for entry in self.entries)
        return (" or " if self.either else ", and ").join(said)


def diagnose(
    task: Task, solution: Solution | None, checks: Sequence[Check], candidates: TaskCandidates
) -> list[Finding]:
    """One finding for each value and each separate reason; nothing for a value that is right."""
    about_values = [check for check in checks if not check.about_task]
    by_value = {
        value.name: [c for c in about_values if c.question.value.name == value.name]
        for value in task.returned
    }
    mistakes = _value_mistakes(task, by_value, candidates)
    findings = []
    for value, own in by_value.items():
        failed = [check for check in own if check.outcome == "failed"]
        for names, why in _reasons(own, mistakes.get(value, Explanation())):
            relevant = [check for check in failed if check.name in names]
            if relevant:
                findings.append(
                    Finding(
                        task=task.name,
                        value=value,
                        checks=names,
                        ids=why.ids,
                        either=why.either,
                        entries=tuple(_entry(name, solution) for name in why.ids),
                        example=_example(names, relevant),
                    )
                )
    return findings


def _reasons(
    own: Sequence[Check], mistakes: Explanation
) -> Iterable[tuple[tuple[str, ...], Explanation]]:
    """Names of checks, with the mistakes that explain why they failed."""
    yield OF_A_VALUE, mistakes
    yield ("pure",), Explanation(("changes-input",))
    yield ("deterministic",), Explanation(("not-deterministic",))
    wrong_anyway = any(check.outcome == "failed" and check.kind == "ordinary" for check in own)
    if not wrong_anyway:
        yield ("stable",), _instability(own)


def _value_mistakes(
    task: Task, by_value: Mapping[str, Sequence[Check]], candidates: TaskCandidates
) -> dict[str, Explanation]:
    """The mistakes that explain the wrong values, by value."""
    constant, observed = {}, {}
    for value, own in by_value.items():
        wrong = [c for c in own if c.outcome == "failed" and c.name in OF_A_VALUE]
        if not wrong:
            continue
        ordinary = [c for c in own if c.kind == "ordinary"]
        some_are_ordinary = any(c.kind == "ordinary" for c in wrong)
        if some_are_ordinary and _constant(own):
            constant[value] = Explanation(("constant-answer",))
            continue
        asked = {
            c.question.case.name: c.question for c in (ordinary if some_are_ordinary else wrong)
        }
        seen = [_observation(question, candidates) for question in asked.values()]
        observed[value] = [observation for observation in seen if observation is not None]
    explained = {
        value: why
        for value, why in explain(task, candidates, observed).items()
        if why != IMPRECISE or _is_off(by_value[value])
    }
    return {**constant, **explained}


def _is_off(own: Iterable[Check]) -> bool:
    """Whether numbers failed, and not only their type."""
    return any(c.outcome == "failed" and c.name in ("reference", "gradient") for c in own)


def _observation(question: Question, candidates: TaskCandidates) -> Observation | None:
    of_case = candidates.by_case[question.case.name]
    raised = question.answer.raised
    if raised is not None:
        clash = clash_in(raised.text) if raised.name == "ValueError" else None
        return Observation(of_case, None, question.epsilon, clash) if clash else None
    array = question.array
    if array is None or array.dtype.kind not in "biuf":
        return None
    got = np.asarray(array, np.float64)
    return Observation(of_case, got, question.epsilon) if np.isfinite(got).all() else None


def _constant(own: Iterable[Check]) -> bool:
    """Whether one and the same answer is given on all inputs, and on several."""
    questions = [check.question for check in own if check.kind != "repeat"]
    if any(question.answer.kind == "raised" for question in questions):
        return False
    arrays = {question.case.name: question.array for question in questions}
    several = [array for array in arrays.values() if array is not None]
    if len(several) < 2 or any(array.dtype.kind not in "biufc" for array in several):
        return False
    first = several[0]
    if all(np.array_equal(array, first, equal_nan=True) for array in several):
        return True
    return first.size > 0 and all((array == first.flat[0]).all() for array in several)


def _instability(own: Sequence[Check]) -> Explanation:
    for check in own:
        array = check.question.array
        if check.name != "stable" or check.outcome != "failed":
            continue
        raised = check.question.answer.raised
        if raised is not None and raised.name in ("OverflowError", "FloatingPointError"):
            return Explanation(("overflow",))
        if array is not None and array.dtype.kind in "fc" and not np.isfinite(array).all():
            return Explanation(("overflow",))
    return Explanation()


def _example(names: Sequence[str], relevant: Sequence[Check]) -> Example | None:
    example = smallest_example((check.question, check.result) for check in relevant)
    # What is returned by a call that changes its arguments is not what is wrong.
    return replace(example, got=None) if example and "pure" in names else example


def _entry(name: str, solution: Solution | None) -> Entry:
    for misconception in solution.misconceptions if solution else ():
        if misconception.id == name:
            return Entry(misconception.says, misconception.asks)
    return GENERAL[name]


__all__ = ["Example", "Finding", "TaskCandidates", "diagnose"]
