"""Progress of a run: a bar with counts and time left on a terminal, plain lines in a log."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from grader.reports.terminal import console
from grader.submission import Submission
from grader.verdict import Verdict


@contextmanager
def progress(total: int, talks: bool) -> Iterator[Callable[[Submission, Verdict], None]]:
    """A function to call with each verdict as it comes; prints on standard error."""
    out = console(stderr=True)
    if not talks:
        yield lambda submission, verdict: None
    elif not out.is_terminal:
        done = 0

        def line(submission: Submission, verdict: Verdict) -> None:
            nonlocal done
            done += 1
            earned = f"{verdict.cents() / 100:g}/{verdict.most_cents / 100:g}"
            out.print(f"[{done}] {submission.student}: {verdict.status}, {earned}", soft_wrap=True)

        yield line
    else:
        columns = (
            TextColumn("grading"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[last]}", markup=False),
        )
        with Progress(*columns, console=out, transient=True) as bar:
            task = bar.add_task("grading", total=total, last="")
            yield lambda submission, verdict: bar.update(
                task, advance=1, last=f"{submission.student[:24]}: {verdict.status}"
            )
