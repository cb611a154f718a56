"""Files that a command writes beside what it prints."""

from pathlib import Path

import click

csv_option = click.option(
    "--csv",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write it as CSV too.",
)
html_option = click.option(
    "--html",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write it as a page for a browser too.",
)


def say_written(*files: Path | None) -> None:
    """Says which of the files were written."""
    written = [str(file) for file in files if file]
    if written:
        click.echo(f"written: {', '.join(written)}")
