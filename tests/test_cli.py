"""The command line from outside: a real process, real notebooks, documented exit codes."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest

from grader.gradebook import Gradebook
from tests.conftest import ROOT, grader
from tests.notebooks import IMPORTS, LINEAR, RIGHT, SIGMOID, write

COMMANDS = (
    "check", "grade", "report", "leaderboard", "similar", "export", "release", "validate", "doctor",
)  # fmt: skip
WRONG_RELU = "def relu_backward(dA, cache):\n    return dA"


@pytest.fixture
def school(tmp_path: Path) -> Path:
    """A folder with the backprop assignment and its solution, and nothing else."""
    for kind in ("assignments", "solutions"):
        shutil.copytree(ROOT / kind / "backprop", tmp_path / kind / "backprop")
    return tmp_path


def test_help_shows_every_command_and_the_exit_codes() -> None:
    shown = grader("--help").stdout
    for word in (*COMMANDS, "130"):
        assert word in shown
    assert max(len(line) for line in shown.splitlines()) <= 80


@pytest.mark.parametrize("words", [(), ("export",)])
def test_what_a_command_does_is_said_without_being_cut_off(words: tuple[str, ...]) -> None:
    assert "..." not in grader(*words, "--help").stdout.split("Commands:")[1]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str) -> None:
    done = grader(command, "--help")
    assert done.returncode == 0
    assert len(done.stdout.splitlines()) > 5


def test_check_needs_no_solution_and_says_what_was_wrong(school: Path) -> None:
    shutil.rmtree(school / "solutions")
    notebook = write(school / "mine.ipynb", IMPORTS, LINEAR, WRONG_RELU)
    done = grader("check", notebook, "--assignment", "backprop", cwd=school)
    assert done.returncode == 0, done.stderr
    assert "✓ linear_backward  24 of 24 points" in done.stdout
    assert "It looks as if" in done.stdout
    assert "[missing-derivative]" in done.stdout
    assert "Redo it by hand:" in done.stdout
    assert "sigmoid_backward is not defined in the notebook" in done.stdout
    assert "\x1b" not in done.stdout


def test_check_finds_the_assignment_beside_the_notebook(school: Path, tmp_path: Path) -> None:
    desk = tmp_path / "desk"
    shutil.copytree(school / "assignments" / "backprop", desk)
    notebook = write(desk / "mine.ipynb", *RIGHT)
    done = grader("check", notebook, "--json", cwd=desk)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert (said["status"], said["score"], said["max_score"]) == ("ok", 40, 40)
    assert round(sum(row["points"] for row in said["checks"]), 2) == 40
    assert [task["score"] for task in said["tasks"]] == [24, 8, 8]


def test_check_says_numbers_that_are_none_in_json_that_is_read_everywhere(school: Path) -> None:
    body = "def relu_backward(dA, cache):\n    return dA * np.nan"
    notebook = write(school / "mine.ipynb", IMPORTS, body)
    done = grader("check", notebook, "--assignment", "backprop", "--json", cwd=school)
    said = json.loads(done.stdout, parse_constant=pytest.fail)
    (finding,) = said["findings"]
    assert {entry for row in finding["example"]["got"] for entry in row} == {"nan"}


def test_check_shows_the_same_inputs_once_and_pads_no_line(school: Path) -> None:
    body = (
        "def linear_backward(dZ, cache):\n    A, W, b = cache\n    return A * np.nan, W * np.nan, b"
    )
    raises = "def relu_backward(dA, cache):\n    raise ValueError('far ' * 30)"
    notebook = write(school / "mine.ipynb", IMPORTS, body, raises)
    done = grader("check", notebook, "--assignment", "backprop", cwd=school)
    assert done.stdout.count("A_prev = ") == 1
    assert "With the same inputs:" in done.stdout
    assert all(line == line.rstrip() for line in done.stdout.splitlines())


def test_min_score_decides_the_exit_code(school: Path) -> None:
    notebook = write(school / "mine.ipynb", IMPORTS, LINEAR)
    common = ("check", notebook, "--assignment", "backprop", "--quiet")
    assert grader(*common, "--min-score", 30, cwd=school).returncode == 1
    done = grader(*common, "--min-score", 24, cwd=school)
    assert (done.returncode, done.stdout) == (0, "")


def hand_in(school: Path) -> Path:
    place = school / "handed in" / "backprop"
    write(place / "ada.ipynb", *RIGHT)
    write(place / "Zoë Müller" / "my work.ipynb", IMPORTS, LINEAR, WRONG_RELU, SIGMOID)
    (place / "bob.ipynb").write_text("not a notebook")
    return place


def test_grade_writes_a_row_for_each_student_and_runs_nothing_twice(school: Path) -> None:
    place = hand_in(school)
    done = grader("grade", place, "--seed", 3, "--junit", "junit.xml", cwd=school)
    assert done.returncode == 3, done.stderr
    scores = pd.read_csv(school / "reports" / "backprop" / "scores.csv").set_index("student")
    assert scores["status"].to_dict() == {"Zoë Müller": "ok", "ada": "ok", "bob": "unreadable"}
    assert scores["score"].to_dict() == {"Zoë Müller": 80.0, "ada": 100.0, "bob": 0.0}
    checks = pd.read_parquet(school / "reports" / "backprop" / "checks.parquet")
    relu = checks[(checks["student"] == "Zoë Müller") & (checks["diagnosis"] != "")]
    assert set(relu["diagnosis"]) == {"missing-derivative"}
    sums = checks.groupby("student")["points"].sum().round(2)
    assert sums["ada"] == 100.0
    assert (school / "junit.xml").is_file()
    assert max(len(line) for line in done.stdout.splitlines() if "reports:" not in line) <= 80

    again = grader("grade", place, cwd=school)
    assert "0 graded now, 3 unchanged since the last run" in again.stdout
    assert again.stderr == ""

    write(place / "ada.ipynb", *RIGHT, "'changed'")
    third = grader("grade", place, "--json", cwd=school)
    rows = {row["student"]: row for row in json.loads(third.stdout)}
    assert rows["ada"]["attempts"] == 2
    assert third.stderr == ""

    board = grader("leaderboard", cwd=school)
    assert board.stdout.split()[:6] == ["rank", "student", "score", "attempts", "1", "ada"]
    files = {file.name for file in (school / "reports" / "backprop").iterdir()}
    assert files == {
        "gradebook.sqlite", "scores.csv", "scores.json", "scores.parquet",
        "checks.csv", "checks.json", "checks.parquet", "index.html", "students",
    }  # fmt: skip


def test_reports_of_an_unchanged_class_are_left_as_they_are(school: Path) -> None:
    place = write(school / "handed in" / "backprop" / "ada.ipynb", *RIGHT).parent
    folder = school / "reports" / "backprop"
    first = grader("grade", place, cwd=school)
    written = {file.name: file.stat().st_mtime_ns for file in folder.glob("*.[cjp]*")}
    second = grader("grade", place, "--junit", "junit.xml", cwd=school)
    assert written == {file.name: file.stat().st_mtime_ns for file in folder.glob("*.[cjp]*")}
    table = first.stdout.split("reports:")[0]
    assert second.stdout.startswith(table)
    assert (school / "junit.xml").is_file()


@pytest.mark.parametrize("change", ["report", "assignment", "verdict"])
def test_reports_are_made_again_after_a_change_of(school: Path, change: str) -> None:
    place = write(school / "handed in" / "backprop" / "ada.ipynb", *RIGHT).parent
    folder = school / "reports" / "backprop"
    assert grader("grade", place, "--quiet", cwd=school).returncode == 0
    if change == "report":
        (folder / "scores.csv").write_text("my own notes")
    elif change == "assignment":
        file = school / "assignments" / "backprop" / "assignment.py"
        file.write_text(file.read_text() + "\n# changed\n")
    else:
        write(place / "bob.ipynb", IMPORTS, LINEAR)
    before = (folder / "scores.csv").stat().st_mtime_ns
    assert grader("grade", place, "--quiet", cwd=school).returncode == 0
    assert (folder / "scores.csv").stat().st_mtime_ns != before
    rows = len(pd.read_csv(folder / "scores.csv"))
    assert rows == (2 if change == "verdict" else 1)


def test_report_makes_the_files_again_without_executing(school: Path) -> None:
    place = write(school / "handed in" / "backprop" / "ada.ipynb", *RIGHT).parent
    assert grader("grade", place, "--quiet", cwd=school).returncode == 0
    shutil.rmtree(place)
    reports = school / "reports" / "backprop"
    pages = {file: file.read_bytes() for file in reports.rglob("*.html")}
    assert len(pages) == 2
    for file in (reports / "scores.csv", *pages):
        file.unlink()
    done = grader("report", "--assignment", "backprop", cwd=school)
    assert done.returncode == 0, done.stderr
    assert "score: mean 100.0" in done.stdout
    assert done.stdout.endswith("open in a browser: reports/backprop/index.html\n")
    assert (reports / "scores.csv").is_file()
    assert {file: file.read_bytes() for file in reports.rglob("*.html")} == pages


@pytest.mark.parametrize("named", ["assignments/backprop", "assignments/backprop/", "."])
def test_the_gradebook_of_an_assignment_is_found_by_its_path(school: Path, named: str) -> None:
    home = school / "assignments" / "backprop" if named == "." else school
    place = write(school / "handed in" / "ada.ipynb", *RIGHT).parent
    common = ("--assignment", named)
    assert grader("grade", place, *common, "--quiet", cwd=home).returncode == 0
    for command in (("report", "--quiet"), ("leaderboard", "--json"), ("export", "junit")):
        done = grader(*command, *common, cwd=home)
        assert done.returncode == 0, done.stderr


def test_a_student_s_page_shows_the_cells_that_went_wrong(school: Path) -> None:
    raises = "x = 1\nraise ValueError('not <b>so</b>')"
    write(school / "backprop" / "ada.ipynb", *RIGHT, raises)
    assert grader("grade", school / "backprop", "--quiet", cwd=school).returncode == 0
    (page,) = (school / "reports" / "backprop" / "students").iterdir()
    text = page.read_text("utf-8")
    assert "ValueError: not &lt;b&gt;so&lt;/b&gt;" in text
    assert "<pre><code>x = 1\nraise ValueError(" in text


def test_what_lateness_cost_is_said_wherever_the_score_is(school: Path) -> None:
    declared = school / "assignments" / "backprop" / "assignment.py"
    rules = (
        "from datetime import datetime, timezone\nfrom grader import Late\n"
        "assignment = Assignment(late=Late(per_day=0.1),"
        " deadline=datetime(2026, 1, 31, 12, tzinfo=timezone.utc),"
    )
    declared.write_text(declared.read_text().replace("assignment = Assignment(", rules))
    place = write(school / "backprop" / "ada.ipynb", *RIGHT).parent
    (place / "roster.csv").write_text("student,submitted_at\nada,2026-02-01T14:00Z\n")
    done = grader("grade", place, "--junit", "junit.xml", cwd=school)
    assert done.returncode == 0, done.stderr
    assert "ada: ok, 100 of 100, before what lateness costs" in done.stderr
    (row,) = [line for line in done.stdout.splitlines() if line.startswith("ada")]
    assert row.split()[-3:] == ["80", "late", "−20"]
    scores = pd.read_csv(school / "reports" / "backprop" / "scores.csv")
    assert scores["message"].tolist() == ["late by 1 day 2 h: 20 points less"]
    assert "late −20</td>" in (school / "reports" / "backprop" / "index.html").read_text("utf-8")
    assert "late by 1 day 2 h: 20 points less" in (school / "junit.xml").read_text("utf-8")


def test_the_roster_gives_a_row_to_who_handed_in_nothing(school: Path) -> None:
    place = write(school / "backprop" / "ada.ipynb", *RIGHT).parent
    (place / "roster.csv").write_text("student\nada\nbob\n")
    assert grader("grade", place, "--quiet", cwd=school).returncode == 0
    scores = pd.read_csv(school / "reports" / "backprop" / "scores.csv").set_index("student")
    assert scores.loc["bob", ["status", "attempts"]].tolist() == ["missing", 0]


def test_a_canvas_download_is_graded_under_the_rosters_names(school: Path) -> None:
    place = school / "submissions"
    write(place / "müllerzoë_LATE_12_345_backprop.ipynb", *RIGHT)
    write(place / "doejohn_13_346_backprop-1.ipynb", IMPORTS, LINEAR)
    write(place / "doejohn_13_347_scratch.ipynb", "1")
    (school / "canvas.csv").write_text(
        "Student,ID,SIS Login ID,Section,backprop (9)\n    Points Possible,,,,100\n"
        '"Müller, Zoë",12,zm,A,\n"Doe, John",13,jd,A,\n"Nobody, Nina",14,nn,A,\n'
    )
    common = ("--assignment", "backprop", "--roster", "canvas.csv")
    done = grader("grade", place, *common, "--quiet", cwd=school)
    assert done.returncode == 0, done.stderr
    scores = pd.read_csv(school / "reports" / "backprop" / "scores.csv").set_index("student")
    assert scores["score"].to_dict() == {"Müller, Zoë": 100, "Doe, John": 60, "Nobody, Nina": 0}
    assert scores.loc["Nobody, Nina", "status"] == "missing"
    assert scores["submitted_at"].isna().all()


def test_similar_lists_pairs_and_runs_nothing(school: Path) -> None:
    place = school / "handed in" / "backprop"
    ran = school / "ran"
    own = LINEAR.replace("W.T @ dZ", "np.dot(W.T, dZ)")
    write(place / "ada.ipynb", IMPORTS, own, f"open({str(ran)!r}, 'w')")
    write(place / "bob.ipynb", IMPORTS, own.replace("A_prev", "before"))
    write(place / "eve.ipynb", IMPORTS, own.replace("dZ", "g").replace("b = ", "b =  "), SIGMOID)
    write(place / "zoe.ipynb", IMPORTS, LINEAR)
    done = grader("similar", place, "--html", "s.html", "--csv", "s.csv", cwd=school)
    assert done.returncode == 0, done.stderr
    assert "Similar is not proof." in done.stdout
    assert "written: s.csv, s.html" in done.stdout
    rows = json.loads(grader("similar", place, "--json", cwd=school).stdout)
    pairs = [(row["first"], row["second"]) for row in rows]
    assert pairs == [("ada", "bob"), ("ada", "eve"), ("bob", "eve")]
    few = grader("similar", place, "--json", "--at-most", 2, cwd=school)
    assert json.loads(few.stdout) == []
    assert not ran.exists()


def test_the_private_ranking_waits_for_the_deadline(school: Path) -> None:
    declared = school / "assignments" / "backprop" / "assignment.py"
    text = declared.read_text().replace(
        "assignment = Assignment(",
        "from datetime import datetime, timezone\n"
        "assignment = Assignment(deadline=datetime(2999, 1, 31, 12, tzinfo=timezone.utc),",
    )
    declared.write_text(text)
    place = write(school / "backprop" / "Zoë.ipynb", *RIGHT).parent
    assert grader("grade", place, "--quiet", cwd=school).returncode == 0
    for more in ([], ["--json"], ["--html", "b.html"], ["--csv", "b.csv"]):
        refused = grader("leaderboard", "--private", *more, cwd=school)
        assert (refused.returncode, refused.stdout) == (2, "")
        assert "hidden until the deadline, 2999-01-31 12:00 UTC" in refused.stderr
    assert not (school / "b.html").exists()
    assert not (school / "b.csv").exists()
    shown = grader("leaderboard", "--private", "--before-deadline", cwd=school)
    assert "public rank" in shown.stdout
    public = grader("leaderboard", "--pseudonyms", "--csv", "b.csv", "--json", cwd=school)
    (row,) = json.loads(public.stdout)
    assert row["student"] != "Zoë"
    assert row["student"] in (school / "b.csv").read_text()
    who = (school / "reports" / "backprop" / "pseudonyms.csv").read_text().splitlines()
    assert who == ["student,pseudonym", f"Zoë,{row['student']}"]


@pytest.mark.skipif(os.name == "nt", reason="sends POSIX signals")
@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGKILL])
def test_an_interrupted_run_loses_nothing_and_goes_on(school: Path, sent: signal.Signals) -> None:
    place = school / "handed in" / "backprop"
    for name in ("a", "b"):
        write(place / f"{name}.ipynb", *RIGHT, f"# {name}")
    write(place / "c.ipynb", *RIGHT, "import time; time.sleep(8)")
    command = [sys.executable, "-m", "grader", "grade", str(place), "--jobs", "1"]
    running = subprocess.Popen(
        command, cwd=school, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert running.stderr is not None
    assert "[1/3] a: ok" in running.stderr.readline()
    assert "[2/3] b: ok" in running.stderr.readline()
    time.sleep(0.5)
    running.send_signal(sent)
    _, said = running.communicate(timeout=30)
    if sent == signal.SIGINT:
        assert running.returncode == 130
        assert "what was graded is kept" in said
    write(place / "c.ipynb", *RIGHT, "# quick now")
    done = grader("grade", place, cwd=school)
    assert done.returncode == 0, done.stderr
    assert "1 graded now, 2 unchanged" in done.stdout


def test_release_holds_nothing_secret(school: Path, tmp_path: Path) -> None:
    secret = "x = 1\n### BEGIN SOLUTION\nsecret = 42\n### END SOLUTION\ny = 2"
    write(school / "assignments" / "backprop" / "backprop.ipynb", secret)
    done = grader("release", "backprop", "--out", tmp_path / "out", cwd=school)
    assert done.returncode == 0, done.stderr
    released = json.loads((tmp_path / "out" / "backprop.ipynb").read_text())
    source = "".join(released["cells"][0]["source"])
    assert source == "x = 1\n# YOUR CODE HERE\nraise NotImplementedError()\ny = 2"
    everything = "".join(file.read_text() for file in (tmp_path / "out").iterdir())
    assert "secret" not in everything
    assert "Misconception(" not in everything


def test_doctor_shows_what_is_here() -> None:
    done = grader("doctor")
    assert done.returncode == 0
    assert "answers after" in done.stdout


def test_signs_that_an_encoding_lacks_are_replaced(
    school: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    notebook = write(school / "mine.ipynb", IMPORTS, LINEAR)
    for encoding in ("cp1252", "latin-1", "ascii"):
        monkeypatch.setenv("PYTHONIOENCODING", encoding)
        done = grader("check", notebook, "--assignment", "backprop", cwd=school)
        assert (done.returncode, done.stderr) == (0, "")
        assert "? linear_backward  24 of 24 points" in done.stdout
    place = write(school / "backprop" / "Zoë 🦉.ipynb", *RIGHT).parent
    graded = grader("grade", place, "--json", cwd=school)
    assert json.loads(graded.stdout)[0]["student"] == "Zoë 🦉"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is full")
@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize(
    ("where", "said"),
    [
        ("> /dev/full", "standard output can't be written (No space left on device)"),
        (">&-", "standard output is closed"),
    ],
)
@pytest.mark.parametrize("command", ["check mine.ipynb --assignment backprop", "--help"])
def test_output_that_can_not_be_written_is_one_line(
    school: Path, command: str, where: str, said: str, unbuffered: str
) -> None:
    write(school / "mine.ipynb", IMPORTS, LINEAR)
    done = shell(f"{command} {where}", school, PYTHONUNBUFFERED=unbuffered)
    assert done.returncode == 3
    assert done.stderr.startswith(f"grader: {said}")
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.skipif(os.name == "nt", reason="speaks to a POSIX shell")
def test_a_reader_that_goes_away_is_no_trouble(school: Path) -> None:
    write(school / "mine.ipynb", IMPORTS, LINEAR)
    common = "check mine.ipynb --assignment backprop --min-score 30"
    done = shell(f"{common}; echo $? > code) | (true", school)
    assert (done.stdout, done.stderr) == ("", "")
    assert (school / "code").read_text() == "1\n"
    assert shell(f"{common} 2>&-", school).returncode == 1


def shell(words: str, place: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """The command line as a POSIX shell calls it, in parentheses."""
    return subprocess.run(
        ["sh", "-c", f"({sys.executable} -m grader {words})"],
        cwd=place,
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, **environment},
    )


class TestBadInput:
    """One clear line that names the place and the mend, exit code 2, no traceback."""

    def says(self, done: subprocess.CompletedProcess[str], *words: str, code: int = 2) -> None:
        assert done.returncode == code, done.stderr
        assert "Traceback" not in done.stderr
        assert len(done.stderr.strip().splitlines()) == 1
        for word in words:
            assert word in done.stderr

    def test_no_such_notebook(self, school: Path) -> None:
        self.says(grader("check", "nope.ipynb", cwd=school), "nope.ipynb", "check the path")

    def test_a_folder_or_another_file_is_no_notebook(self, school: Path) -> None:
        self.says(grader("check", "assignments", cwd=school), "a folder: give the notebook in it")
        (school / "x.txt").write_text("hello")
        self.says(grader("check", "x.txt", cwd=school), "x.txt: not a notebook")
        done = grader("grade", "x.txt", "--assignment", "backprop", cwd=school)
        self.says(done, "x.txt: not a notebook")
        assert not (school / "reports").exists()

    @pytest.mark.parametrize(
        ("option", "value"),
        [
            ("--memory", "-5"), ("--memory", "1K"), ("--timeout", "nan"), ("--timeout", "inf"),
            ("--time-limit", "nan"), ("--min-score", "nan"), ("--min-score", "-1"),
        ],
    )  # fmt: skip
    def test_a_limit_that_makes_no_sense(self, school: Path, option: str, value: str) -> None:
        done = grader("grade", hand_in(school), option, value, cwd=school)
        self.says(done, option, "give a")
        assert not (school / "reports" / "backprop" / "scores.csv").exists()

    def test_a_score_that_nobody_can_reach(self, school: Path) -> None:
        notebook = write(school / "ada.ipynb", *RIGHT)
        common = (notebook, "--assignment", "backprop", "--min-score")
        said = "there are 40 public points in all"
        self.says(grader("check", *common, 40.5, cwd=school), "--min-score 40.5", said)
        done = grader("grade", *common, 101, cwd=school)
        self.says(done, "--min-score 101: there are 100 points in all")
        assert not (school / "reports").exists()

    def test_json_and_commands_to_github_on_one_stream(self, school: Path) -> None:
        notebook = write(school / "ada.ipynb", *RIGHT)
        self.says(grader("check", notebook, "--json", "--github", cwd=school), "one of the two")

    def test_report_on_a_gradebook_without_verdicts(self, school: Path) -> None:
        with Gradebook(school / "reports" / "backprop" / "gradebook.sqlite") as book:
            book.set_fact("folder", str(school / "assignments" / "backprop"))
        for command in ("report", "leaderboard"):
            self.says(grader(command, cwd=school), "the gradebook is empty", "grader grade")

    @pytest.mark.parametrize("kind", ["assignments", "solutions"])
    def test_release_into_the_courses_own_folders(self, school: Path, kind: str) -> None:
        before = {f: f.read_bytes() for f in (school / kind).rglob("*") if f.is_file()}
        done = grader("release", "backprop", "--out", f"{kind}/backprop", cwd=school)
        self.says(done, f"--out {kind}/backprop", "choose another")
        assert before == {f: f.read_bytes() for f in (school / kind).rglob("*") if f.is_file()}

    def test_a_report_whose_place_a_folder_takes(self, school: Path) -> None:
        (school / "reports" / "backprop" / "scores.csv").mkdir(parents=True)
        place = write(school / "handed in" / "backprop" / "ada.ipynb", *RIGHT).parent
        done = grader("grade", place, "--quiet", cwd=school)
        self.says(done, "scores.csv", "move the folder of that name away", code=3)

    def test_no_such_folder(self, school: Path) -> None:
        self.says(grader("grade", "nope", cwd=school), "nope: no such file or folder")

    def test_an_empty_folder(self, school: Path) -> None:
        (school / "backprop").mkdir()
        self.says(grader("grade", "backprop", cwd=school), "no notebooks in it")

    def test_no_such_assignment(self, school: Path) -> None:
        place = hand_in(school)
        done = grader("grade", place, "--assignment", "backprob", cwd=school)
        self.says(done, "no assignment 'backprob'", "there are: backprop")

    @pytest.mark.parametrize(
        ("old", "new", "words"),
        [
            ("points=60", "points=-1", ("assignment.py, line", "points is -1")),
            ('wrt="W"', 'wrt="V"', ("assignment.py, line", "dW", "'V'")),
            ("relu_forward(Z):", "relu_forward(Z)", ("assignment.py, line", "expected ':'")),
            ("import numpy as np", "import nunpy as np", ("assignment.py, line", "nunpy")),
            ('mean_over="m"', 'mean_over="k"', ("assignment.py, line", "'k'")),
            ("W @ A_prev + b", "W @ A_prev - b", ("solution.py", "linear_backward", "db differs")),
        ],
    )  # fmt: skip
    def test_a_mistake_in_the_assignment(
        self, school: Path, old: str, new: str, words: tuple[str, ...]
    ) -> None:
        place = hand_in(school)
        file = school / "assignments" / "backprop" / "assignment.py"
        file.write_text(file.read_text().replace(old, new))
        self.says(grader("grade", place, cwd=school), *words)
        assert not (school / "reports" / "backprop" / "scores.csv").exists()

    @pytest.mark.parametrize("command", ["release", "validate"])
    def test_a_name_that_is_none_where_there_is_no_option_for_it(
        self, school: Path, command: str
    ) -> None:
        done = grader(command, "sofmax", cwd=school)
        self.says(done, "no assignment 'sofmax'", "there are: backprop", "check the name")
        assert "--assignment" not in done.stderr

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ('{"cells": [', "not a notebook: the file is damaged or cut off"),
            ("", "the file is empty: save the notebook"),
            ("<html>", "not a notebook: it is a web page"),
        ],
    )
    def test_a_file_that_is_no_notebook_among_several_assignments(
        self, school: Path, text: str, said: str
    ) -> None:
        (school / "bad.ipynb").write_text(text)
        for command in ("check", "grade"):
            self.says(grader(command, "bad.ipynb", cwd=school), f"bad.ipynb: {said}")

    @pytest.mark.parametrize(
        "text",
        [
            "", "[]", '{"cells": [', '{"nbformat": 4, "nbformat_minor": 5, "metadata": {}}',
            '{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [{"cell_type": "x"}]}',
        ],
    )  # fmt: skip
    def test_a_damaged_notebook_of_the_assignment(self, school: Path, text: str) -> None:
        place = hand_in(school)
        (school / "assignments" / "backprop" / "backprop.ipynb").write_text(text)
        for command in (("release", "backprop"), ("similar", place)):
            self.says(
                grader(*command, cwd=school), "backprop.ipynb: not a notebook", "save it again"
            )
        assert not (school / "release").exists()

    @pytest.mark.parametrize("name", ["helper.py", "assignment.py"])
    def test_a_file_of_the_course_that_may_not_be_read(self, school: Path, name: str) -> None:
        (school / "assignments" / "backprop" / "helper.py").write_text("x = 1")
        done = without_rights_to("io.open", name, "release", "backprop", cwd=school)
        self.says(done, f"{name}: can't be read (Permission denied)")

    def test_a_folder_of_the_course_that_may_not_be_entered(self, school: Path) -> None:
        done = without_rights_to("os.stat", "backprop", "validate", "backprop", cwd=school)
        self.says(done, "backprop", "Permission denied", "see to its permissions")

    def test_a_table_that_can_not_be_written_is_not_the_gradebooks_trouble(
        self, school: Path
    ) -> None:
        place = hand_in(school)
        (school / "taken").write_text("a file where a folder should be")
        done = grader("similar", place, "--csv", "taken/a.csv", cwd=school)
        self.says(done, "taken/a.csv: can't be written", "choose another place", code=3)
        assert "grader report" not in done.stderr

    def test_a_missing_solution(self, school: Path) -> None:
        place = hand_in(school)
        shutil.rmtree(school / "solutions")
        self.says(grader("grade", place, cwd=school), "solution.py: no such file")

    def test_an_interpreter_that_is_none(self, school: Path) -> None:
        place = hand_in(school)
        done = grader("grade", place, "--python", "/bin/false-python", cwd=school)
        self.says(done, "--python /bin/false-python", "can't be run")

    def test_a_roster_without_students(self, school: Path) -> None:
        place = hand_in(school)
        (place / "roster.csv").write_text("name\nada\n")
        self.says(grader("grade", place, cwd=school), "roster.csv, line 1", "`student`")

    def test_report_before_any_grading(self, school: Path) -> None:
        self.says(grader("report", cwd=school), "which gradebook?")

    def test_a_scheduler_that_is_not_there(self, school: Path) -> None:
        place = hand_in(school)
        nowhere = ("--engine", "dask", "--dask-scheduler", "nowhere://here")
        done = grader("grade", place, *nowhere, cwd=school)
        self.says(done, "nowhere://here: no Dask scheduler answers there")

    @pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is full")
    def test_a_place_that_can_not_be_written(self, school: Path) -> None:
        place = hand_in(school)
        (school / "taken").write_text("a file where a folder should be")
        done = grader("grade", place, "--out", "taken/reports", cwd=school)
        self.says(done, "gradebook.sqlite", "can't be used", code=3)


def test_doctor_says_that_there_is_no_such_interpreter() -> None:
    done = grader("doctor", "--python", "/nope", "--json")
    assert done.returncode == 0, done.stderr
    (kernel,) = [row for row in json.loads(done.stdout) if row["subject"] == "kernel"]
    assert (kernel["present"], kernel["seen"]) == (False, "/nope: no interpreter is there")


def without_rights_to(
    call: str, name: str, *arguments: object, cwd: Path
) -> subprocess.CompletedProcess[str]:
    """The command line where the call on anything of that name is denied, even to root."""
    denied = (
        "import io, os, runpy, sys\n"
        "def denying(call):\n"
        "    def denied(path, *how, **more):\n"
        "        text = os.fspath(path) if isinstance(path, (str, os.PathLike)) else ''\n"
        f"        if {name!r} in text.split('/'):\n"
        "            raise PermissionError(13, 'Permission denied', text)\n"
        "        return call(path, *how, **more)\n"
        "    return denied\n"
        "import grader.cli.authoring, grader.releasing\n"
        f"{call} = denying({call})\n"
        f"sys.argv = {['grader', *map(str, arguments)]!r}\n"
        "runpy.run_module('grader', run_name='__main__')"
    )
    return subprocess.run(
        [sys.executable, "-c", denied],
        cwd=cwd, capture_output=True, text=True, timeout=120, stdin=subprocess.DEVNULL,
    )  # fmt: skip


@pytest.mark.parametrize("command", [("validate", "scalar-net"), ("doctor",)])
def test_json_is_all_that_is_printed(command: tuple[str, ...]) -> None:
    done = grader(*command, "--json")
    assert done.returncode == 0, done.stderr
    assert all(item["seen"] for item in json.loads(done.stdout))


def test_quiet_prints_nothing(tmp_path: Path) -> None:
    for command in (("validate", "scalar-net"), ("release", "scalar-net", "--out", tmp_path)):
        done = grader(*command, "--quiet")
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.skipif(sys.platform != "linux", reason="names of files are bytes on Linux")
def test_a_name_that_is_no_text_is_a_row_like_others(school: Path) -> None:
    place = write(school / "backprop" / "ada.ipynb", *RIGHT).parent
    odd = Path(os.fsdecode(os.fsencode(place) + b"/bad\xff.ipynb"))
    write(place / "bad.ipynb", *RIGHT).rename(odd)
    done = grader("grade", place, cwd=school)
    assert done.returncode == 0, done.stderr
    scores = pd.read_csv(school / "reports" / "backprop" / "scores.csv").set_index("student")
    assert scores["score"].to_dict() == {"ada": 100, "bad\\udcff": 100}
    checked = grader("check", odd, "--assignment", "backprop", cwd=school)
    assert checked.returncode == 0, checked.stderr


def test_what_students_return_or_say_costs_no_other_row(school: Path) -> None:
    says = "def relu_backward(dA, cache):\n    raise ValueError('bad \\udc80 \\ud83d')"
    place = write(school / "backprop" / "ada.ipynb", IMPORTS, LINEAR, says).parent
    wrong = "def sigmoid_backward(dA, cache):\n    return (dA * cache).astype(np.{})"
    for kind in ("complex128", "longdouble"):
        write(place / f"{kind}.ipynb", *RIGHT, wrong.format(kind))
    done = grader("grade", place, cwd=school)
    assert done.returncode == 0, done.stderr
    scores = pd.read_csv(school / "reports" / "backprop" / "scores.csv").set_index("student")
    assert scores["score"].to_dict() == {"ada": 60, "complex128": 80, "longdouble": 80}


@pytest.mark.skipif(sys.platform != "linux", reason="bounds the size of files as Linux does")
def test_a_full_disk_leaves_no_release_half_written(school: Path) -> None:
    limited = (
        "import resource, runpy, signal, sys;"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000));"
        "sys.argv = ['grader', 'release', 'backprop'];"
        "runpy.run_module('grader', run_name='__main__')"
    )
    done = subprocess.run(
        [sys.executable, "-c", limited],
        cwd=school, capture_output=True, text=True, timeout=120, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert done.returncode == 3, done.stderr
    assert "can't be written (File too large): free some space" in done.stderr
    assert list((school / "release" / "backprop").iterdir()) == []


@pytest.mark.skipif(sys.platform != "linux", reason="bounds the size of files as Linux does")
def test_a_full_disk_loses_no_verdict_and_leaves_nothing_half_written(school: Path) -> None:
    place = write(school / "handed in" / "backprop" / "ada.ipynb", *RIGHT).parent
    limited = (
        "import resource, runpy, signal, sys;"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000));"
        "sys.argv = ['grader', 'grade', sys.argv[1]];"
        "runpy.run_module('grader', run_name='__main__')"
    )
    done = subprocess.run(
        [sys.executable, "-c", limited, str(place)],
        cwd=school, capture_output=True, text=True, timeout=120, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert done.returncode == 3, done.stderr
    assert "can't be written (File too large)" in done.stderr
    assert "no verdict is lost" in done.stderr
    left = {file.name for file in (school / "reports" / "backprop").iterdir()}
    assert not any(name.startswith(".") for name in left)
    assert "checks.json" not in left
    assert len(pd.read_csv(school / "reports" / "backprop" / "scores.csv")) == 1
    again = grader("grade", place, cwd=school)
    assert "0 graded now, 1 unchanged" in again.stdout
