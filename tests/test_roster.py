"""Rosters, told by their headers; what can't be read is named by file and line."""

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from grader.errors import SubmissionsError
from grader.roster import Contact, Roster, read_roster


def roster(place: Path, text: str, encoding: str = "utf-8") -> Roster:
    file = place / "roster.csv"
    file.write_bytes(text.encode(encoding))
    return read_roster(file, timezone(timedelta(hours=1)))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("student\nada\n\nbob\n", ("ada", "bob")),
        ("\ufeffstudent;email\nada;a@x\n", ("ada",)),
        ("\n\nstudent\nada\n", ("ada",)),
        ('Student,ID,SIS Login ID,Section,A (1)\n    Points Possible,,,,5\n"Doe, J.",1,j,s,4\n',
         ("Doe, J.",)),
        ("Student;ID;SIS User ID;Section\nJane Doe;1;;s\nStudent, Test;9;;s\n", ("Jane Doe",)),
        ("LastName,FirstName,ID,Section\nDoe,Jane,1,s\n", ("Doe, Jane",)),
        ("First name,Surname,Email address\nJane,Doe,j@x\nZoë,,z@x\n", ("Jane Doe", "Zoë")),
        ("First name,Last name,ID number\n Jane , van  Doe ,7\n", ("Jane van Doe",)),
        ("Identifier,Full name,Status\nParticipant 5,Jane Doe,-\n", ("Jane Doe",)),
        ("Identifier,Status,Grade\nParticipant 5,-,-\n", ("Participant 5",)),
        ("identifier,github_username,github_id,name\nAda,ada-l,1,\n", ("Ada",)),
    ],
)  # fmt: skip
def test_kinds_are_told_by_their_headers(
    tmp_path: Path, text: str, expected: tuple[str, ...]
) -> None:
    assert roster(tmp_path, text).students == expected


def test_spreadsheets_write_utf_16_too(tmp_path: Path) -> None:
    assert roster(tmp_path, "student\tsid\nZoë\t7\n", "utf-16").students == ("Zoë",)


@pytest.mark.parametrize(
    ("text", "encoding", "said"),
    [
        ("name\nada\n", "utf-8", "line 1: no column `student`: the header is `name`"),
        ("", "utf-8", "the file is empty"),
        ("student\nada\nZoë\n", "cp1252", "line 3: not UTF-8: save it as CSV UTF-8"),
        ("student,email\nada,a@x\nDoe, Jane,j@x\n", "utf-8", "line 3: 3 cells under 2 columns"),
        ('student\n"ada\n', "utf-8", "line 2: no CSV"),
        ("student,submitted_at\nada,31.1.2026\n", "utf-8", "line 2: submitted_at is '31.1.2026'"),
        ('student,submitted_at\n"a\nb",\nbob,x\n', "utf-8", "line 4: submitted_at is 'x'"),
    ],
)
def test_what_is_wrong_is_named_by_line(
    tmp_path: Path, text: str, encoding: str, said: str
) -> None:
    with pytest.raises(SubmissionsError, match=r"roster\.csv") as raised:
        roster(tmp_path, text, encoding)
    assert said in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SubmissionsError, match="can be read"):
        read_roster(tmp_path / "roster.csv")


def test_who_is_known_by_what(tmp_path: Path) -> None:
    known = roster(
        tmp_path,
        "Student,ID,SIS User ID,SIS Login ID,Section\n"
        '"Doe, Jane",1,s1,jane@x,a\n"Doe, John",2,s2,john@x,a\n"Lee, Min",3,,,a\n'
        '"Lee, Min",4,,,a\n',
    )
    for text in ("canvas:1", "S1", "JANE@x", "Jane Doe", "doe, jane", "canvasname:doejane"):
        assert known.find(text) == "Doe, Jane", text
    assert known.find("canvas:4") == "Lee, Min (4)"
    for nobody in ("Lee, Min", "Min Lee", "canvasname:leemin", "moodle:1", "5", ""):
        assert known.find(nobody) == "", nobody


@pytest.mark.parametrize(
    ("text", "contact"),
    [
        ("student,id,email\nJane Doe,7,j@x\n", Contact("7", "j@x")),
        ("student,id,sid\nJane Doe,7,s8\n", Contact("s8")),
        ("First name,Last name,ID number,Email address\nJane,Doe,9,j@x\n", Contact("9", "j@x")),
        ("Student,ID,SIS User ID,Section\nJane Doe,1,s1,a\n", Contact("s1")),
        ("identifier,github_username\nJane Doe,jd\n", Contact()),
    ],
)
def test_how_a_student_is_reached(tmp_path: Path, text: str, contact: Contact) -> None:
    assert roster(tmp_path, text).contacts == {"Jane Doe": contact}


def test_times_without_a_zone_are_in_the_deadlines(tmp_path: Path) -> None:
    plain = roster(
        tmp_path, "student,submitted_at\nada,2026-01-31T10:00\nbob,2026-01-31T10:00Z\neve,\n"
    )
    assert plain.submitted_at == {
        "ada": datetime(2026, 1, 31, 9, tzinfo=UTC),
        "bob": datetime(2026, 1, 31, 10, tzinfo=UTC),
    }
    worksheet = roster(
        tmp_path,
        "Identifier,Full name,Last modified (submission)\n"
        'Participant 1,Ada,"Wednesday, 10 June 2026, 2:14 PM"\n'
        'Participant 2,Bob,"Wednesday, September 23, 2020, 9:00 PM"\n'
        "Participant 3,Eve,-\n",
    )
    assert worksheet.submitted_at == {
        "Ada": datetime(2026, 6, 10, 13, 14, tzinfo=UTC),
        "Bob": datetime(2020, 9, 23, 20, 0, tzinfo=UTC),
    }
