"""Gradescope: results.json for one submission; student text goes in as text, never as markup."""

import json
import math
from collections.abc import Hashable, Iterator
from typing import Any, Literal

import pandas as pd

from grader.reports.exports.faults import faults
from grader.reports.frames import told

Visibility = Literal["hidden", "after_due_date", "after_published", "visible"]
VISIBILITIES: tuple[Visibility, ...] = ("hidden", "after_due_date", "after_published", "visible")
TEXT_LIMIT = 5_000  # characters in a test's output; a page shows some dozens of tests


def results(
    score: dict[Hashable, Any],
    checks: pd.DataFrame,
    *,
    private: Visibility = "hidden",
    leaderboard: bool = False,
) -> dict[str, Any]:
    """What Gradescope is told of one student.

    score: the student's row of `scores`. checks: the student's rows of `checks`. A test a task
    for the public cases, and one for the private ones, of which it says how many passed and no
    more. private: to whom those are shown; a student sees no total while a test is hidden.
    """
    said = {
        "score": _number(score["score"]),
        "execution_time": _number(score["seconds"]),
        "output": _text(told(score["message"]) or "The notebook ran to its end."),
        "output_format": "text",
        "test_output_format": "text",
        "test_name_format": "text",
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "tests": list(_tests(checks, private)),
        "extra_data": {"status": score["status"], "sha256": score["sha256"]},
    }
    if leaderboard:
        said["leaderboard"] = [{"name": "public score", "value": _number(score["public_score"])}]
    return said


def as_json(said: dict[str, Any]) -> str:
    """The file's text: strict JSON, which has no NaN."""
    return json.dumps(said, indent=1, allow_nan=False) + "\n"


def _tests(checks: pd.DataFrame, private: Visibility) -> Iterator[dict[str, Any]]:
    for number, task in enumerate(map(str, checks["task"].unique()), start=1):
        rows = checks[checks["task"] == task]
        public = rows[rows["split"] == "public"]
        hidden = rows[rows["split"] == "private"]
        tags = sorted({word for ids in public["diagnosis"] for word in str(ids).split()})
        shown = _test(f"{number}.1", task, public, _public_output(public), "visible")
        yield {**shown, "tags": tags}
        if not hidden.empty:
            name = f"{task}: private cases"
            yield _test(f"{number}.2", name, hidden, _private_output(hidden), private)


def _test(
    number: str, name: str, rows: pd.DataFrame, output: str, visibility: Visibility
) -> dict[str, Any]:
    passed = (rows["outcome"] == "passed").all()
    return {
        "number": number,
        "name": name,
        "name_format": "text",
        "score": _number(rows["points"].sum()),
        "max_score": _number(rows["max_points"].sum()),
        "status": "passed" if passed else "failed",
        "output": _text(output),
        "output_format": "text",
        "visibility": visibility,
    }


def _public_output(rows: pd.DataFrame) -> str:
    lines = [
        f"{row['value'] or row['task']}, {row['check']}{_case(row['case'])}: {row['message']}"
        for row in faults(rows).to_dict("records")
    ]
    return "\n".join(lines) or f"All {len(rows)} checks passed."


def _case(case: Any) -> str:
    return f" on case {case}" if case else ""


def _private_output(rows: pd.DataFrame) -> str:
    counts = rows["outcome"].value_counts()
    return f"{counts.get('passed', 0)} of {len(rows)} checks on private cases passed."


def _number(value: Any) -> float:
    """A finite number to the cent; what is none counts as 0."""
    number = float(value)
    return round(number, 2) if math.isfinite(number) else 0.0


def _text(text: str) -> str:
    """Text within bounds, in characters that every reader of JSON takes."""
    sound = text.encode("utf-8", "replace").decode()
    printable = "".join(c for c in sound if c.isprintable() or c in "\n\t")
    return printable if len(printable) <= TEXT_LIMIT else printable[:TEXT_LIMIT] + " …"
