"""The two frames that every report is made from: a row a student, and a row a check."""

from collections.abc import Sequence

import pandas as pd

from grader.assignment import Assignment
from grader.standings import Standing

CHECK_COLUMNS = (
    "student", "task", "value", "check", "case", "split",
    "outcome", "points", "max_points", "diagnosis", "message",
)  # fmt: skip
NOT_ISOLATED = " [not isolated]"


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
    return said + ("" if standing.verdict.isolated else NOT_ISOLATED)


def checks_frame(standings: Sequence[Standing]) -> pd.DataFrame:
    """A row a check of the notebook that counts; points, not cents."""
    columns: dict[str, list[object]] = {name: [] for name in CHECK_COLUMNS}
    for standing in standings:
        for row in standing.verdict.checks:
            columns["student"].append(standing.handin.student)
            columns["points"].append(row.points / 100)
            columns["max_points"].append(row.max_points / 100)
            for name in ("task", "value", "check", "case", "split"):
                columns[name].append(getattr(row, name))
            for name in ("outcome", "diagnosis", "message"):
                columns[name].append(getattr(row, name))
    return pd.DataFrame(columns)
