"""Reads the roster: who is in the class, and when and how late they may hand in."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd

from grader.errors import SubmissionsError

NAME = "roster.csv"


@dataclass(frozen=True)
class Roster:
    """Students by name, and the times at which they handed in, where the roster gives them."""

    students: tuple[str, ...]
    submitted_at: dict[str, datetime]


def read_roster(file: Path) -> Roster:
    """A CSV with a column `student` and perhaps `submitted_at` (ISO 8601; UTC where no zone).

    Raises SubmissionsError naming the file, the line and the mend.
    """
    try:
        table = pd.read_csv(file, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        raise SubmissionsError(f"{file}: not a CSV that can be read ({error})") from None
    if "student" not in table:
        raise SubmissionsError(f"{file}, line 1: no column `student`: add it to the header")
    times: dict[str, datetime] = {}
    for line, row in enumerate(table.to_dict("records"), start=2):
        text = str(row.get("submitted_at", "")).strip()
        if text:
            try:
                when = datetime.fromisoformat(text)
            except ValueError:
                raise SubmissionsError(
                    f"{file}, line {line}: submitted_at is {text!r}: write it as 2026-01-31T23:59"
                ) from None
            times[str(row["student"])] = when if when.tzinfo else when.replace(tzinfo=UTC)
    return Roster(tuple(name for name in table["student"] if name.strip()), times)
