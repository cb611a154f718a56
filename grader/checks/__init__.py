"""The checks, in the order in which they are asked; one file a check.

A check that was not passed spares the ones after it, which are then not judged: their answer
would repeat the same mistake in other words.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from grader.assignment import Task
from grader.checks import (
    defined,
    deterministic,
    dtype,
    finite,
    gradient,
    pure,
    reference,
    runs,
    shape,
    signature,
    stable,
)
from grader.checks.question import Outcome, Question, Result, not_judged
from grader.execution import Answer, Definition
from grader.truth import Truth

Ask = Callable[[Question], Result]

ORDER: Mapping[str, Ask] = {
    "defined": defined.ask,
    "signature": signature.ask,
    "runs": runs.ask,
    "shape": shape.ask,
    "dtype": dtype.ask,
    "finite": finite.ask,
    "reference": reference.ask,
    "gradient": gradient.ask,
    "pure": pure.ask,
    "deterministic": deterministic.ask,
    "stable": stable.ask,
}
OF_THE_TASK = ("defined", "signature")
OF_A_VALUE = ("runs", "shape", "dtype", "finite", "reference", "gradient")
BY_KIND: Mapping[str, tuple[str, ...]] = {
    "ordinary": (*OF_A_VALUE, "pure"),
    "edge": OF_A_VALUE,
    "repeat": ("deterministic",),
    "large": ("stable",),
}
SPARES_NOTHING = ("reference",)


@dataclass(frozen=True)
class Check:
    """One question asked of one returned value on one case, with its result.

    about_task: it was asked of the task as a whole, not of the question's value and case.
    """

    name: str
    question: Question
    result: Result
    about_task: bool = False

    @property
    def outcome(self) -> Outcome:
        """Passed, failed or not judged."""
        return self.result.outcome

    @property
    def kind(self) -> str:
        """What the check is worth is decided by this: its case's kind, or `task`."""
        return "task" if self.about_task else self.question.case.kind


def checks_of_task(
    task: Task,
    truths: Mapping[str, Truth],
    answers: Mapping[str, Answer],
    definition: Definition | None,
    trouble: str,
    missing: frozenset[str] = frozenset(),
) -> list[Check]:
    """All checks of one task, in order. Truths and answers are by the case's name."""
    questions = [
        Question(
            task=task,
            value=value,
            case=truth.case,
            truth=truth,
            answer=answers.get(truth.case.name, Answer("unanswered")),
            definition=definition,
            first=answers.get(truth.case.repeats),
            trouble=trouble,
            missing=missing,
        )
        for truth in truths.values()
        for value in task.returned
    ]
    of_task = list(_in_order(questions[0], OF_THE_TASK, about_task=True))
    stopped = next((check for check in of_task if check.outcome != "passed"), None)
    of_values = [
        check
        for question in questions
        for check in _in_order(question, _asked(question), stopped=stopped)
    ]
    return [*of_task, *of_values]


def _asked(question: Question) -> Sequence[str]:
    names = BY_KIND[question.case.kind]
    without = {"reference"} if question.truth.reference is None or question.case.at_kink else set()
    return [name for name in names if name not in without]


def _in_order(
    question: Question,
    names: Sequence[str],
    *,
    about_task: bool = False,
    stopped: Check | None = None,
) -> Iterator[Check]:
    """Asks one question after another, until one is not passed."""
    for name in names:
        if stopped is None:
            result = ORDER[name](question)
        elif stopped.outcome == "not_judged":
            result = stopped.result
        else:
            result = not_judged(f"not asked, because of the check `{stopped.name}`")
        check = Check(name, question, result, about_task)
        if stopped is None and result.outcome != "passed" and name not in SPARES_NOTHING:
            stopped = check
        yield check


__all__ = ["OF_A_VALUE", "ORDER", "Check", "Outcome", "Question", "Result", "checks_of_task"]
