"""Files that a command writes beside what it prints."""

from pathlib import Path

import click

from grader.cli.shared import file_option

csv_option = file_option("--csv", "Write it as CSV too.")
html_option = file_option("--html", "Write it as a page for a browser too.")


def say_written(*files: Path | None) -> None:
    """Says which of the files were written."""
    written = [str(file) for file in files if file]
    if written:
        click.echo(f"written: {', '.join(written)}")
