"""Pairs of similar notebooks: for a terminal, as rows, and side by side on a page."""

from collections.abc import Iterator
from pathlib import Path

import pandas as pd
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from grader.reports.pages.skeleton import page, write_page
from grader.similarity import Comparison, Match, Pair

COLUMNS = (
    "first", "second", "first_function", "second_function", "first_cell", "second_cell",
    "size", "shared_by", "of",
)  # fmt: skip
MOST_SHOWN = 30
MOST_ON_PAGE = 300
CAUTION = (
    "Similar is not proof. Students who heard the same lecture, or read the same page, may write"
    " the same; and who wrote first can't be told from this. Read both, and ask both."
)


def similarity_frame(comparison: Comparison) -> pd.DataFrame:
    """A row a function that two students have in common, the most surprising pairs first.

    size: names and constants in it, without what the course gave. shared_by: how many students
    have it in this form, of how many.
    """
    rows = [
        (
            pair.first, pair.second, match.first.name, match.second.name,
            match.first.cell, match.second.cell, match.first.size, match.shared_by, match.of,
        )
        for pair in comparison.pairs
        for match in pair.matches
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=list(COLUMNS))


def similarity_table(comparison: Comparison) -> RenderableType:
    """The pairs for a terminal, with what was left out, and a word of caution."""
    said = [Text(text) for text in summary(comparison)]
    if not comparison.pairs:
        return Group(*said)
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("students", no_wrap=True, overflow="ellipsis", max_width=36)
    table.add_column("functions", no_wrap=True, overflow="ellipsis", max_width=22)
    table.add_column("size", justify="right", no_wrap=True)
    table.add_column("shared by", justify="right", no_wrap=True)
    for pair in comparison.pairs[:MOST_SHOWN]:
        for cells in _lines(pair):
            table.add_row(*(Text(cell) for cell in cells))
    more = len(comparison.pairs) - MOST_SHOWN
    rest = [Text(f"… and {_count(more, 'more pair')}: see --html or --csv")] if more > 0 else []
    return Group(table, *rest, Text(""), *said, Text(""), Text(CAUTION, style="bold"))


def _lines(pair: Pair) -> Iterator[tuple[str, str, str, str]]:
    """Two names in two lines, beside them the functions."""
    students = [pair.first, f"  {pair.second}"]
    for number in range(max(2, len(pair.matches))):
        student = students[number] if number < 2 else ""
        if number < len(pair.matches):
            match = pair.matches[number]
            shared = f"{match.shared_by} of {match.of}"
            yield student, function_names(match), str(match.first.size), shared
        else:
            yield student, "", "", ""


def function_names(match: Match) -> str:
    """What the two call their function."""
    if match.first.name == match.second.name:
        return match.first.name
    return f"{match.first.name}, {match.second.name}"


def summary(comparison: Comparison) -> Iterator[str]:
    """What was compared, what was left out, and what chance alone may bring about."""
    students = comparison.students
    chances = _count(students * (students - 1) // 2, "pair")
    found = _count(len(comparison.pairs), "pair") if comparison.pairs else "No pair"
    yield (
        f"{found} with a function that is the same up to names, layout and comments, among"
        f" {_count(students, 'notebook')} ({chances})."
    )
    yield (
        "Left out: what the course gives;"
        f" {_count(comparison.too_short, 'function')} with fewer than {comparison.shortest} names"
        f" and constants; {_count(comparison.common, 'form')} that more than"
        f" {comparison.at_most} share."
    )
    if comparison.unread:
        shown = ", ".join(list(comparison.unread)[:5]) + ", …" * (len(comparison.unread) > 5)
        yield f"Not compared, because they can't be read: {shown}."


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'s' * (number != 1)}"


def write_similarity_page(comparison: Comparison, title: str, file: Path) -> None:
    """Writes the pairs side by side as one HTML file that needs nothing else.

    The first MOST_ON_PAGE pairs are shown. Raises StorageError.
    """
    write_page(
        file,
        page(
            "similar.html.j2",
            title=title,
            caution=CAUTION,
            summary=list(summary(comparison)),
            pairs=comparison.pairs[:MOST_ON_PAGE],
            more=max(0, len(comparison.pairs) - MOST_ON_PAGE),
            names=function_names,
            unread=comparison.unread,
        ),
    )
