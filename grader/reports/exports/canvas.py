"""Canvas: fills one assignment's column of the gradebook that the instructor exported."""

import re
from collections.abc import Mapping, Sequence

import pandas as pd

from grader.errors import UsageError
from grader.reports.exports.grades import Wish, differ, factor, number, written
from grader.reports.exports.matching import Names, matched
from grader.reports.exports.sheet import Filled, Sheet
from grader.roster import folded, in_both_orders

NUMBER = "ID"
OTHER_IDS = ("SIS User ID", "SIS Login ID", "Integration ID")
# Canvas takes no column with one of these words for an assignment.
TOTALS = (
    "Current Score", "Current Points", "Current Grade",
    "Final Score", "Final Points", "Final Grade",
    "Override Score", "Override Grade", "Override Status",
)  # fmt: skip
_NUMBERED = re.compile(r"(.*)\s\((\d+)\)")
_NO_STUDENT = re.compile(r"\s*(Muted|Manual Posting.*)?\s*", re.IGNORECASE)


def fill_canvas(sheet: Sheet, scores: pd.DataFrame, names: Names, wish: Wish) -> Filled:
    """The instructor's file with one column filled, every other byte as it was.

    names: by what each student of `scores` may be found. Excused students ("EX") and those to
    whom the assignment is not given ("N/A") keep their cell. Raises UsageError where the file
    is no gradebook of Canvas, or the column can't be told.
    """
    section = _section(sheet)
    points = _points_row(sheet)
    column = _column(sheet, section, wish)
    head = wish.titles[0] if wish.new else sheet.header[column]
    most = float(scores["max_score"].max())
    theirs = None if wish.new or points is None else _most(sheet, points, column)
    times = factor(most, theirs, wish.scale, head)
    found = matched(names, _people(sheet, points))
    values: dict[tuple[int, int], str] = {}
    kept: dict[str, str] = {}
    filled, changed = set(), set()
    for row in scores.to_dict("records"):
        student = str(row["student"])
        for line in found.rows.get(student, ()):
            before = sheet.value(line, column) if not wish.new else ""
            reason = _reason_to_keep(before, str(row["status"]), wish.zero_missing)
            if reason:
                kept[student] = reason
                continue
            score = written(row["score"] * times, decimal_comma=sheet.decimal_comma)
            values[line, column] = score
            filled.add(student)
            if differ(before, score):
                changed.add(student)
    if wish.new:
        values[0, column] = head
        if points is not None:
            values[points, column] = written(most, decimal_comma=sheet.decimal_comma)
    return Filled(sheet.filled(values), len(filled), sorted(changed), kept, found.unmatched)


def _section(sheet: Sheet) -> int:
    """The last column about the person, before custom ones and assignments."""
    header = sheet.header
    by_name = len(header) > 3 and "Student" in header[0] and "ID" in header[1]
    by_names = header[:2] == ["LastName", "FirstName"] and "ID" in header[2:3]
    sections = [c for c, head in enumerate(header) if head == "Section"]
    if not (by_name or by_names) or not sections:
        raise UsageError(
            "line 1 is not the header of a Canvas gradebook (Student, ID, …, Section, assignments):"
            " export it in Canvas with Grades > Export"
        )
    return sections[0]


def _points_row(sheet: Sheet) -> int | None:
    rows = range(1, len(sheet.rows))
    return next((row for row in rows if "Points Possible" in sheet.value(row, 0)), None)


def _most(sheet: Sheet, points: int, column: int) -> float | None:
    said = sheet.value(points, column)
    if "read only" in said:
        raise UsageError(
            f"the column {sheet.header[column]!r} is read only in Canvas: name another"
        )
    return number(said)


def _column(sheet: Sheet, section: int, wish: Wish) -> int:
    heads = {
        column: head
        for column, head in enumerate(sheet.header)
        if column > section and head and not any(word in head for word in TOTALS)
    }
    if wish.new:
        return _new_column(sheet, heads, wish.titles[0])
    wanted = [folded(title) for title in ([wish.column] if wish.column else wish.titles)]
    for rank in range(3):
        fitting = [c for c, head in heads.items() if _spellings(head)[rank] in wanted]
        if len(fitting) == 1:
            return fitting[0]
        if fitting:
            raise UsageError(
                f"several columns fit: give --column as one of {_list(heads, fitting)}"
            )
    named = wish.column or " or ".join(dict.fromkeys(wish.titles))
    raise UsageError(
        f"no column for {named!r} (there are: {_list(heads, list(heads)) or 'none'}):"
        f" give --column, or --new to add one"
    )


def _spellings(head: str) -> tuple[str, str, str]:
    """By what a column may be named: its head, its number, its title."""
    parts = _NUMBERED.fullmatch(head)
    title, assignment = parts.groups() if parts else (head, head)
    return folded(head), assignment, folded(title)


def _list(heads: Mapping[int, str], columns: list[int]) -> str:
    return ", ".join(repr(heads[column]) for column in columns)


def _new_column(sheet: Sheet, heads: Mapping[int, str], title: str) -> int:
    if any(word in title for word in TOTALS):
        raise UsageError(f"Canvas takes {title!r} for a total: name the new column with --column")
    if any(folded(title) in _spellings(head) for head in heads.values()):
        raise UsageError(f"there is a column {title!r} already: leave out --new")
    return len(sheet.rows[0])


def _people(sheet: Sheet, points: int | None) -> dict[int, list[Sequence[str]]]:
    """By row, what it says of a student: the ids in Canvas's order, then the names."""
    header = sheet.header
    others = [header.index(head) for head in OTHER_IDS if head in header]
    people = {}
    for row in range(1, len(sheet.rows)):
        said = [sheet.value(row, column) for column in range(len(sheet.rows[row]))]
        if row == points or all(_NO_STUDENT.fullmatch(text) for text in said):
            continue
        known = sheet.value(row, header.index(NUMBER)) if NUMBER in header else ""
        people[row] = [
            [f"canvas:{known}"] if known else [],
            *([sheet.value(row, column)] for column in others),
            _names(sheet, row),
        ]
    return people


def _names(sheet: Sheet, row: int) -> Sequence[str]:
    """The full name, as displayed and as sorted; exports write either."""
    first, second = sheet.value(row, 0), sheet.value(row, 1)
    if sheet.header[0] == "LastName":
        return [f"{second} {first}", f"{first}, {second}"]
    return in_both_orders(first)


def _reason_to_keep(before: str, status: str, zero_missing: bool) -> str:
    if before.upper() == "EX":
        return "excused"
    if before.upper() == "N/A":
        return "the assignment is not given to them"
    if status == "missing" and not zero_missing:
        return "nothing handed in"
    return ""
