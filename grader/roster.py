"""Reads the roster: who is in the class, by what names platforms know them, when they handed in."""

import csv
import io
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from pathlib import Path

from grader.errors import SubmissionsError

NAME = "roster.csv"
KINDS = (
    "a column `student`, a Canvas gradebook (Student, ID, …, Section), Moodle's participants or"
    " grades (First name, Last name) or grading worksheet (Identifier, Full name), or GitHub"
    " Classroom's roster (identifier, github_username)"
)
PLATFORM_IDS = {"canvas_id": "canvas", "moodle_id": "moodle", "github_username": "github"}
BARE_IDS = (
    "sis user id", "sis login id", "integration id", "email", "email address", "id number",
    "username", "login", "sid", "student id",
)  # fmt: skip
MOODLE_TIMES = ("%A, %d %B %Y, %I:%M %p", "%A, %B %d, %Y, %I:%M %p", "%A, %d %B %Y, %H:%M")


@dataclass(frozen=True)
class Roster:
    """Students by name, and the times at which they handed in, where the roster gives them.

    aliases: what else a student is known by, such as `canvas:1234`, an address, a login; the
    name that it stands for.
    """

    students: tuple[str, ...]
    submitted_at: dict[str, datetime]
    aliases: Mapping[str, str] = field(default_factory=dict)

    def find(self, text: str) -> str:
        """The student who is known by this, "" where nobody or more than one is."""
        return self.aliases.get(_key(text), "")


@dataclass(frozen=True)
class _Row:
    """One student of the file, and the line that says so."""

    line: int
    name: str
    cells: Mapping[str, str]
    ids: tuple[str, ...]


def read_roster(file: Path, zone: tzinfo = UTC) -> Roster:
    """A CSV of one of KINDS, told by its header; times that name no zone are in `zone`.

    Raises SubmissionsError naming the file, the line and the mend.
    """
    rows = list(_rows(file))
    times: dict[str, datetime] = {}
    aliases: dict[str, set[str]] = defaultdict(set)
    students = _told_apart(rows)
    for student, row in zip(students, rows, strict=True):
        when = _time(file, row, zone)
        if when:
            times[student] = when
        for alias in (*row.ids, *_spellings(row.name)):
            aliases[_key(alias)].add(student)
    aliases.update({_key(student): {student} for student in students})
    # What two students could be meant by is nobody's alias.
    known = {alias: next(iter(meant)) for alias, meant in aliases.items() if len(meant) == 1}
    return Roster(tuple(dict.fromkeys(students)), times, known)


def _told_apart(rows: list[_Row]) -> list[str]:
    """The students' names, with a number behind where two have the same."""
    people = {(row.name, row.ids) for row in rows}
    several = Counter(name for name, _ in people)
    return [
        f"{row.name} ({row.ids[0].partition(':')[2] or row.ids[0]})"
        if several[row.name] > 1 and row.ids
        else row.name
        for row in rows
    ]


def _rows(file: Path) -> Iterator[_Row]:
    text = _text(file)
    if not text.strip():
        raise SubmissionsError(f"{file}: the file is empty: a roster is {KINDS}")
    head = text.lstrip().partition("\n")[0]
    delimiter = max(",;\t", key=head.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        header = [cell.strip() for cell in next(filter(any, reader))]
        names = [cell.casefold() for cell in header]
        kind = _kind(names)
        if not kind:
            shown = ", ".join(header[:8])[:200]
            raise SubmissionsError(
                f"{file}, line {reader.line_num}: no column `student`: the header is `{shown}`;"
                f" a roster is {KINDS}"
            )
        for cells in reader:
            if any(cell.strip() for cell in cells[len(header) :]):
                raise SubmissionsError(
                    f"{file}, line {reader.line_num}: {len(cells)} cells under {len(header)}"
                    f' columns: put a name that has a comma in it into quotes: "Doe, Jane"'
                )
            row = dict(zip(names, (cell.strip() for cell in cells), strict=False))
            name = " ".join(_name(kind, row).split())
            if name:
                yield _Row(reader.line_num, name, row, tuple(_ids(kind, row)))
    except csv.Error as error:
        raise SubmissionsError(f"{file}, line {reader.line_num}: no CSV ({error})") from None


def _text(file: Path) -> str:
    try:
        data = file.read_bytes()
    except OSError as error:
        raise SubmissionsError(
            f"{file}: not a CSV that can be read ({error.strerror or error})"
        ) from None
    utf16 = data[:2] in (b"\xff\xfe", b"\xfe\xff")
    try:
        return data.decode("utf-16" if utf16 else "utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise SubmissionsError(
            f"{file}, line {line}: not UTF-8: save it as CSV UTF-8 in your spreadsheet"
        ) from None


def _kind(names: list[str]) -> str:
    """Which of KINDS a header is, "" where it is none."""
    there = set(names)
    if {"id", "section"} <= there and ("student" in there or {"lastname", "firstname"} <= there):
        return "canvas"
    if "student" in there:
        return "plain"
    if {"identifier", "github_username"} <= there:
        return "github"
    if "identifier" in there and there & {"full name", "status", "grade"}:
        return "worksheet"
    if "first name" in there and there & {"last name", "surname"}:
        return "moodle"
    return ""


def _name(kind: str, row: Mapping[str, str]) -> str:
    """The student's name, "" in a row that is nobody's."""
    if kind == "plain":
        return row.get("student", "")
    if kind == "github":
        return row.get("identifier", "")
    if kind == "worksheet":
        return row.get("full name") or row.get("identifier", "")
    if kind == "moodle":
        return f"{row.get('first name', '')} {row.get('last name') or row.get('surname', '')}"
    name = row.get("student", "")
    if "student" not in row:
        name = ", ".join(part for part in (row["lastname"], row.get("firstname", "")) if part)
    # Beside the students, Canvas exports rows about the columns, and one who is a test.
    nobody = "points possible" in name.casefold() or name in ("Student, Test", "Test Student")
    return "" if nobody or not row.get("id", "").isdigit() else name


def _ids(kind: str, row: Mapping[str, str]) -> Iterator[str]:
    if kind == "canvas":
        yield f"canvas:{row['id']}"
    if kind == "worksheet" and (number := re.search(r"\d+$", row.get("identifier", ""))):
        yield f"moodle:{number.group()}"
    if kind == "plain" and row.get("id"):
        yield from (f"canvas:{row['id']}", f"moodle:{row['id']}", row["id"])
    for column, platform in PLATFORM_IDS.items():
        if row.get(column):
            yield f"{platform}:{row[column]}"
    for column in BARE_IDS:
        if row.get(column):
            yield row[column]


def _spellings(name: str) -> Iterator[str]:
    """Other forms of a name: `Doe, Jane` is Jane Doe, and in Canvas's file names doejane."""
    last, comma, first = name.partition(",")
    if not comma:
        *firsts, last = name.split()
        first = " ".join(firsts)
    last, first = last.strip(), first.strip()
    yield f"{first} {last}".strip()
    if first and last:
        yield f"{last}, {first}"
    squashed = re.sub(r"\W", "", last + first)
    yield f"canvasname:{squashed}"


def _time(file: Path, row: _Row, zone: tzinfo) -> datetime | None:
    """When the roster says that something was handed in."""
    text = row.cells.get("submitted_at", "")
    if text:
        try:
            when = datetime.fromisoformat(text)
        except ValueError:
            raise SubmissionsError(
                f"{file}, line {row.line}: submitted_at is {text!r}: write it as 2026-01-31T23:59"
            ) from None
        return when if when.tzinfo else when.replace(tzinfo=zone)
    return _moodle_time(row.cells.get("last modified (submission)", ""), zone)


def _moodle_time(text: str, zone: tzinfo) -> datetime | None:
    """The time of a grading worksheet, None where it is in another language's words."""
    for form in MOODLE_TIMES:
        try:
            return datetime.strptime(text, form).replace(tzinfo=zone)
        except ValueError:
            continue
    return None


def _key(text: str) -> str:
    return unicodedata.normalize("NFC", text).casefold().strip()
