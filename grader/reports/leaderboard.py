"""The ranking of a class: public for all to see, private once it may be revealed."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
from rich.table import Table
from rich.text import Text

from grader.assignment import Assignment
from grader.reports.pages.skeleton import page, write_page

PUBLIC_COLUMNS = ("rank", "student", "score", "attempts")
PRIVATE_COLUMNS = ("rank", "student", "score", "public_rank", "change", "attempts")


def leaderboard(
    scores: pd.DataFrame, *, private: bool, names: Mapping[str, str] | None = None
) -> pd.DataFrame:
    """A row a student, the best first; those who handed in nothing are left out.

    Columns: PUBLIC_COLUMNS, or PRIVATE_COLUMNS with how many places each went up (above 0) or
    down. A tie goes to whoever handed in earlier; who did so at the same time, or at no known
    time, shares the rank. names: what to show in place of each student's name.

    The public ranking is by public points alone, so that nothing private shows in it.
    """
    shown = scores[scores["status"] != "missing"].copy()
    if names is not None:
        shown["student"] = shown["student"].map(dict(names))
    shown["when"] = pd.to_datetime(
        shown["submitted_at"].replace("", None), utc=True, format="ISO8601"
    )
    shown["score"] = shown["private_score"] if private else shown["public_score"]
    shown["rank"] = _ranks(shown, "score")
    if private:
        shown["public_rank"] = _ranks(shown, "public_score")
        shown["change"] = shown["public_rank"] - shown["rank"]
    ordered = shown.sort_values(["rank", "student"])
    return ordered[list(PRIVATE_COLUMNS if private else PUBLIC_COLUMNS)].reset_index(drop=True)


def _ranks(shown: pd.DataFrame, points: str) -> pd.Series:
    """Places by points, then by time, an unknown time last; equals share the better place."""
    keys = shown[[points, "when"]]
    ordered = keys.sort_values([points, "when"], ascending=[False, True], kind="stable")
    same = ordered.eq(ordered.shift()) | (ordered.isna() & ordered.shift().isna())
    places = pd.Series(range(1, len(ordered) + 1), index=ordered.index)
    return places.where(~same.all(axis=1)).ffill().astype(int)


def rules_in_words(assignment: Assignment) -> str:
    """How the ranking comes about, for those who are on it."""
    rules = assignment.attempts
    counted = {"best": "Each student's best submission", "last": "Each student's last submission"}
    limits = [
        f"at most {number} {unit}"
        for number, unit in ((rules.per_day, "a day"), (rules.limit, "in all"))
        if number is not None
    ]
    said = f"{counted[rules.keep]} counts{''.join(f', {limit}' for limit in limits)}"
    said += "; a tie goes to the earlier."
    if assignment.deadline is not None:
        said += f" The deadline is {assignment.deadline:%Y-%m-%d %H:%M %Z}."
    return said


def board_table(board: pd.DataFrame) -> Table:
    """The ranking for a terminal."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for head in board.columns:
        if head == "student":
            table.add_column(head, no_wrap=True, overflow="ellipsis", max_width=34)
        else:
            table.add_column(head.replace("_", " "), justify="right", no_wrap=True)
    for row in board.to_dict("records"):
        cells = {**row, "score": f"{row['score']:g}"}
        if "change" in row:
            cells["change"] = change_in_words(row["change"])
        table.add_row(*(Text(str(cells[head])) for head in board.columns))
    return table


def change_in_words(places: int) -> str:
    """`▲ 3` for three places up, `▼ 1` for one down, `–` for none."""
    return "–" if not places else f"{'▲' if places > 0 else '▼'} {abs(places)}"


def write_board_page(board: pd.DataFrame, title: str, rules: str, file: Path) -> None:
    """Writes the ranking as one HTML file that needs nothing else. Raises StorageError."""
    rows: list[dict[Any, Any]] = [
        {**row, "words": change_in_words(row["change"])} if "change" in row else dict(row)
        for row in board.to_dict("records")
    ]
    write_page(
        file,
        page(
            "leaderboard.html.j2",
            title=title,
            rules=rules,
            private="change" in board.columns,
            rows=rows,
        ),
    )
