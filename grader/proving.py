"""Proves an assignment sound: references right, mistakes told apart, nothing given away."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from grader.answer_key import AnswerKey
from grader.assignment import Task
from grader.authors import authors_code
from grader.checks import Check, checks_of_task
from grader.diagnosis import Finding, diagnose
from grader.errors import AssignmentError
from grader.execution import Answer, Definition, Raised, probe
from grader.execution.answers import parse_message
from grader.execution.calls import encoded
from grader.scored_checks import ScoredCheck
from grader.scoring import in_cents, scored
from grader.sections import section_texts
from grader.submission import Unreadable, digest, read_notebook
from grader.truth import Truth

_DEFINED = Definition(found=True, callable=True, type="function", signature="")


@dataclass(frozen=True)
class Proof:
    """One thing that was looked at, whether it holds, and what was seen."""

    subject: str
    holds: bool
    seen: str


def try_function(
    key: AnswerKey, task: Task, function: Callable[..., Any]
) -> tuple[list[Check], list[Finding], list[ScoredCheck]]:
    """Checks, diagnoses and scores a trusted function in this very process, without a kernel.

    For the instructor's own functions and for tests; never for a student's.
    """
    truths = key.truths[task.name]
    answers = {name: _answer(task, truth, function) for name, truth in truths.items()}
    checks = checks_of_task(task, truths, answers, _DEFINED, "")
    findings = diagnose(task, key.course.solution, checks, key.candidates[task.name])
    return checks, findings, scored(task, key.worth[task.name], checks, findings)


def prove(key: AnswerKey) -> Iterator[Proof]:
    """All proofs that need no kernel; the references' own were done when the key was made."""
    solution = key.course.solution
    for task in key.course.assignment.tasks:
        truths = key.truths[task.name]
        yield Proof(f"{task.name}: finite differences", True, _precision(key, task))
        if solution is None:
            continue
        _, findings, rows = try_function(key, task, solution.references[task.name])
        earned = sum(row.points for row in rows)
        first = next((row.message for row in rows if row.outcome == "failed"), "")
        yield Proof(
            f"{task.name}: reference, {len(truths)} cases",
            earned == in_cents(task.points) and not findings,
            first or f"full marks, {earned / 100:g} points",
        )
        yield from _twins(key, task)


def prove_notebook(key: AnswerKey) -> Iterator[Proof]:
    """That the notebook students get has every function as a stub, and every section named."""
    course = key.course
    file = course.folder / f"{course.name}.ipynb"
    try:
        data = file.read_bytes()
        notebook = read_notebook(data)
    except OSError:
        yield Proof(f"notebook {file.name}", False, "there is no such file")
        return
    except Unreadable as why:
        yield Proof(f"notebook {file.name}", False, str(why))
        return
    code = "\n".join(source for _, source in notebook.cells)
    missing = [task.name for task in course.assignment.tasks if f"def {task.name}(" not in code]
    seen = (
        f"no stub of {', '.join(missing)}" if missing else f"every stub, sha256 {digest(data)[:12]}"
    )
    yield Proof(f"notebook {file.name}", not missing, seen)
    headings = section_texts(file)
    for task in course.assignment.tasks:
        if task.section and task.section not in headings:
            seen = f"{file.name} has no heading {task.section!r}: mend `section`, or the heading"
            yield Proof(f"{task.name}: section", False, seen)


def _twins(key: AnswerKey, task: Task) -> Iterator[Proof]:
    """Every declared mistake must differ from the truth somewhere, else it accuses the innocent."""
    solution = key.course.solution
    for misconception in solution.misconceptions if solution else ():
        values = [twin for twin in misconception.twins if twin.task == task.name]
        same = [
            twin.value for twin in values if not _differs(key, task, twin.value, misconception.id)
        ]
        if same:
            seen = f"a twin for {same[0]} gives the right values on every ordinary case"
            yield Proof(f"{task.name}: {misconception.id}", False, seen)


def _differs(key: AnswerKey, task: Task, value: str, name: str) -> bool:
    for case, truth in key.truths[task.name].items():
        if truth.case.kind != "ordinary":
            continue
        table = key.candidates[task.name].by_case[case].by_value[value]
        right = truth.expected[value]
        for candidate_key, candidate in table.items():
            if candidate_key.split("/")[0] != name:
                continue
            array = candidate.array
            if array is None or array.shape != right.shape or not np.allclose(array, right):
                return True
    return False


def _precision(key: AnswerKey, task: Task) -> str:
    worst = max(
        float(np.max(estimate.error, initial=0.0))
        for truth in key.truths[task.name].values()
        if truth.case.kind != "large"
        for estimate in truth.gradient.values()
    )
    return f"error at most {worst:.1g}"


def _answer(task: Task, truth: Truth, function: Callable[..., Any]) -> Answer:
    """One call, given and taken as the probe does it in a kernel."""
    given = encoded(truth.arguments, truth.case.layout)
    arguments = probe.decode(given)
    try:
        with authors_code(f"task {task.name}: the function"):
            result = function(*arguments)
    except AssignmentError:
        raise
    except Exception as error:
        return Answer("raised", raised=Raised(type(error).__name__, str(error)[:200], "", 0, ""))
    returned = probe.encode(result)
    after = probe.SAME if probe.unchanged(given, arguments) else probe.encode(arguments)
    _, answer = parse_message({"id": "", "returned": returned, "after": after})
    assert isinstance(answer, Answer)
    return answer
