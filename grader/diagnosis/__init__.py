"""From failed checks to the mistakes that explain them, by the numbers alone."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from grader.assignment import Returned, Solution, Task
from grader.checks import Check, Question
from grader.diagnosis.candidates import Candidates
from grader.diagnosis.catalogue import GENERAL, Entry
from grader.diagnosis.example import Example, smallest_example
from grader.diagnosis.explain import Explanation, Observation, explain
from grader.numerics import compare

VALUE_CHECKS = ("shape", "dtype", "finite", "reference", "gradient")


@dataclass(frozen=True)
class Finding:
    """What is wrong with one returned value, as far as the numbers tell.

    ids: the mistakes that explain its failed checks, () where none known does; all of them
    were made, or any of them, if `either`.
    checks: names of the failed checks that this finding is about.
    """

    task: str
    value: str
    checks: tuple[str, ...]
    ids: tuple[str, ...]
    either: bool
    entries: tuple[Entry, ...]
    example: Example | None


def diagnose(
    task: Task,
    solution: Solution | None,
    checks: Sequence[Check],
    candidates: Mapping[str, Candidates],
) -> list[Finding]:
    """One finding for each value and each separate reason; nothing for a value that is right."""
    about_values = [check for check in checks if not check.about_task]
    swapped = _swapped_values(task, about_values)
    findings = []
    for value in task.returned:
        own = [check for check in about_values if check.question.value.name == value.name]
        failed = [check for check in own if check.outcome == "failed"]
        for names, why in _reasons(task, value, own, candidates, value.name in swapped):
            relevant = [check for check in failed if check.name in names]
            if relevant:
                findings.append(
                    Finding(
                        task=task.name,
                        value=value.name,
                        checks=names,
                        ids=why.ids,
                        either=why.either,
                        entries=tuple(_entry(name, solution) for name in why.ids),
                        example=smallest_example((c.question, c.result) for c in relevant),
                    )
                )
    return findings


def _reasons(
    task: Task,
    value: Returned,
    own: Sequence[Check],
    candidates: Mapping[str, Candidates],
    swapped: bool,
) -> Iterable[tuple[tuple[str, ...], Explanation]]:
    """Names of checks, with the mistakes that explain why they failed."""
    yield ("runs", *VALUE_CHECKS), _value_mistakes(task, value, own, candidates, swapped)
    yield ("pure",), Explanation(("changes-input",))
    yield ("deterministic",), Explanation(("not-deterministic",))
    wrong_anyway = any(check.outcome == "failed" and check.kind == "ordinary" for check in own)
    if not wrong_anyway:
        yield ("stable",), _instability(own)


def _value_mistakes(
    task: Task,
    value: Returned,
    own: Sequence[Check],
    candidates: Mapping[str, Candidates],
    swapped: bool,
) -> Explanation:
    wrong = [check for check in own if check.outcome == "failed" and check.name in VALUE_CHECKS]
    if not wrong:
        return Explanation()
    if swapped:
        return Explanation(("returns-swapped",))
    ordinary = any(check.kind == "ordinary" for check in wrong)
    if ordinary:
        asked = {c.question.case.name: c.question for c in own if c.kind == "ordinary"}
    else:
        asked = {c.question.case.name: c.question for c in wrong}
    if ordinary and _constant(wrong):
        return Explanation(("constant-answer",))
    observed = [o for o in (_observation(q, candidates) for q in asked.values()) if o]
    return explain(task, value, observed) if observed else Explanation()


def _observation(question: Question, candidates: Mapping[str, Candidates]) -> Observation | None:
    array = question.array
    if array is None or array.dtype.kind not in "biuf":
        return None
    got = np.asarray(array, np.float64)
    if not np.isfinite(got).all():
        return None
    return Observation(candidates[question.case.name], got, question.epsilon)


def _constant(wrong: Iterable[Check]) -> bool:
    """Whether one and the same answer is given on several different inputs, wrongly."""
    arrays = {
        check.question.case.name: check.question.array
        for check in wrong
        if check.kind == "ordinary" and check.question.array is not None
    }
    several = list(arrays.values())
    if len(several) < 2 or any(array.dtype.kind not in "biufc" for array in several):
        return False
    first = several[0]
    if all(np.array_equal(array, first, equal_nan=True) for array in several):
        return True
    numbers = {complex(number) for array in several for number in array.flat}
    return len(numbers) == 1


def _swapped_values(task: Task, checks: Sequence[Check]) -> frozenset[str]:
    """The values that are right, but stand in each other's places on every ordinary case."""
    questions = {
        (check.question.case.name, check.question.value.name): check.question
        for check in checks
        if check.kind == "ordinary" and check.question.answer.kind == "returned"
    }
    names = [value.name for value in task.returned]
    cases = {case for case, _ in questions}
    places: list[dict[str, str]] = []
    for case in cases:
        found = {}
        for name in names:
            question = questions[case, name]
            holds = [other for other in names if _holds(question, other)]
            if len(holds) != 1:
                return frozenset()
            found[name] = holds[0]
        places.append(found)
    if not places or any(
        found != places[0] or len(set(found.values())) < len(names) for found in places
    ):
        return frozenset()
    return frozenset(name for name, held in places[0].items() if name != held)


def _holds(question: Question, other: str) -> bool:
    array, right = question.array, question.truth.expected[other]
    if array is None or array.shape != right.shape or array.dtype.kind not in "biuf":
        return False
    estimate = question.truth.gradient[other]
    tolerance = estimate.error + question.truth.rounding(other, question.epsilon)
    return compare(np.asarray(array, np.float64), right, tolerance) is None


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


def _entry(name: str, solution: Solution | None) -> Entry:
    for misconception in solution.misconceptions if solution else ():
        if misconception.id == name:
            return Entry(misconception.says, misconception.asks)
    return GENERAL[name]


__all__ = ["Candidates", "Example", "Finding", "diagnose"]
