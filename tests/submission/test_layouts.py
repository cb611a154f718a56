"""Submissions as platforms hand them over: each layout recognised, each student named rightly."""

import json
import shutil
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from grader.roster import read_roster
from grader.submission import Submission, find_submissions
from tests.notebooks import notebook, write

METADATA = """\
submission_11:
  :submitters:
  - :name: Zoë Müller
    :sid: '900'
    :email: zoe@example.edu
  :created_at: 2026-01-31 22:30:00.123456000 Z
  :score: 3.0
submission_12:
  :submitters:
  - :name: Pair One
    :sid: '901'
    :email: one@example.edu
  - :name: "Pair 'Two'"
    :sid: '902'
    :email: two@example.edu
  :created_at: !ruby/object:ActiveSupport::TimeWithZone
    utc: 2026-02-01 08:00:00 Z
"""


def found(place: Path, named: str = "backprop", roster: str = "") -> dict[str, Submission]:
    known = None
    if roster:
        file = place.parent / "the-roster.csv"
        file.write_text(roster, encoding="utf-8")
        known = read_roster(file)
    return {s.student: s for s in find_submissions(place, named, known)}


def made(place: Path, *paths: str) -> Path:
    for path in paths:
        if path.endswith(".ipynb"):
            write(place / path, "x = 1")
        else:
            (place / path).parent.mkdir(parents=True, exist_ok=True)
            (place / path).write_text("something")
    return place


def zipped(place: Path) -> Path:
    return Path(shutil.make_archive(str(place), "zip", place))


CANVAS = (
    "doejane_101_5001_backprop.ipynb",
    "obriensean_LATE_102_5002_backprop-1.ipynb",
    "müllerzoë_103_5003_my work.ipynb",
    "doejohn_104_text.html",
)
CANVAS_ROSTER = """\
Student,ID,SIS User ID,SIS Login ID,Section,backprop (77)
,,,,,Manual Posting
    Points Possible,,,,,100
"Doe, Jane",101,s1,jane,A,
"O'Brien, Seán",102,s2,sean,A,
"Müller, Zoë",103,s3,zoe,A,
"Doe, John",104,s4,john,A,
"Nobody, Nina",105,s5,nina,A,
"Student, Test",999,,,A,
"""


@pytest.mark.parametrize("pack", [lambda place: place, zipped], ids=["folder", "zip"])
def test_canvas(tmp_path: Path, pack: object) -> None:
    place = pack(made(tmp_path / "submissions", *CANVAS))  # type: ignore[operator]
    bare = found(place)
    assert set(bare) == {"doejane", "obriensean", "müllerzoë", "doejohn"}
    assert [s.student for s in bare.values() if s.late] == ["obriensean"]
    assert all(s.submitted_at is None for s in bare.values())
    joined = found(place, roster=CANVAS_ROSTER)
    assert set(joined) == {"Doe, Jane", "Doe, John", "Müller, Zoë", "Nobody, Nina", "O'Brien, Seán"}
    assert joined["O'Brien, Seán"].late
    assert "only doejohn_104_text.html" in joined["Doe, John"].problem
    assert joined["Nobody, Nina"].file is None and not joined["Nobody, Nina"].problem
    assert json.loads(joined["Müller, Zoë"].read())["nbformat"] == 4


def test_canvas_anonymous(tmp_path: Path) -> None:
    place = made(tmp_path / "s", "anon_aB1x2_501_hw.ipynb", "LATE_anon_zz9Q8_502_hw.ipynb")
    assert {name: s.late for name, s in found(place).items()} == {
        "anon_aB1x2": False,
        "anon_zz9Q8": True,
    }


def test_two_of_one_name_in_canvas_are_told_apart_by_their_numbers(tmp_path: Path) -> None:
    place = made(
        tmp_path / "s", "leemin_7_101_a.ipynb", "leemin_8_102_a.ipynb", "leemina_9_103_a.ipynb"
    )
    assert set(found(place)) == {"leemin (7)", "leemin (8)", "leemina"}
    roster = 'Student,ID,SIS Login ID,Section\n"Lee, Min",7,a,1\n"Lee, Min",8,b,1\n'
    assert set(found(place, roster=roster)) == {"Lee, Min (7)", "Lee, Min (8)", "leemina"}


def test_a_plain_roster_knows_who_canvas_means(tmp_path: Path) -> None:
    place = made(tmp_path / "s", *CANVAS)
    roster = "student\nJane Doe\nSeán O'Brien\nZoë Müller\n"
    assert set(found(place, roster=roster)) == {
        "Jane Doe", "obriensean", "Zoë Müller", "doejohn", "Seán O'Brien",
    }  # fmt: skip


@pytest.mark.parametrize("pack", [lambda place: place, zipped], ids=["folder", "zip"])
def test_moodle(tmp_path: Path, pack: object) -> None:
    place = pack(  # type: ignore[operator]
        made(
            tmp_path / "CS101-backprop-77",
            "Zoë O'Neil-Müller_1234567_assignsubmission_file_/backprop.ipynb",
            "Zoë O'Neil-Müller_1234567_assignsubmission_onlinetext_/onlinetext.html",
            "Ann Lee_1234568_assignsubmission_file_/week/backprop.ipynb",
            "Ann Lee_1234569_assignsubmission_file_/backprop.ipynb",
            "Bo_1234570_assignsubmission_onlinetext_/onlinetext.html",
            "Old Style_1234571_assignsubmission_file_backprop.ipynb",
        )
    )
    seen = found(place)
    assert set(seen) == {
        "Zoë O'Neil-Müller", "Ann Lee (1234568)", "Ann Lee (1234569)", "Bo", "Old Style",
    }  # fmt: skip
    assert seen["Bo"].problem.startswith("there is no notebook")
    assert seen["Zoë O'Neil-Müller"].problem == ""
    roster = (
        "\ufeffIdentifier,Full name,Email address,Status,Grade,Last modified (submission)\n"
        'Participant 1234567,Zoë,z@x.edu,Submitted,,"Saturday, 31 January 2026, 11:59 PM"\n'
        "Participant 1234568,Ann Lee,a@x.edu,Submitted,,-\n"
        "Participant 1234569,Ann Lee,b@x.edu,Submitted,,Samstag\n"
    )
    joined = found(place, roster=roster)
    assert set(joined) == {"Zoë", "Ann Lee (1234568)", "Ann Lee (1234569)", "Bo", "Old Style"}
    assert joined["Zoë"].submitted_at == datetime(2026, 1, 31, 23, 59, tzinfo=UTC)
    assert joined["Zoë"].certain


@pytest.mark.parametrize("pack", [lambda place: place, zipped], ids=["folder", "zip"])
def test_gradescope(tmp_path: Path, pack: object) -> None:
    outer = tmp_path / "download"
    export = made(
        outer / "assignment_4_export",
        "submission_11/backprop.ipynb",
        "submission_12/nested/backprop.ipynb",
        "submission_13/backprop.ipynb",
        "submission_11/__MACOSX/._backprop.ipynb",
    )
    (export / "submission_metadata.yml").write_text(METADATA, encoding="utf-8")
    seen = found(pack(outer))  # type: ignore[operator]
    assert set(seen) == {"Zoë Müller", "Pair One", "Pair 'Two'", "submission_13"}
    assert seen["Zoë Müller"].submitted_at == datetime(2026, 1, 31, 22, 30, tzinfo=UTC)
    assert seen["Pair One"].submitted_at == datetime(2026, 2, 1, 8, tzinfo=UTC)
    assert seen["Pair One"].path == seen["Pair 'Two'"].path
    assert json.loads(seen["Pair One"].read())["nbformat"] == 4
    joined = found(pack(outer), roster="student,email\nZ. Müller,ZOE@example.edu\n")  # type: ignore[operator]
    assert "Z. Müller" in joined and "Zoë Müller" not in joined


@pytest.mark.parametrize(
    "text", ["- 1", ":a: !!python/object/apply:os.system ['false']", "a: &a [*a]", "{" * 5000, "\0"]
)
def test_gradescope_metadata_from_a_stranger_is_harmless(tmp_path: Path, text: str) -> None:
    export = made(
        tmp_path / "assignment_4_export", "submission_11/a.ipynb", "submission_12/b.ipynb"
    )
    (export / "submission_metadata.yml").write_text(text, encoding="utf-8")
    assert set(found(export)) == {"submission_11", "submission_12"}


def test_nbgrader(tmp_path: Path) -> None:
    course = made(
        tmp_path / "course",
        "submitted/ada/backprop/backprop.ipynb",
        "submitted/ada/ps0/ps0.ipynb",
        "submitted/bob/backprop/Untitled.ipynb",
        "submitted/eve/backprop/readme.txt",
        "source/backprop/backprop.ipynb",
        "release/backprop/backprop.ipynb",
        "autograded/ada/backprop/backprop.ipynb",
    )
    note = course / "submitted" / "ada" / "backprop" / "timestamp.txt"
    note.write_text("2026-01-31 15:58:23.948203 America/Los_Angeles")
    for place in (course, course / "submitted", zipped(course)):
        seen = found(place)
        assert set(seen) == {"ada", "bob", "eve"}, place
        assert seen["ada"].path.endswith("ada/backprop/backprop.ipynb")
        assert seen["ada"].submitted_at == datetime(2026, 1, 31, 23, 58, 23, tzinfo=UTC)
        assert seen["bob"].submitted_at is None
        assert "only readme.txt" in seen["eve"].problem


def test_nbgraders_times_tell_its_layout_too(tmp_path: Path) -> None:
    place = made(tmp_path / "collected", "ada/backprop/x.ipynb", "bob/backprop/y.ipynb")
    (place / "ada" / "backprop" / "timestamp.txt").write_text("2026-01-31 12:00:00 UTC\n")
    seen = found(place)
    assert seen["ada"].submitted_at == datetime(2026, 1, 31, 12, tzinfo=UTC)
    assert set(seen) == {"ada", "bob"}


def test_github_classroom(tmp_path: Path) -> None:
    place = made(
        tmp_path / "layer-1-submissions",
        "layer-1-octo-cat/src/backprop.ipynb",
        "layer-1-octo-cat/src/.ipynb_checkpoints/backprop-checkpoint.ipynb",
        "layer-1-octo-cat/.git/config",
        "layer-1-hubot/README.md",
    )
    assert set(found(place)) == {"octo-cat", "hubot"}
    roster = '"identifier","github_username","github_id","name"\n"Ada L.","Octo-Cat","1",""\n'
    seen = found(place, roster=roster)
    assert set(seen) == {"Ada L.", "hubot"}
    assert seen["Ada L."].submitted_at is None


def test_clones_are_known_by_git_or_by_the_assignments_name(tmp_path: Path) -> None:
    clones = made(tmp_path / "a", "hw-1-ada/x.ipynb", "hw-1-bob/x.ipynb")
    assert set(found(clones)) == {"hw-1-ada", "hw-1-bob"}
    made(clones, "hw-1-ada/.git/config", "hw-1-bob/.git/config")
    assert set(found(clones)) == {"ada", "bob"}
    assert set(found(made(tmp_path / "b", "backprop-ada/x.ipynb"))) == {"ada"}


def test_numbers_in_a_plain_name_are_no_canvas(tmp_path: Path) -> None:
    place = made(tmp_path / "s", "2026_12_310_bob.ipynb", "hw_3_4_ada.ipynb", "week_1.ipynb")
    assert set(found(place)) == {"2026_12_310_bob", "hw_3_4_ada", "week_1"}


def test_endings_that_browsers_make_are_notebooks_too(tmp_path: Path) -> None:
    place = made(tmp_path / "s", "ada.ipynb", "dan/notes.txt")
    for name in ("bob.IPYNB", "cleo.ipynb.txt", "dan/backprop.ipynb.json"):
        shutil.copy(place / "ada.ipynb", place / name)
    seen = found(place)
    assert set(seen) == {"ada", "bob", "cleo", "dan"}
    assert not any(s.problem for s in seen.values())


def test_layouts_may_be_mixed(tmp_path: Path) -> None:
    place = made(
        tmp_path / "all",
        *CANVAS[:2],
        "Ann Lee_1234568_assignsubmission_file_/backprop.ipynb",
        "plain.ipynb",
        "own folder/any name.ipynb",
        "notes.txt",
        ".DS_Store",
        "__MACOSX/._plain.ipynb",
    )
    assert set(found(place)) == {"doejane", "obriensean", "Ann Lee", "plain", "own folder"}


@pytest.mark.parametrize(
    "inner",
    [
        "Ada_1_assignsubmission_file_/x.ipynb",
        "submitted/Ada/backprop/x.ipynb",
        "Ada/backprop/x.ipynb",
        "backprop-Ada/x.ipynb",
        "ada_12_345_x.ipynb",
        "assignment_1_export/submission_1/x.ipynb",
        "submission_11/x.ipynb",
    ],
)
def test_nobody_hands_in_for_another(tmp_path: Path, inner: str) -> None:
    place = made(tmp_path / "s", "Ada.ipynb", f"eve/{inner}")
    (place / "eve" / "submission_metadata.yml").write_text(METADATA, encoding="utf-8")
    for folder in (place / "eve").rglob("*/"):
        (folder / "timestamp.txt").write_text("2020-01-01 00:00:00 UTC")
    seen = found(place)
    assert set(seen) == {"Ada", "eve"}
    assert seen["Ada"].path == "Ada.ipynb"


@pytest.mark.parametrize(
    ("names", "meant"),
    [
        (("backprop.ipynb", "Untitled.ipynb"), "ada/backprop.ipynb"),
        (("backprop-2.ipynb", "Untitled.ipynb"), "ada/backprop-2.ipynb"),
        (("backprop (1).ipynb", "deep/er/notes.ipynb"), "ada/backprop (1).ipynb"),
        (("backprop.ipynb", "backprop-1.ipynb"), "ada/backprop.ipynb"),
        (("old/backprop.ipynb", "new/backprop.ipynb"), ""),
        (("a.ipynb", "b.ipynb"), ""),
    ],
)
def test_of_several_notebooks_the_released_name_wins(
    tmp_path: Path, names: tuple[str, ...], meant: str
) -> None:
    place = made(tmp_path / "s", *(f"ada/{name}" for name in names), "bob.ipynb")
    ada = found(place)["ada"]
    if meant:
        assert (ada.path, ada.problem) == (meant, "")
    else:
        assert ada.problem.startswith("2 notebooks were handed in (ada/")
        assert ada.problem.endswith("keep the one to be graded, or name it backprop.ipynb")


def test_of_several_in_canvas_the_released_name_wins(tmp_path: Path) -> None:
    place = made(tmp_path / "s", "doejane_1_222_draft.ipynb", "doejane_1_333_backprop-1.ipynb")
    assert found(place)["doejane"].path == "doejane_1_333_backprop-1.ipynb"


def test_a_link_to_another_students_work_is_refused(tmp_path: Path) -> None:
    place = made(tmp_path / "s", "ada/x.ipynb", "eve/notes.txt")
    (place / "eve" / "mine.ipynb").symlink_to(place / "ada" / "x.ipynb")
    (place / "mal").symlink_to(place / "ada")
    seen = found(place)
    assert "eve/mine.ipynb is a link that leads to another place" in seen["eve"].problem
    assert "mal is a link that leads to another place" in seen["mal"].problem


def test_a_zip_that_climbs_out_is_only_listed(tmp_path: Path) -> None:
    file = tmp_path / "class.zip"
    with zipfile.ZipFile(file, "w") as archive:
        for name in ("ada/../../eve.ipynb", "..\\..\\mal.ipynb", "bob/x.ipynb", "C:/win.ipynb"):
            archive.writestr(name, json.dumps(notebook("1")))
    assert set(found(file)) == {"eve", "mal", "bob", "win"}
    assert list(tmp_path.iterdir()) == [file]
