"""`grader export` from outside: a class is graded once, then written in every format."""

import json
import shutil
from pathlib import Path

import jsonschema
import pandas as pd
import pytest
from junitparser import JUnitXml

from tests.conftest import ROOT, grader
from tests.notebooks import IMPORTS, LINEAR, RIGHT, SIGMOID, write
from tests.test_cli import WRONG_RELU

HEAD = "Student,ID,SIS User ID,SIS Login ID,Section,backprop (12)\nPoints Possible,,,,,100\n"


@pytest.fixture(scope="module")
def school(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A graded class of three."""
    place = tmp_path_factory.mktemp("school")
    for kind in ("assignments", "solutions"):
        shutil.copytree(ROOT / kind / "backprop", place / kind / "backprop")
    write(place / "handed in" / "ada.ipynb", *RIGHT)
    write(place / "handed in" / "Zoë Müller.ipynb", IMPORTS, LINEAR, WRONG_RELU, SIGMOID)
    (place / "handed in" / "roster.csv").write_text("student,id\nada,7\nZoë Müller,8\nbob,9\n")
    done = grader("grade", "handed in", "--assignment", "backprop", "--quiet", cwd=place)
    assert done.returncode == 0, done.stderr
    return place


def test_canvas_by_ids_of_a_roster(school: Path) -> None:
    (school / "canvas.csv").write_text(HEAD + '"Lovelace, A",7,,,A,\n"Müller, Zoë",,8,,A,3\n')
    done = grader("export", "canvas", "canvas.csv", "--roster", "handed in/roster.csv", cwd=school)
    assert done.returncode == 3, done.stderr
    assert "2 students filled in, 1 of them changed" in done.stdout
    assert "changed: Zoë Müller" in done.stdout
    assert "not written: bob: no row fits" in done.stderr
    filled = pd.read_csv(school / "reports" / "backprop" / "canvas.csv")
    assert filled["backprop (12)"].tolist() == [100, 100, 80]


def test_canvas_with_everybody_in_it_is_done(school: Path) -> None:
    (school / "c.csv").write_text(HEAD + "ada,1,,,A,\nZoë Müller,2,,,A,\nbob,3,,,A,\n")
    done = grader("export", "canvas", "c.csv", "--to", "out/filled.csv", cwd=school)
    assert done.returncode == 0, done.stderr
    assert "left as it was: bob: nothing handed in" in done.stdout
    assert (school / "out" / "filled.csv").read_text("utf-8").endswith("bob,3,,,A,\n")


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("\ufeffstudent;login\r\nada;al\r\nZoë Müller;zm\r\nbob;b\r\n", "utf-8"),
        ("student\tlogin\nada\tal\nZoë Müller\tzm\nbob\tb\n", "utf-16"),
        ("First name,Last name,Username\nada,,al\nZoë,Müller,zm\nbob,,b\n", "utf-8"),
        ("Student,ID,SIS Login ID,Section\nada,1,al,A\n'Müller, Zoë',2,zm,A\nbob,3,b,A\n", "utf-8"),
        ("student,canvas_id\nada,7\nZoë Müller,8\nbob,9\n", "utf-8"),
        ("Student,ID\nada,7\nZoë Müller,8\nbob,9\n", "utf-8"),
    ],
    ids=["semicolons", "utf-16", "moodle", "canvas", "canvas_id", "header"],
)
def test_every_roster_that_grades_exports(school: Path, text: str, encoding: str) -> None:
    (school / "who.csv").write_bytes(text.replace("'", '"').encode(encoding))
    rows = '"Lovelace, A",7,,al,A,\n"M., Zoë",8,,zm,A,\n"B., Bob",9,,b,A,\n'
    (school / "named otherwise.csv").write_text(HEAD + rows)
    common = ("--roster", "who.csv", "--zero-missing", "--to", "named.csv")
    done = grader("export", "canvas", "named otherwise.csv", *common, cwd=school)
    assert done.returncode == 0, done.stderr
    assert pd.read_csv(school / "named.csv")["backprop (12)"].tolist() == [100, 100, 80, 0]


def test_a_roster_of_github_finds_who_is_called_by_the_user_name(school: Path) -> None:
    (school / "github.csv").write_text("identifier,github_username\nAda Lovelace,ada\n")
    (school / "full.csv").write_text(HEAD + '"Lovelace, Ada",7,,,A,\n')
    common = ("--roster", "github.csv", "--to", "github-filled.csv")
    done = grader("export", "canvas", "full.csv", *common, cwd=school)
    assert "1 students filled in" in done.stdout


def test_moodle_in_both_ways(school: Path) -> None:
    common = ("--roster", "handed in/roster.csv", "--to", "moodle-new.csv")
    done = grader("export", "moodle", *common, cwd=school)
    assert done.returncode == 0, done.stderr
    assert pd.read_csv(school / "moodle-new.csv")["ID number"].tolist() == [8, 7]
    (school / "m.csv").write_text("Full name,Grade,Feedback comments\nada,,\nZoë Müller,,\n")
    done = grader("export", "moodle", "m.csv", "--zero-missing", cwd=school)
    assert done.returncode == 3, done.stderr
    filled = pd.read_csv(school / "reports" / "backprop" / "moodle.csv")
    assert filled["Grade"].tolist() == [100, 80]


CANVAS = (
    "Student,ID,SIS User ID,SIS Login ID,Section,backprop (12)\nPoints Possible,,,,,100\n"
    '"Lee, Min",101,,,A,\n"Lee, Min",102,,,A,\n"Lee, Ann",103,,,A,\n'
)


@pytest.fixture
def namesakes(school: Path, tmp_path: Path) -> Path:
    """A course whose class is to be graded, with two students of one name."""
    for kind in ("assignments", "solutions"):
        (tmp_path / kind).symlink_to(school / kind)
    (tmp_path / "canvas.csv").write_text(CANVAS)
    for number in (101, 102):
        write(tmp_path / "canvas" / f"leemin_{number}_5{number}_backprop.ipynb", *RIGHT[:2])
        folder = f"Lee Min_{number}_assignsubmission_file_"
        write(tmp_path / "moodle" / folder / "backprop.ipynb", *RIGHT[:2])
    write(tmp_path / "canvas" / "leeann_103_5103_backprop.ipynb", *RIGHT[:3])
    return tmp_path


@pytest.mark.parametrize("roster", [("--roster", "canvas.csv"), ()])
def test_canvas_numbers_known_when_graded_find_the_rows(
    namesakes: Path, roster: tuple[str, ...]
) -> None:
    common = ("--assignment", "backprop", "--quiet", *roster)
    assert grader("grade", "canvas", *common, cwd=namesakes).returncode == 0
    done = grader("export", "canvas", "canvas.csv", "--to", "filled.csv", cwd=namesakes)
    assert done.returncode == 0, done.stderr
    assert pd.read_csv(namesakes / "filled.csv")["backprop (12)"].tolist() == [100, 60, 60, 80]


def test_moodle_numbers_known_when_graded_find_the_rows(namesakes: Path) -> None:
    common = ("--assignment", "backprop", "--quiet")
    assert grader("grade", "moodle", *common, cwd=namesakes).returncode == 0
    head = "Identifier,Full name,Grade,Feedback comments\n"
    rows = "Participant 101,Lee Min,,\nParticipant 102,Lee Min,,\n"
    (namesakes / "w.csv").write_text(head + rows)
    done = grader("export", "moodle", "w.csv", "--to", "filled.csv", cwd=namesakes)
    assert done.returncode == 0, done.stderr
    assert pd.read_csv(namesakes / "filled.csv")["Grade"].tolist() == [60, 60]


def test_who_is_graded_again_under_another_name_takes_the_number_along(namesakes: Path) -> None:
    common = ("--assignment", "backprop", "--quiet")
    assert grader("grade", "canvas", *common, cwd=namesakes).returncode == 0
    again = grader("grade", "canvas", *common, "--roster", "canvas.csv", cwd=namesakes)
    assert again.returncode == 0, again.stderr
    done = grader("export", "canvas", "canvas.csv", "--to", "filled.csv", cwd=namesakes)
    assert "3 students filled in" in done.stdout
    assert (done.returncode, done.stderr) == (0, "")


def test_gradescope_for_one_student(school: Path) -> None:
    done = grader("export", "gradescope", "--student", "Zoë Müller", "--leaderboard", cwd=school)
    assert done.returncode == 0, done.stderr
    said = json.loads((school / "reports" / "backprop" / "results.json").read_text("utf-8"))
    schema = json.loads((ROOT / "tests" / "data" / "gradescope.schema.json").read_text("utf-8"))
    jsonschema.validate(said, schema)
    assert (said["score"], said["leaderboard"][0]["value"]) == (80, 32)


def test_junit_for_the_class(school: Path) -> None:
    done = grader("export", "junit", "--to", "class.xml", cwd=school)
    assert done.returncode == 0, done.stderr
    assert [suite.name for suite in JUnitXml.fromfile(str(school / "class.xml"))] == [
        "Zoë Müller", "ada", "bob",
    ]  # fmt: skip


def test_github_prints_or_appends_the_summary(
    school: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    shown = grader("export", "github", cwd=school).stdout
    assert "| Zoë Müller | ok | 80 of 100 |" in shown
    file = school / "summary.md"
    file.write_text("before\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(file))
    assert grader("export", "github", cwd=school).stdout == ""
    assert file.read_text("utf-8") == "before\n" + shown


def test_check_tells_github_and_stops_commands_in_the_log(
    school: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("GITHUB_STEP_SUMMARY", "GITHUB_OUTPUT"):
        monkeypatch.setenv(name, str(school / f"one.{name}"))
    evil = "def relu_backward(dA, cache):\n    raise ValueError('x\\n::error::owned\\n##[error]y')"
    notebook = write(school / "evil.ipynb", IMPORTS, LINEAR, evil, SIGMOID)
    common = ("check", notebook, "--assignment", "backprop", "--github", "--junit", "one.xml")
    done = grader(*common, "--min-score", 40, cwd=school)
    assert done.returncode == 1, done.stderr
    lines = done.stdout.splitlines()
    token = lines[0].removeprefix("::stop-commands::")
    assert len(token) == 32
    end = lines.index(f"::{token}::")
    commands = [line.lstrip() for line in lines[end + 1 :]]
    assert all(line.startswith(("::error file=", "::notice title=")) for line in commands)
    assert commands[-1] == "::notice title=Autograding complete::Points 32/40"
    assert "score=32\nmax-score=40\n" in (school / "one.GITHUB_OUTPUT").read_text()
    assert "::error" not in (school / "one.GITHUB_STEP_SUMMARY").read_text("utf-8")
    assert JUnitXml.fromfile(str(school / "one.xml")).failures == 1
    again = grader(*common, cwd=school)
    assert token not in again.stdout


def test_check_takes_several_notebooks_and_ends_with_the_worst(school: Path) -> None:
    (school / "bad.ipynb").write_text("no")
    right = write(school / "right.ipynb", *RIGHT)
    done = grader("check", right, "bad.ipynb", "--assignment", "backprop", cwd=school)
    assert done.returncode == 3
    assert "40 of 40 public points" in done.stdout
    assert "bad.ipynb\nIt could not be read" in done.stdout


def test_the_autograder_is_packed(school: Path) -> None:
    (school / "wanted.txt").write_text("matplotlib\n")
    done = grader("export", "autograder", "backprop", "--requirements", "wanted.txt", cwd=school)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "backprop-autograder.zip\n"
    assert (school / "backprop-autograder.zip").stat().st_size > 50_000


@pytest.mark.parametrize(
    "format", ["canvas", "moodle", "gradescope", "autograder", "junit", "github"]
)
def test_every_format_explains_itself(format: str) -> None:
    done = grader("export", format, "--help")
    assert done.returncode == 0
    assert len(done.stdout.splitlines()) > 8
    assert max(len(line) for line in done.stdout.splitlines()) <= 80


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("canvas", "nope.csv"), "nope.csv: can't be read"),
        (("canvas", "handed in/roster.csv"), "not the header of a Canvas gradebook"),
        (("moodle",), "give the TABLE that you exported from Moodle, or --roster FILE"),
        (("gradescope",), "there are 3 students: say whose with --student NAME"),
        (("gradescope", "--student", "eve"), "no student 'eve' in the gradebook"),
        (("autograder", "nope"), "no assignment 'nope'"),
        (("github", "--out", "nowhere"), "no gradebook there"),
    ],
)
def test_bad_input_is_one_clear_line(school: Path, arguments: tuple[str, ...], words: str) -> None:
    done = grader("export", *arguments, cwd=school)
    assert done.returncode == 2
    assert words in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_the_instructors_own_file_is_never_overwritten(school: Path) -> None:
    file = school / "own.csv"
    file.write_text(HEAD + "ada,1,,,A,\n")
    done = grader("export", "canvas", "own.csv", "--to", "./own.csv", cwd=school)
    assert done.returncode == 2
    assert "choose another with --to" in done.stderr
    assert file.read_text() == HEAD + "ada,1,,,A,\n"
