"""What people read in a terminal: the class table, the statistics, a student's feedback."""

import re
import sys
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import IO, Any, TextIO, cast

import pandas as pd
from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

from grader.assignment import Assignment
from grader.diagnosis import Example, Finding
from grader.judging import finding_in_words
from grader.reports.frames import row_to_show
from grader.reports.statistics import Statistics
from grader.reports.words import CELL_ENDINGS, numbers
from grader.verdict import Verdict

WIDTH = 80
_COMMAND = re.compile(r"^([^\S\n]*)::", re.MULTILINE)
_COMMAND_ANYWHERE = re.compile(r"##\[")
COLOURS = {
    "ok": "green",
    "errors": "yellow",
    "timeout": "magenta",
    "died": "magenta",
    "unreadable": "red",
    "missing": "dim",
}


@dataclass(frozen=True)
class Indented:
    """Something moved to the right by two columns, without blanks at the ends of its lines."""

    part: RenderableType

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        narrower = options.update_width(options.max_width - 2)
        for line in console.render_lines(self.part, narrower, pad=False):
            yield Segment("  ")
            yield from line[:-1]
            yield from (Segment(last.text.rstrip(), last.style) for last in line[-1:])
            yield Segment.line()


def console(*, stderr: bool = False) -> Console:
    """A console that colours only terminals; in a log it writes plain lines of 80 columns."""
    made = Console(stderr=stderr, highlight=False, emoji=False, markup=False)
    if not made.is_terminal:
        log = cast(IO[str], Log(sys.stderr if stderr else sys.stdout))
        made = Console(file=log, highlight=False, emoji=False, markup=False, width=WIDTH)
    return made


class Log:
    """A stream in which no line is a command to the CI system that keeps it.

    GitHub's runner obeys lines that begin with two colons, and an older form anywhere in a line;
    names and messages that are shown here come from strangers.
    """

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream
        self.encoding = getattr(stream, "encoding", "utf-8")

    def write(self, text: str) -> int:
        """Writes the text, its commands broken by a space."""
        return self.stream.write(_COMMAND_ANYWHERE.sub("# #[", _COMMAND.sub(r"\1: :", text)))

    def flush(self) -> None:
        """Passes on what was written."""
        self.stream.flush()

    def isatty(self) -> bool:
        """It is none."""
        return False


def class_table(scores: pd.DataFrame, checks: pd.DataFrame, assignment: Assignment) -> Table:
    """A row a student: status, points a task, score, and the mistakes recognised."""
    table = Table(box=None, pad_edge=False, width=WIDTH, header_style="bold")
    table.add_column("student", no_wrap=True, overflow="ellipsis", max_width=20)
    table.add_column("status", no_wrap=True)
    for task in assignment.tasks:
        table.add_column(short(task.name), justify="right", no_wrap=True)
    table.add_column("score", justify="right", no_wrap=True, style="bold")
    table.add_column("looks like", overflow="ellipsis", no_wrap=True, ratio=1)
    seen = checks.loc[checks["diagnosis"] != ""].groupby("student")["diagnosis"]
    mistakes = {student: list(dict.fromkeys(" ".join(ids).split())) for student, ids in seen}
    for row in scores.to_dict("records"):
        points = [f"{row[task.name]:g}" for task in assignment.tasks]
        table.add_row(
            Text(row["student"]),
            Text(row["status"], style=COLOURS[row["status"]]),
            *points,
            f"{row['score']:g}",
            Text(", ".join(mistakes.get(row["student"], [])) or _why(row), style="dim"),
        )
    return table


def _why(row: dict[Hashable, Any]) -> str:
    return "" if row["status"] == "ok" else str(row["message"])


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


def feedback(verdict: Verdict, assignment: Assignment) -> RenderableType:
    """A student's feedback: what is right, what is not, the smallest example, a question."""
    parts: list[RenderableType] = []
    for task in assignment.tasks:
        earned, most = verdict.cents(task=task.name), verdict.full[task.name]
        good = earned == most
        head = Text("✓ " if good else "✗ ", style="green" if good else "red")
        head.append(task.name, style="bold")
        head.append(f"  {earned / 100:g} of {most / 100:g} points", style="dim")
        parts.append(head)
        if not good:
            parts.extend(Indented(part) for part in _task_feedback(verdict, task.name))
    if verdict.bad_cells:
        parts.append(Text(""))
        parts.append(Text("Cells that did not run to their end:", style="bold"))
        for cell in verdict.bad_cells:
            how = f"  cell {cell.index} {CELL_ENDINGS[cell.ending]}"
            parts.append(Text(f"{how}: {cell.said}"[:300] if cell.said else how))
    parts.append(Text(""))
    total = Text(
        f"{verdict.cents() / 100:g} of {verdict.most_cents / 100:g} public points", style="bold"
    )
    parts.append(total)
    return Group(*parts)


def _task_feedback(verdict: Verdict, task: str) -> Iterable[RenderableType]:
    rows = [row for row in verdict.checks if row.task == task]
    findings = [finding for finding in verdict.findings if finding.task == task]
    if not findings:
        first = next((row for row in rows if row.outcome != "passed" and row.message), None)
        if first is not None:
            yield Text(first.message)
        return
    right = sorted({row.value for row in rows if row.points} - {f.value for f in findings})
    if right:
        yield Text(f"right: {', '.join(right)}", style="green")
    shown: set[tuple[str, ...]] = set()
    inputs: Mapping[str, Any] | None = None
    for finding in findings:
        failed = row_to_show(finding, rows)
        assert failed is not None  # a finding is about failed checks
        # One reason that holds for all values, such as an exception, is said once.
        reason = (failed.message, *finding.ids)
        if reason not in shown:
            shown.add(reason)
            yield from _finding(finding, failed.message, inputs)
            inputs = finding.example.inputs if finding.example else inputs


def _finding(
    finding: Finding, message: str, inputs_before: Mapping[str, Any] | None
) -> Iterable[RenderableType]:
    about_value = finding.value in message or message.startswith(finding.task)
    yield Text(message if about_value else f"{finding.value}: {message}")
    words = finding_in_words(finding)
    if words:
        yield Text(f"It looks as if {words} [{' '.join(finding.ids)}].", style="yellow")
    if finding.example is not None and "still a stub" not in message:
        yield from _example(finding.example, again=finding.example.inputs == inputs_before)
    for entry in finding.entries:
        yield Text(f"→ {entry.asks}", style="cyan")


def _example(example: Example, *, again: bool) -> Iterable[RenderableType]:
    """The smallest failing case; `again`: its inputs stand above already."""
    yield Text("With the same inputs:" if again else "Redo it by hand:", style="dim")
    if not again:
        for name, value in example.inputs.items():
            yield Text(f"  {name} = {numbers(value)}")
    if example.got is not None:
        yield Text(f"  you return {numbers(example.got)}")
        yield Text(f"  expected shape {tuple(example.expected_shape)}{_off_by(example)}")


def _off_by(example: Example) -> str:
    if example.error is None or example.where is None:
        return ""
    place = f" at {list(example.where)}" if example.where else ""
    return f", off by {example.error:.4g}{place}"
