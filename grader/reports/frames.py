"""The frames that every report is made from; tidy, public where students are to read them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from pandas.api.types import union_categoricals

from grader.assignment import Assignment
from grader.diagnosis import Finding
from grader.scored_checks import Column, ScoredCheck
from grader.standings import Standing
from grader.verdict import Verdict, row_to_show

CHECK_COLUMNS = ("student", *ScoredCheck._fields)
TASK_COLUMNS = ("task", "points", "section", "value", "shape")
FINDING_COLUMNS = (
    "student", "task", "value", "check", "message", "ids", "words", "says", "asks",
    "case", "inputs", "got", "off", "expected_shape", "error", "where",
)  # fmt: skip
SECTION_COLUMNS = ("section", "text")
CELL_COLUMNS = ("student", "cell", "ending", "said", "source")
# In front, where no text of a student's ever stands.
NOT_ISOLATED = "[not isolated]"


@dataclass(frozen=True)
class Results:
    """All that reports know of a graded class.

    tasks: a row a returned value, with its task's points and section, and its declared shape.
    scores: a row a student. checks: a row a check. findings: a row for each separate thing that
    is wrong with a value. cells: a row for each cell that did not run to its end.
    sections: the Markdown of the assignment's sections in which its tasks are explained.
    """

    title: str
    tasks: pd.DataFrame
    scores: pd.DataFrame
    checks: pd.DataFrame
    findings: pd.DataFrame
    cells: pd.DataFrame
    sections: pd.DataFrame


def results(
    assignment: Assignment, standings: Iterable[Standing], sections: Mapping[str, str]
) -> Results:
    """The frames of some students. `sections`: texts of the assignment's notebook, by heading."""
    rows = list(standings)
    return Results(
        title=assignment.title,
        tasks=tasks_frame(assignment),
        scores=scores_frame(assignment, rows),
        checks=checks_frame(rows),
        findings=findings_frame(rows),
        cells=cells_frame(rows),
        sections=sections_frame(assignment, sections),
    )


def joined(parts: Sequence[Results]) -> Results:
    """The frames of all students, from those of some at a time."""
    return replace(
        parts[0],
        scores=_joined([part.scores for part in parts]),
        checks=_joined([part.checks for part in parts]),
        findings=_joined([part.findings for part in parts]),
        cells=_joined([part.cells for part in parts]),
    )


def _joined(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    # An empty frame has no types, and would take the others' away.
    parts = [frame for frame in frames if len(frame)] or frames[:1]
    in_categories = parts[0].select_dtypes("category").columns
    together = {name: union_categoricals([part[name] for part in parts]) for name in in_categories}
    others = [part.drop(columns=in_categories) for part in parts]
    joined = pd.concat(others, ignore_index=True).assign(**together)
    return joined[list(parts[0].columns)]


def tasks_frame(assignment: Assignment) -> pd.DataFrame:
    """A row a returned value, in the order of the assignment."""
    rows = [
        (task.name, task.points, task.section, value.name, task.shape_of(value))
        for task in assignment.tasks
        for value in task.returned
    ]
    return pd.DataFrame(rows, columns=list(TASK_COLUMNS))


def sections_frame(assignment: Assignment, sections: Mapping[str, str]) -> pd.DataFrame:
    """A row for each section that a task names and the notebook has."""
    named = dict.fromkeys(task.section for task in assignment.tasks)
    rows = [(name, sections[name]) for name in named if sections.get(name)]
    return pd.DataFrame(rows, columns=list(SECTION_COLUMNS))


def score_columns(assignment: Assignment) -> list[str]:
    """The columns of the frame of scores, in order."""
    tasks = [task.name for task in assignment.tasks]
    return [
        "student", "submission", "status", "score", "max_score", "public_score", "private_score",
        *tasks, "late_penalty", "attempts", "submitted_at", "seconds", "sha256", "message",
    ]  # fmt: skip


def scores_frame(assignment: Assignment, standings: Sequence[Standing]) -> pd.DataFrame:
    """A row a student; points, not cents."""
    rows = []
    for standing in standings:
        handin, verdict = standing.handin, standing.verdict
        rows.append(
            {
                "student": handin.student,
                "submission": handin.submission,
                "status": verdict.status,
                "score": standing.cents / 100,
                "max_score": verdict.most_cents / 100,
                "public_score": verdict.cents(split="public") / 100,
                "private_score": verdict.cents(split="private") / 100,
                **{task.name: verdict.cents(task=task.name) / 100 for task in assignment.tasks},
                "late_penalty": standing.late_cents / 100,
                "attempts": standing.attempts,
                "submitted_at": handin.submitted_at,
                "seconds": verdict.seconds,
                "sha256": handin.sha256,
                "message": _message(standing),
            }
        )
    return pd.DataFrame(rows, columns=score_columns(assignment))


def _message(standing: Standing) -> str:
    said = "; ".join(text for text in (standing.verdict.message, standing.note) if text)
    return said if standing.verdict.isolated else f"{NOT_ISOLATED} {said}".strip()


def told(message: object) -> str:
    """A row's message without what concerns the instructor alone."""
    return str(message).removeprefix(NOT_ISOLATED).lstrip()


def checks_frame(standings: Sequence[Standing]) -> pd.DataFrame:
    """A row a check of the notebook that counts; points, not cents. Texts are categories."""
    checks = [standing.verdict.checks for standing in standings]
    students = [
        Column([standing.handin.student], [0] * len(standing.verdict.checks))
        for standing in standings
    ]
    of_rows = {
        name: _categorical([rows.columns[name] for rows in checks]) for name in ScoredCheck._fields
    }
    frame = pd.DataFrame({"student": _categorical(students), **of_rows})
    cents = ("points", "max_points")
    return frame.assign(**{name: frame[name].astype(float) / 100 for name in cents})


def _categorical(columns: Iterable[Column]) -> "pd.Categorical[Any]":
    """One column of many rows, in which few values are different, from those of each notebook."""
    places: dict[Any, int] = {}
    found = [np.empty(0, np.intp)]
    for column in columns:
        here = [places.setdefault(value, len(places)) for value in column.values]
        found.append(np.array(here, np.intp)[np.array(column.places, np.intp)])
    return pd.Categorical.from_codes(np.concatenate(found), pd.Index(list(places)))


def findings_frame(standings: Sequence[Standing]) -> pd.DataFrame:
    """A row a finding: what was seen on a public case, what it looks like, the smallest example.

    check, message: of the public check that failed, empty where only private ones did.
    ids, says, asks: tuples; words: what they say together. inputs: nested lists by name.
    got, off, where: as in an Example.
    """
    rows = [
        {"student": standing.handin.student, **_finding(finding, standing.verdict.checks)}
        for standing in standings
        for finding in standing.verdict.findings
    ]
    return pd.DataFrame(rows, columns=list(FINDING_COLUMNS), dtype=object)


def _finding(finding: Finding, checks: Sequence[ScoredCheck]) -> dict[str, Any]:
    row = row_to_show(finding, [check for check in checks if check.split == "public"])
    example = finding.example
    return {
        "task": finding.task,
        "value": finding.value,
        "check": row.check if row else "",
        "message": row.message if row else "",
        "ids": finding.ids,
        "words": finding.words,
        "says": tuple(entry.says for entry in finding.entries),
        "asks": tuple(entry.asks for entry in finding.entries),
        "case": example.case if example else "",
        "inputs": dict(example.inputs) if example else {},
        "got": example.got if example else None,
        "off": example.off if example else None,
        "expected_shape": tuple(example.expected_shape) if example else None,
        "error": example.error if example else None,
        "where": example.where if example else None,
    }


def cells_frame(standings: Sequence[Standing]) -> pd.DataFrame:
    """A row for each cell that did not run to its end: `raised`, `timeout` or `died`."""
    rows = [
        (standing.handin.student, *cell)
        for standing in standings
        for cell in _cells(standing.verdict)
    ]
    return pd.DataFrame(rows, columns=list(CELL_COLUMNS))


def _cells(verdict: Verdict) -> Iterator[tuple[int, str, str, str]]:
    for cell in verdict.bad_cells:
        yield cell.index, cell.ending, cell.said, cell.source
    if not verdict.bad_cells:  # a verdict of a version that kept no source
        for error in verdict.errors:
            yield error.index, "raised", f"{error.name}: {error.text}", ""
