"""Grading a class: what one row costs the others, and which verdict is reported."""

import errno
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from grader import examination
from grader.assignment import Course
from grader.cli import cli
from grader.execution import NotStarted, session
from grader.gradebook import Gradebook
from grader.grading import Options, check, grade
from grader.reports.progress import Silent
from grader.roster import Roster, read_roster
from grader.submission import Submission, find_submissions
from grader.verdict import Verdict
from tests.notebooks import IMPORTS, RELU, write


@pytest.fixture
def place(tmp_path: Path) -> Path:
    for student in ("ada", "bob"):
        write(tmp_path / "class" / f"{student}.ipynb", IMPORTS, RELU)
    return tmp_path / "class"


def test_a_verdict_that_can_not_be_kept_costs_no_other_row(
    backprop: Course,
    place: Path,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    examine = examination.examine

    def odd(submission: Submission, *how: Any) -> tuple[str, Verdict]:
        sha256, verdict = examine(submission, *how)
        ada = submission.student == "ada"
        return sha256, replace(verdict, message="\ud800") if ada else verdict

    # Workers are forked from this process, and find it as it is.
    monkeypatch.setattr(examination, "examine", odd)
    with Gradebook(place.parent / "book.sqlite") as book:
        done = grade(
            backprop,
            find_submissions(place),
            book,
            Options(jobs=1, seed=1, sandbox="off"),
            Silent(),
        )
        rows = {handin.student: verdict for handin, verdict in book.latest()}
    assert (done.executed, done.broken) == (2, {"grader"})
    assert (rows["ada"].broken, rows["bob"].broken) == ("grader", "")
    assert "an error of the grader itself (UnicodeEncodeError)" in rows["ada"].message
    assert rows["bob"].cents() == 2000
    assert "ada.ipynb" in capfd.readouterr().err


def test_a_machine_without_kernels_is_said_in_one_line_a_row(
    backprop: Course,
    place: Path,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(_: object) -> None:
        raise OSError(errno.EAGAIN, "Resource temporarily unavailable")

    monkeypatch.setattr(session, "start_runner", refuse)
    with Gradebook(place.parent / "book.sqlite") as book:
        found = find_submissions(place)
        done = grade(backprop, found, book, Options(jobs=1, seed=1, sandbox="off"), Silent())
        assert (done.executed, done.broken) == (2, {"machine"})
        assert {verdict.broken for _, verdict in book.latest()} == {"machine"}
        monkeypatch.undo()
        again = grade(backprop, found, book, Options(jobs=1, seed=1, sandbox="off"), Silent())
    said = capfd.readouterr().err.splitlines()
    assert [line.split("'")[1] for line in said] == ["ada.ipynb", "bob.ipynb"]
    assert all("grader doctor" in line for line in said)
    assert (again.executed, again.broken) == (2, frozenset())


@pytest.mark.parametrize(("failed", "code"), [(NotStarted("no kernel"), 3), (ArithmeticError(), 4)])
def test_what_is_not_judged_is_told_as_that_and_as_nothing_else(
    place: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    failed: Exception,
    code: int,
) -> None:
    def fail(*_: object) -> None:
        raise failed

    monkeypatch.setattr(examination, "execute", fail)
    command = ["check", str(place / "ada.ipynb"), "--assignment", "backprop"]
    assert cli.main(command, standalone_mode=False) == code
    said = capsys.readouterr().out
    assert "It was not judged: " in said
    assert "Some cells raised" not in said


def test_what_is_missing_or_refused_is_unchanged_until_something_else_is_there(
    backprop: Course, place: Path
) -> None:
    roster = Roster(("Gus", "ada", "bob", "eve"), {})
    (place / "eve").mkdir()

    def outcome() -> tuple[int, int]:
        done = grade(
            backprop, find_submissions(place, "", roster), book, Options(jobs=1, seed=1), Silent()
        )
        return done.executed, done.unchanged

    with Gradebook(place.parent / "book.sqlite") as book:
        assert outcome() == (4, 0)
        state = book.state()
        assert outcome() == (0, 4)
        assert book.state() == state
        (place / "eve").rmdir()
        assert outcome() == (1, 3)
        (place / "eve").mkdir()
        (place / "eve" / "notes.txt").write_text("none")
        assert outcome() == (1, 3)
        write(place / "eve" / "mine.ipynb", IMPORTS, RELU)
        assert outcome() == (1, 3)
        assert outcome() == (0, 4)
        rows = {handin.student: verdict.status for handin, verdict in book.latest()}
    assert rows == {"Gus": "missing", "ada": "ok", "bob": "ok", "eve": "ok"}


def test_a_roster_that_comes_later_gives_nobody_a_second_row(
    backprop: Course, tmp_path: Path
) -> None:
    place = tmp_path / "canvas"
    write(place / "leeann_7_101_backprop.ipynb", IMPORTS, RELU)
    write(place / "leemin_8_102_backprop.ipynb", IMPORTS)
    roster = tmp_path / "roster.csv"
    roster.write_text("student,canvas_id\nAnn Lee,7\nMin Lee,8\nNew One,9\n", "utf-8")
    options = Options(jobs=1, seed=1, sandbox="off")
    with Gradebook(tmp_path / "book.sqlite") as book:
        grade(backprop, find_submissions(place, "backprop"), book, options, Silent())
        assert book.students() == ["leeann", "leemin"]
        (place / "leemin_8_102_backprop.ipynb").rename(place / "leemin_8_109_backprop.ipynb")
        named = find_submissions(place, "backprop", read_roster(roster))
        again = grade(backprop, named, book, options, Silent())
        assert book.students() == ["Ann Lee", "Min Lee", "New One"]
        assert again.executed == 1


def test_what_can_not_be_read_could_have_earned_what_is_asked_for(
    backprop: Course, place: Path
) -> None:
    damaged = place / "ada.ipynb"
    damaged.write_text("{", encoding="utf-8")
    full = [
        check(file, backprop, Options(sandbox="off")).most_cents
        for file in (damaged, place / "bob.ipynb")
    ]
    assert full == [4000, 4000]


def test_earlier_conditions_bring_their_verdicts_back(backprop: Course, place: Path) -> None:
    for student in ("ada", "bob"):
        write(place / f"{student}.ipynb", IMPORTS, RELU, "import time\ntime.sleep(1.5)")
    found = find_submissions(place)
    generous = Options(jobs=1, seed=1, sandbox="off")
    with Gradebook(place.parent / "book.sqlite") as book:
        assert grade(backprop, found, book, generous, Silent()).executed == 2
        strict = replace(generous, cell_seconds=1)
        assert grade(backprop, found, book, strict, Silent()).executed == 2
        assert {verdict.status for _, verdict in book.latest()} == {"timeout"}
        again = grade(backprop, found, book, generous, Silent())
        assert (again.executed, again.unchanged) == (0, 2)
        assert {verdict.status for _, verdict in book.latest()} == {"ok"}
