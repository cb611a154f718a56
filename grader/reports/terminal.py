"""The class in a terminal: its table and its statistics."""

from collections.abc import Hashable
from typing import Any

import pandas as pd
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from grader.assignment import Assignment
from grader.reports.console import WIDTH
from grader.reports.statistics import Statistics
from grader.reports.words import said_in_short

COLOURS = {
    "ok": "green",
    "errors": "yellow",
    "timeout": "magenta",
    "died": "magenta",
    "unreadable": "red",
    "missing": "dim",
}


def class_table(scores: pd.DataFrame, checks: pd.DataFrame, assignment: Assignment) -> Table:
    """A row a student: status, points a task, score, and the mistakes recognised."""
    table = Table(box=None, pad_edge=False, width=WIDTH, header_style="bold")
    table.add_column("student", no_wrap=True, overflow="ellipsis", max_width=20)
    table.add_column("status", no_wrap=True)
    for task in assignment.tasks:
        table.add_column(short(task.name), justify="right", no_wrap=True)
    table.add_column("score", justify="right", no_wrap=True, style="bold")
    table.add_column("looks like", overflow="ellipsis", no_wrap=True, ratio=1)
    seen = checks.loc[checks["diagnosis"] != ""].groupby("student", observed=True)["diagnosis"]
    mistakes = {student: list(dict.fromkeys(" ".join(ids).split())) for student, ids in seen}
    for row in scores.to_dict("records"):
        points = [f"{row[task.name]:g}" for task in assignment.tasks]
        table.add_row(
            Text(row["student"]),
            Text(row["status"], style=COLOURS[row["status"]]),
            *points,
            f"{row['score']:g}",
            Text(_looks_like(row, mistakes.get(row["student"], [])), style="dim"),
        )
    return table


def _looks_like(row: dict[Hashable, Any], mistakes: list[str]) -> str:
    """What lateness cost, and the mistakes, or else how the run went wrong."""
    if not mistakes and row["status"] != "ok":
        return str(row["message"])
    return said_in_short(row["late_penalty"], mistakes)


def short(task: str) -> str:
    """A task's name as a column's head: its first word."""
    return task.split("_")[0][:12]


def class_statistics(statistics: Statistics) -> RenderableType:
    """Mean and spread a task, mistakes by frequency, the hardest check."""
    tasks = Table(box=None, pad_edge=False, header_style="bold")
    for head, justify in (
        ("task", "left"),
        ("mean", "right"),
        ("spread", "right"),
        ("full", "right"),
    ):
        tasks.add_column(head, justify=justify)  # type: ignore[arg-type]
    for name, row in statistics.tasks.iterrows():
        mean = f"{row['mean']:.1f} of {row['of']:g}"
        tasks.add_row(str(name), mean, f"{row['spread']:.1f}", f"{row['full']:.0f}")
    parts: list[RenderableType] = [tasks]
    if not statistics.misconceptions.empty:
        mistakes = Table(box=None, pad_edge=False, header_style="bold")
        mistakes.add_column("looks like")
        mistakes.add_column("students", justify="right")
        mistakes.add_column("for example in")
        for name, row in statistics.misconceptions.head(12).iterrows():
            mistakes.add_row(str(name), str(row["students"]), str(row["example"]))
        parts += ["", mistakes]
    statuses = ", ".join(f"{count} {status}" for status, count in statistics.statuses.items())
    parts += [
        "",
        f"{statistics.students} student{'s' * (statistics.students != 1)}: {statuses}",
        f"score: mean {statistics.mean:.1f}, spread {statistics.spread:.1f}",
    ]
    if statistics.hardest:
        name, rate = statistics.hardest
        parts.append(f"hardest check: {name}, passed in {rate:.0%} of the cases judged")
    return Group(*parts)
