"""A student's feedback in a terminal."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.segment import Segment
from rich.text import Text

from grader.assignment import Assignment
from grader.diagnosis import Example, Finding
from grader.reports.words import CELL_ENDINGS, numbers
from grader.verdict import Verdict, row_to_show


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
    if finding.words:
        yield Text(f"It looks as if {finding.words} [{' '.join(finding.ids)}].", style="yellow")
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
