"""The gradebook: every verdict kept, nothing graded twice, errors in words."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from grader.answer_key import AnswerKey
from grader.errors import StorageError
from grader.gradebook import Gradebook, Handin, Key
from grader.scoring import ScoredCheck
from grader.verdict import Verdict
from tests.classes import graded, relu

KEY = Key("assignment", "grader", "7", "settings")


def verdict(points: int = 100, status: str = "ok") -> Verdict:
    row = ScoredCheck("t", "v", "gradient", "c", "public", "passed", points, 100, "", "")
    return Verdict(status, "said", {"t": 100}, (row,))  # type: ignore[arg-type]


def handin(student: str, sha256: str) -> Handin:
    return Handin(student, sha256, f"{student}.ipynb", "2026-01-01T00:00:00+00:00")


def test_a_verdict_comes_back_as_it_was(tmp_path: Path) -> None:
    with Gradebook(tmp_path / "book.sqlite") as book:
        book.add(handin("ada", "1"), KEY, verdict())
    with Gradebook(tmp_path / "book.sqlite") as book:
        assert list(book.latest()) == [(handin("ada", "1"), verdict())]


def test_a_verdict_of_an_earlier_version_is_read_as_well(backprop_key: AnswerKey) -> None:
    kept = graded(backprop_key, "ada", relu_backward=lambda dA, Z: -relu(dA, Z)).verdict
    said = json.loads(kept.to_json())
    del said["bad_cells"]
    for finding in said["findings"]:
        del finding["example"]["off"]
    read = Verdict.from_json(json.dumps(said))
    assert read.bad_cells == ()
    assert read.findings[0].example is not None
    assert read.findings[0].example.off is None
    assert read.checks == kept.checks


def test_knows_what_was_graded_under_which_conditions(tmp_path: Path) -> None:
    with Gradebook(tmp_path / "book.sqlite") as book:
        book.add(handin("ada", "1"), KEY, verdict())
        assert book.has("ada", "1", KEY)
        assert not book.has("ada", "2", KEY)
        assert not book.has("bob", "1", KEY)
        assert not book.has("ada", "1", Key("changed", "grader", "7", "settings"))


def test_the_newest_verdict_counts_and_older_ones_stay(tmp_path: Path) -> None:
    with Gradebook(tmp_path / "book.sqlite") as book:
        book.add(handin("ada", "1"), KEY, verdict(10))
        book.add(handin("ada", "1"), KEY, verdict(20))
        assert [v.cents() for _, v in book.latest()] == [20]
        assert book.connection.execute("SELECT count(*) FROM verdicts").fetchone() == (2,)


def test_the_first_time_of_the_same_notebook_counts(tmp_path: Path) -> None:
    with Gradebook(tmp_path / "book.sqlite") as book:
        book.hand_in(handin("ada", "1"))
        book.hand_in(Handin("ada", "1", "moved.ipynb", "2027-01-01T00:00:00+00:00"))
        book.add(handin("ada", "1"), KEY, verdict())
        ((kept, _),) = book.latest()
        assert kept.submitted_at == "2026-01-01T00:00:00+00:00"


def test_a_time_from_the_roster_overrules_a_files_own(tmp_path: Path) -> None:
    with Gradebook(tmp_path / "book.sqlite") as book:
        book.add(handin("ada", "1"), KEY, verdict())
        book.hand_in(Handin("ada", "1", "ada.ipynb", "2027-01-01T00:00:00+00:00", certain=True))
        ((kept, _),) = book.latest()
        assert kept.submitted_at == "2027-01-01T00:00:00+00:00"


def test_an_earlier_notebook_handed_in_again_is_the_last(tmp_path: Path) -> None:
    with Gradebook(tmp_path / "book.sqlite") as book:
        for content in ("1", "2", "2", "1"):
            book.add(handin("ada", content), KEY, verdict())
        assert [kept.sha256 for kept, _ in book.latest()] == ["2", "1"]


def test_a_gradebook_of_an_older_release_is_brought_up_to_date(tmp_path: Path) -> None:
    with Gradebook(tmp_path / "book.sqlite") as book:
        book.add(handin("ada", "1"), KEY, verdict())
        book.connection.execute("ALTER TABLE handins DROP COLUMN late")
    with Gradebook(tmp_path / "book.sqlite") as book:
        book.add(replace(handin("bob", "2"), late=True), KEY, verdict())
        assert [(kept.student, kept.late) for kept, _ in book.latest()] == [
            ("ada", False),
            ("bob", True),
        ]


def test_a_file_that_is_no_gradebook(tmp_path: Path) -> None:
    file = tmp_path / "book.sqlite"
    file.write_text("not a database, but long enough to be taken for one" * 20)
    with pytest.raises(StorageError, match=r"book\.sqlite: the gradebook can't be used"):
        Gradebook(file)
