"""What GitHub Actions is told, by the files and the lines that it reads."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from grader.errors import StorageError

if TYPE_CHECKING:
    import pandas as pd

SUMMARY, OUTPUT = "GITHUB_STEP_SUMMARY", "GITHUB_OUTPUT"


@contextmanager
def commands_stopped() -> Iterator[None]:
    """What is printed inside is a log, whatever it says: only a fresh token ends that."""
    token = secrets.token_hex(16)
    click.echo(f"::stop-commands::{token}")
    try:
        yield
    finally:
        click.echo(f"\n::{token}::")


def publish(title: str, scores: "pd.DataFrame", checks: "pd.DataFrame", notebook: Path) -> None:
    """Annotations and outputs for one notebook, and the job summary."""
    from grader.reports.exports.github import annotations, outputs, points

    score = scores.to_dict("records")[0]
    for line in (*annotations(checks, notebook.as_posix()), points(score)):
        click.echo(line)
    if os.environ.get(OUTPUT):
        _append(Path(os.environ[OUTPUT]), outputs(score, checks))
    if os.environ.get(SUMMARY):
        write_summary(title, scores, checks)


def write_summary(title: str, scores: "pd.DataFrame", checks: "pd.DataFrame") -> None:
    """Appends the job summary to the step's file, within what GitHub still takes, or prints it."""
    from grader.reports.exports.github import SUMMARY_LIMIT, summary

    if not os.environ.get(SUMMARY):
        click.echo(summary(title, scores, checks, SUMMARY_LIMIT), nl=False)
        return
    file = Path(os.environ[SUMMARY])
    taken = file.stat().st_size if file.exists() else 0
    _append(file, summary(title, scores, checks, SUMMARY_LIMIT - taken))


def _append(file: Path, text: str) -> None:
    try:
        with file.open("a", encoding="utf-8") as opened:
            opened.write(text)
    except OSError as error:
        raise StorageError(f"{file}: can't be written ({error.strerror})") from None
