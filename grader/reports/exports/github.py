"""GitHub: job summary, annotations, outputs; a student's text is never read as a command."""

import base64
import json
import re
from collections.abc import Hashable
from typing import Any

import pandas as pd

from grader.reports.exports.faults import faults
from grader.reports.frames import told

SUMMARY_LIMIT = 2**20  # bytes a step; GitHub refuses a longer summary as a whole
ANNOTATIONS = 10  # of a kind a step; GitHub shows no more
_PUNCTUATION = re.compile(r"[!-/:-@\[-`{-~]")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
LEVELS = {"failed": "error", "not_judged": "warning"}


def annotations(checks: pd.DataFrame, file: str) -> list[str]:
    """Workflow commands, a line each, for one student's notebook: what is wrong, task by task."""
    lines: dict[str, list[str]] = {level: [] for level in LEVELS.values()}
    for row in faults(checks).to_dict("records"):
        level = LEVELS[str(row["outcome"])]
        title = ".".join(str(part) for part in (row["task"], row["value"]) if part)
        lines[level].append(_command(level, {"file": file, "title": title}, str(row["message"])))
    return [line for of_level in lines.values() for line in of_level[:ANNOTATIONS]]


def points(score: dict[Hashable, Any]) -> str:
    """The workflow command that says the points, in the words that GitHub Classroom reads."""
    said = f"Points {score['score']:g}/{score['max_score']:g}"
    return _command("notice", {"title": "Autograding complete"}, said)


def outputs(score: dict[Hashable, Any], checks: pd.DataFrame) -> str:
    """Lines for $GITHUB_OUTPUT: `score`, `max-score`, and `result` as Classroom reads it."""
    packed = base64.b64encode(json.dumps(classroom(score, checks)).encode()).decode()
    return f"score={score['score']:g}\nmax-score={score['max_score']:g}\nresult={packed}\n"


def classroom(score: dict[Hashable, Any], checks: pd.DataFrame) -> dict[str, Any]:
    """A student's result for GitHub Classroom's reporter: a test a task, with its points.

    The reporter prints it outside of our hands, so nothing that a student wrote is in it.
    """
    tests = []
    for task, rows in checks.groupby("task", sort=False, observed=True):
        earned, most = round(rows["points"].sum(), 2), round(rows["max_points"].sum(), 2)
        status = "pass" if earned == most else "fail"
        said = f"{earned:g} of {most:g} points"
        tests.append({"name": task, "status": status, "score": earned, "message": said})
    all_right = all(test["status"] == "pass" for test in tests)
    return {
        "version": 3,
        "status": "pass" if all_right else "fail",
        "max_score": score["max_score"],
        "tests": tests,
    }


def summary(title: str, scores: pd.DataFrame, checks: pd.DataFrame, room: int) -> str:
    """Markdown for $GITHUB_STEP_SUMMARY: one student's tasks, or a table of the class.

    room: bytes that it may take; whole lines are left out at the end, and counted.
    """
    single = len(scores) == 1
    lines = _of_student(scores, checks) if single else _of_class(scores)
    return bounded([f"## {_literal(title)}", "", *lines], room)


def bounded(lines: list[str], room: int) -> str:
    """The lines that fit into so many bytes, and how many did not."""
    whole = "".join(f"{line}\n" for line in lines)
    if len(whole.encode()) <= room:
        return whole
    room -= 60  # for the line that says so
    kept: list[str] = []
    for line in lines:
        room -= len(line.encode()) + 1
        if room < 0:
            break
        kept.append(line)
    return "".join(
        f"{line}\n" for line in [*kept, "", f"… and {len(lines) - len(kept)} lines more"]
    )


def _of_student(scores: pd.DataFrame, checks: pd.DataFrame) -> list[str]:
    score = scores.to_dict("records")[0]
    lines = [f"**{score['score']:g} of {score['max_score']:g} points**", ""]
    if told(score["message"]):
        lines += [_literal(told(score["message"])), ""]
    lines += ["| task | points | what is wrong |", "| :-- | --: | :-- |"]
    wrong = faults(checks)
    for task, rows in checks.groupby("task", sort=False, observed=True):
        earned, most = rows["points"].sum(), rows["max_points"].sum()
        said = "<br>".join(_literal(m) for m in wrong.loc[wrong["task"] == task, "message"])
        mark = "✅" if round(earned - most, 2) == 0 else "❌"
        lines.append(f"| {mark} {_literal(str(task))} | {earned:g} of {most:g} | {said} |")
    return lines


def _of_class(scores: pd.DataFrame) -> list[str]:
    statuses = ", ".join(
        f"{count} {status}" for status, count in scores["status"].value_counts().items()
    )
    lines = [
        f"{len(scores)} students: {statuses}; mean {scores['score'].mean():.1f}",
        "",
        "| student | status | score | message |",
        "| :-- | :-- | --: | :-- |",
    ]
    for row in scores.to_dict("records"):
        cells = (
            _literal(str(row["student"])),
            row["status"],
            f"{row['score']:g} of {row['max_score']:g}",
            _literal(str(row["message"])),
        )
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def _literal(text: str) -> str:
    """Text that Markdown and HTML show as it is: each sign as its number."""
    spaced = _CONTROL.sub(" ", text)
    return _PUNCTUATION.sub(lambda sign: f"&#{ord(sign[0])};", spaced)


def _command(name: str, properties: dict[str, str], message: str) -> str:
    given = ",".join(f"{key}={_property(value)}" for key, value in properties.items())
    return f"::{name} {given}::{_data(message)}"


def _data(text: str) -> str:
    escaped = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return _CONTROL.sub(" ", escaped)


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
