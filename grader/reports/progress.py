"""Progress of a run: a bar with counts and time left on a terminal, plain lines in a log."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from grader.assignment import Assignment
from grader.reports.console import console
from grader.standings import days_late
from grader.submission import Submission
from grader.verdict import PackedVerdict


class Silent:
    """Says nothing."""

    def begins(self, total: int) -> None:
        """Nothing to say."""

    def graded(self, submission: Submission, verdict: PackedVerdict) -> None:
        """Nothing to say."""


class Lines:
    """One plain line a submission."""

    def __init__(self, out: Console, assignment: Assignment) -> None:
        self.out = out
        self.assignment = assignment
        self.total = self.done = 0

    def begins(self, total: int) -> None:
        """Notes the total."""
        self.total = total

    def graded(self, submission: Submission, verdict: PackedVerdict) -> None:
        """Prints how it ended and what it earned."""
        self.done += 1
        earned = f"{verdict.cents / 100:g} of {verdict.most_cents / 100:g}"
        if verdict.cents and self._costs(submission):
            earned += ", before what lateness costs"
        line = f"[{self.done}/{self.total}] {submission.student}: {verdict.status}, {earned}"
        self.out.print(line, soft_wrap=True)

    def _costs(self, submission: Submission) -> bool:
        """Whether lateness takes something off."""
        rules, when = self.assignment, submission.submitted_at
        return rules.late.fraction(days_late(rules, when, marked=submission.late)) > 0


class Bar:
    """A bar with counts, rate, time left, and who came last."""

    def __init__(self, bar: Progress) -> None:
        self.bar = bar
        self.task = bar.add_task("grading", total=None, last="", rate="")

    def begins(self, total: int) -> None:
        """Shows the whole length."""
        self.bar.update(self.task, total=total)

    def graded(self, submission: Submission, verdict: PackedVerdict) -> None:
        """Moves the bar on."""
        last = f"{submission.student[:24]}: {verdict.status}"
        self.bar.update(self.task, advance=1, last=last)
        speed = self.bar.tasks[self.task].speed
        self.bar.update(self.task, rate=f"{speed:.2g}/s" if speed else "")


@contextmanager
def progress(talks: bool, assignment: Assignment) -> Iterator[Silent | Lines | Bar]:
    """What to tell of a run as it goes on; it is shown on standard error."""
    out = console(stderr=True)
    if not talks:
        yield Silent()
    elif not out.is_terminal:
        yield Lines(out, assignment)
    else:
        columns = (
            TextColumn("grading"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}"),
            TimeRemainingColumn(),
            TextColumn("{task.fields[last]}", markup=False),
        )
        with Progress(*columns, console=out, transient=True) as bar:
            yield Bar(bar)
