"""Moodle: grades with feedback, in the instructor's own export or as a file of their own."""

import csv
import html
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from grader.errors import UsageError
from grader.reports.exports.grades import Wish, differ, factor, number, written
from grader.reports.exports.matching import Names, matched
from grader.reports.exports.sheet import Filled, Sheet
from grader.reports.files import harmless
from grader.reports.frames import told
from grader.roster import Contact, folded, in_both_orders, participant

ID, EMAIL = "ID number", "Email address"
# Surest first; Moodle's English heads.
IDENTIFIERS = (ID, "Username", EMAIL, "Identifier")
GRADE, FEEDBACK, MOST = "Grade", "Feedback comments", "Maximum Grade"
_REAL, _FEEDBACK = " (Real)", " (Feedback)"
_OTHER = (_FEEDBACK, " (Percentage)", " (Letter)")


@dataclass(frozen=True)
class MoodleWish(Wish):
    """What is to be written where, in a table whose heads may be in any language.

    feedback: the head of the feedback's column. by: the head of the column that students are
    found by.
    """

    feedback: str | None = None
    by: str | None = None


def fill_moodle(sheet: Sheet, scores: pd.DataFrame, names: Names, wish: MoodleWish) -> Filled:
    """The instructor's file with grade and feedback filled, every other byte as it was.

    Where there is nothing to say of a notebook, the instructor's own feedback stays. Reads the
    offline grading worksheet of an assignment, and a grade export as plain text. Raises
    UsageError where the columns can't be told.
    """
    grade, feedback = _columns(sheet, wish)
    header = sheet.header
    head = wish.titles[0] if wish.new else header[grade]
    most = float(scores["max_score"].max())
    found = matched(names, _people(sheet, wish.by))
    values: dict[tuple[int, int], str] = {}
    kept: dict[str, str] = {}
    filled, changed = set(), set()
    for row in scores.to_dict("records"):
        student = str(row["student"])
        if row["status"] == "missing" and not wish.zero_missing and student in found.rows:
            kept[student] = "nothing handed in"
            continue
        for line in found.rows.get(student, ()):
            theirs = number(sheet.value(line, header.index(MOST))) if MOST in header else None
            times = factor(most, theirs, wish.scale, head)
            score = written(row["score"] * times, decimal_comma=sheet.decimal_comma)
            if differ(sheet.value(line, grade), score):
                changed.add(student)
            filled.add(student)
            values[line, grade] = score
            if told(row["message"]) or wish.new:
                values[line, feedback] = as_html(told(row["message"]))
    for column, said in ((grade, head), (feedback, head.removesuffix(_REAL) + _FEEDBACK)):
        if column >= len(header):
            values[0, column] = said
    return Filled(sheet.filled(values), len(filled), sorted(changed), kept, found.unmatched)


def new_moodle(scores: pd.DataFrame, people: Mapping[str, Contact], wish: Wish) -> Filled:
    """A file of its own: id number and e-mail address, grade, and feedback.

    people: by student, the id number and the e-mail address; one of them is enough.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    title = harmless(wish.column or wish.titles[0])
    writer.writerow([ID, EMAIL, title, title + _FEEDBACK])
    kept: dict[str, str] = {}
    unmatched: dict[str, str] = {}
    filled = 0
    for row in scores.to_dict("records"):
        student = str(row["student"])
        person = people[student]
        if not (person.id_number or person.email):
            unmatched[student] = "the roster has no id and no email"
        elif row["status"] == "missing" and not wish.zero_missing:
            kept[student] = "nothing handed in"
        else:
            said = as_html(told(row["message"]))
            cells = [person.id_number, person.email, written(row["score"]), said]
            writer.writerow([harmless(cell) for cell in cells])
            filled += 1
    return Filled(text.getvalue().encode(), filled, (), kept, unmatched)


def as_html(message: str) -> str:
    """A message as Moodle shows it: it takes feedback for HTML."""
    return html.escape(message, quote=False).replace("\n", "<br>")


def _columns(sheet: Sheet, wish: MoodleWish) -> tuple[int, int]:
    """The columns of grade and feedback; a new one is the next after the last."""
    header = sheet.header
    end = len(header)
    if wish.new:
        return end, end + 1
    grade = _grade_column(header, wish)
    if wish.feedback is not None:
        if wish.feedback not in header:
            raise UsageError(f"no column {wish.feedback!r}; there are: {_list(header)}")
        return grade, header.index(wish.feedback)
    beside = header[grade].removesuffix(_REAL) + _FEEDBACK
    feedback = FEEDBACK if header[grade] == GRADE else beside
    return grade, header.index(feedback) if feedback in header else end


def _grade_column(header: list[str], wish: Wish) -> int:
    if wish.column is None and GRADE in header and FEEDBACK in header:
        return header.index(GRADE)
    wanted = [folded(title) for title in ([wish.column] if wish.column else wish.titles)]
    fitting = [c for c, head in enumerate(header) if set(_spellings(head)) & set(wanted)]
    if len(fitting) == 1:
        return fitting[0]
    why = "several columns fit" if fitting else f"no column for {wish.column or wish.titles[0]!r}"
    raise UsageError(
        f"{why} (there are: {_list(header)}): give the grade's with --column, or --new to add one"
    )


def _spellings(head: str) -> tuple[str, ...]:
    """A head as it is, and without the kind of thing and of grade that Moodle adds."""
    if head.endswith(_OTHER):
        return (folded(head),)
    bare = head.removesuffix(_REAL)
    return folded(head), folded(bare), folded(bare.partition(":")[2])


def _list(header: list[str]) -> str:
    return ", ".join(repr(head) for head in header)


def _people(sheet: Sheet, by: str | None) -> dict[int, list[Sequence[str]]]:
    """By row, what it says of a student: ids, e-mail, then the full name."""
    header = sheet.header
    wanted = IDENTIFIERS if by is None else (by,)
    columns = [header.index(head) for head in wanted if head in header]
    names = [] if by else _name_columns(header)
    if not columns and not names:
        raise UsageError(f"no column to find students by ({_list(header)}): name it with --by HEAD")
    people: dict[int, list[Sequence[str]]] = {}
    for row in range(1, len(sheet.rows)):
        ids = [_identities(sheet.value(row, column)) for column in columns]
        full = [" ".join(sheet.value(row, column) for column in several) for several in names]
        people[row] = [*ids, [form for name in full for form in in_both_orders(name)]]
    return people


def _name_columns(header: list[str]) -> list[tuple[int, ...]]:
    ways = (("Full name",), ("First name", "Last name"), ("First name", "Surname"))
    return [
        tuple(header.index(head) for head in way) for way in ways if all(h in header for h in way)
    ]


def _identities(text: str) -> list[str]:
    """An identity as it is, and the number of `Participant 12`."""
    return [text, *participant(text)]
