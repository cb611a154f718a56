"""Turns what a kernel answered into a verdict: checks, diagnosis, points, words."""

import hashlib
import pickle
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import NamedTuple

import numpy as np
from cachetools import LRUCache

from grader.answer_key import AnswerKey
from grader.assignment import Task
from grader.checks import Check, checks_of_task
from grader.diagnosis import Finding, diagnose
from grader.execution import Answer, Definition, Execution
from grader.execution.answers import clean
from grader.scored_checks import ScoredCheck, ScoredChecks
from grader.scoring import in_cents, scored
from grader.submission import Notebook
from grader.troubles import ending_in_words, trouble_with
from grader.verdict import BadCell, CellEnding, Verdict

LONGEST_MESSAGE = 400
LONGEST_SOURCE = 2000
MOST_CELLS = 10
MOST_REMEMBERED = 256


class Told(NamedTuple):
    """All of a student that one task is judged by, as `checks_of_task` takes it.

    trouble: why the function could not be asked, in words. missing: names that were not imported.
    """

    answers: Mapping[str, Answer]
    definition: Definition | None
    trouble: str
    missing: frozenset[str]


@dataclass(frozen=True)
class JudgedTask:
    """What one task came to: its checks with points, what is wrong, and that in words."""

    checks: ScoredChecks
    findings: tuple[Finding, ...]
    said: tuple[str, ...]


class Judge:
    """Judges executed notebooks by an answer key.

    Students who understood the same, or misunderstood the same, answer the same to the last bit.
    A task that was answered so before is not judged again, as far back as is remembered.
    """

    def __init__(self, key: AnswerKey) -> None:
        self.key = key
        self._remembered: LRUCache[bytes, JudgedTask] = LRUCache(MOST_REMEMBERED)
        self._lock = Lock()

    def verdict(self, notebook: Notebook, execution: Execution) -> Verdict:
        """The verdict on one executed notebook."""
        tasks = self.key.course.assignment.tasks
        judged = [self._task(task, _told(task, notebook, execution)) for task in tasks]
        return Verdict(
            status=execution.status,
            message=_message(execution, [text for of_task in judged for text in of_task.said]),
            full=self.key.full,
            checks=ScoredChecks.joined([of_task.checks for of_task in judged]),
            findings=tuple(finding for of_task in judged for finding in of_task.findings),
            errors=execution.errors,
            bad_cells=tuple(_bad_cells(notebook, execution))[:MOST_CELLS],
            seconds=round(execution.seconds, 2),
        )

    def _task(self, task: Task, told: Told) -> JudgedTask:
        # The same for what is the same to the last bit. What is pickled is never read again.
        digest = hashlib.blake2b(pickle.dumps((task.name, told), protocol=5)).digest()
        with self._lock:
            known = self._remembered.get(digest)
        if known is None:
            known = judged_task(self.key, task, told)
            with self._lock:
                self._remembered[digest] = known
        return known


# A stranger's numbers may overflow in any step; what warns of it names the grader's own lines.
@np.errstate(all="ignore")
def judged_task(key: AnswerKey, task: Task, told: Told) -> JudgedTask:
    """What one task came to."""
    checks = checks_of_task(task, key.truths[task.name], *told)
    found = diagnose(task, key.course.solution, checks, key.candidates[task.name])
    rows = scored(task, key.worth[task.name], checks, found)
    said = _in_words(task, checks, found, rows)
    return JudgedTask(ScoredChecks.of(rows), tuple(found), tuple(said))


def _told(task: Task, notebook: Notebook, execution: Execution) -> Told:
    return Told(
        execution.answers.get(task.name, {}),
        execution.definitions.get(task.name),
        trouble_with(task.name, notebook, execution),
        execution.missing,
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


def _in_words(
    task: Task, checks: Sequence[Check], findings: Sequence[Finding], rows: Sequence[ScoredCheck]
) -> list[str]:
    """What to tell the student about one task, nothing where it is all right."""
    if sum(row.points for row in rows) == in_cents(task.points):
        return []
    first = next((c for c in checks if c.outcome != "passed" and c.about_task), None)
    if first is not None:
        return [first.result.message]
    explained = [f"{finding.value}: {finding.words}" for finding in findings if finding.ids]
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
