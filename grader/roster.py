"""Reads the roster: who is in the class, by what names platforms know them, when they handed in."""

import csv
import io
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from functools import cached_property
from pathlib import Path

from grader.errors import SubmissionsError

NAME = "roster.csv"
KINDS = (
    "a column `student`, a Canvas gradebook (Student, ID, …, Section), Moodle's participants or"
    " grades (First name, Last name) or grading worksheet (Identifier, Full name), or GitHub"
    " Classroom's roster (identifier, github_username)"
)
PLATFORM_IDS = {"canvas id": "canvas", "moodle id": "moodle", "github username": "github"}
ID_NUMBERS = ("id number", "student id", "sid", "sis user id", "sis id")
EMAILS = ("email address", "email")
BARE_IDS = (*ID_NUMBERS, *EMAILS, "sis login id", "integration id", "username", "login")
OTHER_NAMES = ("name", "full name")
MOODLE_TIMES = ("%A, %d %B %Y, %I:%M %p", "%A, %B %d, %Y, %I:%M %p", "%A, %d %B %Y, %H:%M")


@dataclass(frozen=True)
class Contact:
    """A student's id number at the institution and e-mail address, "" where they are not given."""

    id_number: str = ""
    email: str = ""


@dataclass(frozen=True)
class Roster:
    """Students by name, and the times at which they handed in, where the roster gives them.

    aliases: what else a student is known by, such as `canvas:1234`, an address, a login; the
    name that it stands for. contacts: by student.
    """

    students: tuple[str, ...]
    submitted_at: dict[str, datetime]
    aliases: Mapping[str, str] = field(default_factory=dict)
    contacts: Mapping[str, Contact] = field(default_factory=dict)

    def find(self, text: str) -> str:
        """The student who is known by this, "" where nobody or more than one is."""
        return self.aliases.get(folded(text), "")

    def known_as(self, student: str) -> AbstractSet[str]:
        """All that stands for this student alone, as `folded` writes it."""
        return self._known_as.get(student, frozenset())

    @cached_property
    def _known_as(self) -> Mapping[str, AbstractSet[str]]:
        known: dict[str, set[str]] = defaultdict(set)
        for alias, student in self.aliases.items():
            known[student].add(alias)
        return known


@dataclass(frozen=True)
class _Row:
    """One student of the file, and the line that says so."""

    line: int
    kind: str
    name: str
    cells: Mapping[str, str]
    ids: tuple[str, ...]


def read_roster(file: Path, zone: tzinfo = UTC) -> Roster:
    """A CSV of one of KINDS, told by its header; times that name no zone are in `zone`.

    Raises SubmissionsError naming the file, the line and the mend.
    """
    rows = list(_rows(file))
    times: dict[str, datetime] = {}
    contacts: dict[str, Contact] = {}
    aliases: dict[str, set[str]] = defaultdict(set)
    students = _told_apart(rows)
    for student, row in zip(students, rows, strict=True):
        when = _time(file, row, zone)
        if when:
            times[student] = when
        contacts.setdefault(student, _contact(row))
        for alias in (*row.ids, *_spellings(row)):
            aliases[folded(alias)].add(student)
    aliases.update({folded(student): {student} for student in students})
    # What two students could be meant by is nobody's alias.
    known = {alias: next(iter(meant)) for alias, meant in aliases.items() if len(meant) == 1}
    return Roster(tuple(dict.fromkeys(students)), times, known, contacts)


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
        names = [cell.casefold().replace("_", " ") for cell in header]
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
                yield _Row(reader.line_num, kind, name, row, tuple(_ids(kind, row)))
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
    if {"identifier", "github username"} <= there:
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
    if kind == "worksheet":
        yield from participant(row.get("identifier", ""))
    if kind == "plain" and row.get("id"):
        yield from of_any_platform(row["id"])
    for column, platform in PLATFORM_IDS.items():
        if row.get(column):
            yield f"{platform}:{row[column]}"
    for column in BARE_IDS:
        if row.get(column):
            yield row[column]


def participant(identifier: str) -> tuple[str, ...]:
    """The id in Moodle's `Participant 12`, none where a text is no such name."""
    number = re.fullmatch(r"\D+ (\d+)", identifier)
    return (f"moodle:{number[1]}",) if number else ()


def of_any_platform(number: str) -> tuple[str, ...]:
    """The ids that a number may be where nothing says whose it is."""
    return f"canvas:{number}", f"moodle:{number}", number


def in_both_orders(name: str) -> tuple[str, ...]:
    """`Jane Doe` and `Doe, Jane`, from either; a single word as it is."""
    first, last = _parts(name)
    return (f"{first} {last}", f"{last}, {first}") if first and last else (first or last,)


def folded(text: str) -> str:
    """A name as it is compared: without case, accents' spelling, and blanks to spare."""
    return " ".join(unicodedata.normalize("NFC", text).casefold().split())


def _parts(name: str) -> tuple[str, str]:
    """First and last name, of `Jane Doe` or `Doe, Jane`."""
    last, comma, first = name.partition(",")
    if not comma:
        first, _, last = name.strip().rpartition(" ")
    return first.strip(), last.strip()


def _spellings(row: _Row) -> Iterator[str]:
    """Other forms of a student's names; in Canvas's names of files Jane Doe is doejane."""
    for name in (row.name, *(row.cells.get(column, "") for column in OTHER_NAMES)):
        if name:
            first, last = _parts(name)
            squashed = re.sub(r"\W", "", last + first)
            yield from (*in_both_orders(name), f"canvasname:{squashed}")


def _contact(row: _Row) -> Contact:
    """What the row says of id number and address; a bare `id` is the number where no other is."""
    numbers = [row.cells.get(column, "") for column in ID_NUMBERS]
    if row.kind == "plain":
        numbers.append(row.cells.get("id", ""))
    emails = [row.cells.get(column, "") for column in EMAILS]
    return Contact(next(filter(None, numbers), ""), next(filter(None, emails), ""))


def _time(file: Path, row: _Row, zone: tzinfo) -> datetime | None:
    """When the roster says that something was handed in."""
    text = row.cells.get("submitted at", "")
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
