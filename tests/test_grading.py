"""Grading a class: what one row costs the others, and which verdict is reported."""

from dataclasses import replace
from pathlib import Path

import pytest

from grader.assignment import Course
from grader.gradebook import Gradebook, Handin, Key
from grader.grading import Options, grade
from grader.reports.progress import Silent
from grader.submission import find_submissions
from grader.verdict import Verdict
from tests.notebooks import IMPORTS, RELU, write


class Choosy(Gradebook):
    """Refuses a verdict on ada, as if it held what no file can hold."""

    def add(self, handin: Handin, key: Key, verdict: Verdict) -> None:
        if handin.student == "ada" and not verdict.broken:
            verdict = replace(verdict, message="\ud800")
        super().add(handin, key, verdict)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    for student in ("ada", "bob"):
        write(tmp_path / "class" / f"{student}.ipynb", IMPORTS, RELU)
    return tmp_path / "class"


def test_a_verdict_that_can_not_be_kept_costs_no_other_row(
    backprop: Course, place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with Choosy(place.parent / "book.sqlite") as book:
        done = grade(backprop, find_submissions(place), book, Options(jobs=1, seed=1), Silent())
        rows = {handin.student: verdict for handin, verdict in book.latest()}
    assert (done.executed, done.broken) == (2, 1)
    assert rows["ada"].broken
    assert "an error of the grader itself (UnicodeEncodeError)" in rows["ada"].message
    assert rows["bob"].cents() == 2000
    assert "ada.ipynb" in capsys.readouterr().err


def test_earlier_conditions_bring_their_verdicts_back(backprop: Course, place: Path) -> None:
    for student in ("ada", "bob"):
        write(place / f"{student}.ipynb", IMPORTS, RELU, "import time\ntime.sleep(1.5)")
    found = find_submissions(place)
    generous = Options(jobs=1, seed=1)
    with Gradebook(place.parent / "book.sqlite") as book:
        assert grade(backprop, found, book, generous, Silent()).executed == 2
        strict = replace(generous, cell_seconds=1)
        assert grade(backprop, found, book, strict, Silent()).executed == 2
        assert {verdict.status for _, verdict in book.latest()} == {"timeout"}
        again = grade(backprop, found, book, generous, Silent())
        assert (again.executed, again.unchanged) == (0, 2)
        assert {verdict.status for _, verdict in book.latest()} == {"ok"}
