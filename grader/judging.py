"""Turns what a kernel answered into a verdict: checks, diagnosis, points, words."""

from collections.abc import Iterable, Iterator, Sequence

from grader.answer_key import AnswerKey
from grader.assignment import Task
from grader.checks import Check, checks_of_task
from grader.diagnosis import Finding, diagnose
from grader.execution import Execution
from grader.execution.answers import clean
from grader.scored_checks import ScoredCheck, ScoredChecks
from grader.scoring import in_cents, scored
from grader.submission import Notebook
from grader.troubles import ending_in_words, trouble_with
from grader.verdict import BadCell, CellEnding, Verdict

LONGEST_MESSAGE = 400
LONGEST_SOURCE = 2000
MOST_CELLS = 10


def judge(key: AnswerKey, notebook: Notebook, execution: Execution) -> Verdict:
    """The verdict on one executed notebook."""
    assignment, solution = key.course.assignment, key.course.solution
    rows: list[ScoredCheck] = []
    findings: list[Finding] = []
    said: list[str] = []
    for task in assignment.tasks:
        checks = checks_of_task(
            task,
            key.truths[task.name],
            execution.answers.get(task.name, {}),
            execution.definitions.get(task.name),
            trouble_with(task.name, notebook, execution),
            execution.missing,
        )
        found = diagnose(task, solution, checks, key.candidates[task.name])
        of_task = scored(task, key.worth[task.name], checks, found)
        rows.extend(of_task)
        findings.extend(found)
        said.extend(_in_words(task, checks, found, of_task))
    full = {task.name: sum(key.worth[task.name]) for task in assignment.tasks}
    return Verdict(
        status=execution.status,
        message=_message(execution, said),
        full=full,
        checks=ScoredChecks.of(rows),
        findings=tuple(findings),
        errors=execution.errors,
        bad_cells=tuple(_bad_cells(notebook, execution))[:MOST_CELLS],
        seconds=round(execution.seconds, 2),
    )


def _bad_cells(notebook: Notebook, execution: Execution) -> Iterator[BadCell]:
    """The cells that did not run to their end, in the notebook's order, with their source."""
    raised = {error.index: error for error in execution.errors}
    for index, source in notebook.cells:
        ending: CellEnding
        if index in execution.deadly:
            ending = "died"
        elif index in execution.slow:
            ending = "timeout"
        elif index in raised:
            ending = "raised"
        else:
            continue
        error = raised.get(index)
        said = f"{error.name}: {error.text}".removesuffix(": ") if error else ""
        yield BadCell(index, ending, said, clean(source, LONGEST_SOURCE))


def finding_in_words(finding: Finding) -> str:
    """What a finding says of its value, in one clause."""
    if not finding.entries:
        return ""
    said = dict.fromkeys(entry.says for entry in finding.entries)
    return (" or " if finding.either else ", and ").join(said)


def row_to_show(finding: Finding, rows: Iterable[ScoredCheck]) -> ScoredCheck | None:
    """The failed row that the finding's example is about, else its first, None without any."""
    failed = [
        row
        for row in rows
        if (row.task, row.value, row.outcome) == (finding.task, finding.value, "failed")
        and row.check in finding.checks
    ]
    case = finding.example.case if finding.example else ""
    return next((row for row in failed if row.case == case), failed[0] if failed else None)


def _in_words(
    task: Task, checks: Sequence[Check], findings: Sequence[Finding], rows: Sequence[ScoredCheck]
) -> list[str]:
    """What to tell the student about one task, nothing where it is all right."""
    if sum(row.points for row in rows) == in_cents(task.points):
        return []
    first = next((c for c in checks if c.outcome != "passed" and c.about_task), None)
    if first is not None:
        return [first.result.message]
    explained = [
        f"{finding.value}: {finding_in_words(finding)}" for finding in findings if finding.ids
    ]
    if explained:
        return [f"{task.name}: {'; '.join(explained)}"]
    wrong = next((c for c in checks if c.outcome == "failed"), None)
    if wrong is None:
        wrong = next((c for c in checks if c.outcome == "not_judged"), None)
    if wrong is None or not wrong.result.message:
        return []
    text = wrong.result.message
    return [text if text.startswith(task.name) else f"{task.name}: {text}"]


def _message(execution: Execution, said: Sequence[str]) -> str:
    ending = ending_in_words(execution)
    parts = [part for part in dict.fromkeys([ending, *said]) if part]
    text = ". ".join(parts)
    return text if len(text) <= LONGEST_MESSAGE else text[: LONGEST_MESSAGE - 1] + "…"
