"""Finds the students of a gradebook among the rows of somebody's table, surest column first."""

import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

# Columns of a roster that say by which other names a student is known.
ALIASES = frozenset(
    {"id", "id number", "student id", "sis user id", "sis login id", "sis id", "login",
     "username", "email", "email address", "name", "full name"}
)  # fmt: skip


@dataclass(frozen=True)
class Matches:
    """The rows of each student who was found, and why the others were not."""

    rows: Mapping[str, tuple[int, ...]]
    unmatched: Mapping[str, str]


def folded(text: str) -> str:
    """A name as it is compared: without case, accents' spelling, and blanks to spare."""
    return " ".join(unicodedata.normalize("NFC", text).casefold().split())


def both_orders(name: str) -> list[str]:
    """A name as it is, and `Last, First` as `First Last`."""
    last, comma, first = name.partition(",")
    return [name, f"{first.strip()} {last.strip()}"] if comma else [name]


def known_as(students: Iterable[str], roster: pd.DataFrame | None) -> dict[str, set[str]]:
    """By what each student may be found: the own name, and what a roster says beside it."""
    names = {student: {folded(name) for name in both_orders(student)} for student in students}
    if roster is None:
        return names
    columns = [c for c in roster.columns if folded(str(c)).replace("_", " ") in ALIASES]
    by_name = {folded(student): student for student in names}
    for row in roster.to_dict("records"):
        student = by_name.get(folded(str(row.get("student", ""))))
        if student is not None:
            names[student] |= {folded(str(row[c])) for c in columns} - {""}
    return names


def matched(names: Mapping[str, set[str]], table: Mapping[int, Sequence[Sequence[str]]]) -> Matches:
    """Finds each student by the surest column in which one of the names occurs.

    table: by row number, what the row says of the person, a sequence a column, surest first.
    Several rows are a student's only if they agree in the surest column.
    """
    levels = max((len(columns) for columns in table.values()), default=0)
    index: list[dict[str, list[int]]] = [defaultdict(list) for _ in range(levels)]
    for row, columns in table.items():
        for level, texts in enumerate(columns):
            for text in {folded(text) for text in texts} - {""}:
                index[level][text].append(row)
    rows: dict[str, tuple[int, ...]] = {}
    unmatched: dict[str, str] = {}
    for student, own in names.items():
        hits = next((found for level in index if (found := _found(level, own))), ())
        if not hits:
            unmatched[student] = "no row fits"
        elif len(hits) > 1 and not _one_person(hits, table):
            unmatched[student] = f"several rows fit: {_listed(hits)}"
        else:
            rows[student] = hits
    for student, other in _rivals(rows):
        unmatched[student] = f"the row of {other!r} fits, too"
    return Matches({s: r for s, r in rows.items() if s not in unmatched}, unmatched)


def _found(level: Mapping[str, list[int]], own: set[str]) -> tuple[int, ...]:
    return tuple(sorted({row for name in own for row in level.get(name, ())}))


def _one_person(hits: Sequence[int], table: Mapping[int, Sequence[Sequence[str]]]) -> bool:
    ids = {tuple(table[row][0]) for row in hits}
    return len(ids) == 1 and any(text.strip() for text in ids.pop())


def _rivals(rows: Mapping[str, tuple[int, ...]]) -> list[tuple[str, str]]:
    owners: dict[int, list[str]] = defaultdict(list)
    for student, hits in rows.items():
        for row in hits:
            owners[row].append(student)
    return [
        (student, next(other for other in several if other != student))
        for several in owners.values()
        if len(several) > 1
        for student in several
    ]


def _listed(rows: Sequence[int]) -> str:
    return ", ".join(str(row + 1) for row in rows)
