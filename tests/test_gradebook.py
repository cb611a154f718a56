"""The gradebook: every verdict kept, nothing graded twice, errors in words."""

import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from grader.answer_key import AnswerKey
from grader.errors import StorageError
from grader.gradebook import SCHEMA, Gradebook, Handin, Key
from grader.scored_checks import ScoredCheck, ScoredChecks
from grader.verdict import PackedVerdict, Verdict
from tests.classes import graded, relu

KEY = Key("assignment", "grader", "7", "settings")


def verdict(points: int = 100, status: str = "ok") -> Verdict:
    row = ScoredCheck("t", "v", "gradient", "c", "public", "passed", points, 100, "", "")
    return Verdict(status, "said", {"t": 100}, ScoredChecks.of([row]))  # type: ignore[arg-type]


def packed(points: int = 100) -> PackedVerdict:
    return verdict(points).packed()


def handin(student: str, sha256: str) -> Handin:
    return Handin(student, sha256, f"{student}.ipynb", "2026-01-01T00:00:00+00:00")


def test_a_verdict_comes_back_as_it_was(tmp_path: Path) -> None:
    with Gradebook(tmp_path / "book.sqlite") as book:
        book.add(handin("ada", "1"), KEY, packed())
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
        book.add(handin("ada", "1"), KEY, packed())
        assert book.has("ada", "1", KEY)
        assert not book.has("ada", "2", KEY)
        assert not book.has("bob", "1", KEY)
        assert not book.has("ada", "1", Key("changed", "grader", "7", "settings"))


def test_the_newest_verdict_counts_and_older_ones_stay(tmp_path: Path) -> None:
    with Gradebook(tmp_path / "book.sqlite") as book:
        book.add(handin("ada", "1"), KEY, packed(10))
        book.add(handin("ada", "1"), KEY, packed(20))
        assert [v.cents() for _, v in book.latest()] == [20]
        assert book.connection.execute("SELECT count(*) FROM verdicts").fetchone() == (2,)


def test_the_verdict_under_the_conditions_asked_for_counts(tmp_path: Path) -> None:
    other = Key("assignment", "grader", "7", "other settings")
    with Gradebook(tmp_path / "book.sqlite") as book:
        book.add(handin("ada", "1"), KEY, packed(10))
        book.add(handin("bob", "1"), other, packed(30))
        book.add(handin("ada", "1"), other, packed(20))
        assert [v.cents() for _, v in book.latest()] == [20, 30]
        book.count_under(KEY)
        assert [v.cents() for _, v in book.latest()] == [10, 30]


def test_a_verdict_that_the_grader_failed_to_give_is_tried_again(tmp_path: Path) -> None:
    with Gradebook(tmp_path / "book.sqlite") as book:
        book.add(handin("ada", "1"), KEY, replace(verdict(0), broken="machine").packed())
        assert not book.has("ada", "1", KEY)
        assert [v.broken for _, v in book.latest()] == ["machine"]


def test_the_state_changes_with_what_would_be_reported_and_with_nothing_else(
    tmp_path: Path,
) -> None:
    with Gradebook(tmp_path / "book.sqlite") as book:
        assert book.is_empty
        book.add(handin("ada", "1"), KEY, packed(10))
        state = book.state()
        book.hand_in(handin("ada", "1"))
        book.count_under(KEY)
        book.set_fact("seed", "7")
        assert book.state() == state
        book.add(handin("ada", "1"), KEY, packed(10))
        assert book.state() != state
        assert not book.is_empty


def test_a_gradebook_of_the_first_release_is_brought_up_to_date(tmp_path: Path) -> None:
    file = tmp_path / "book.sqlite"
    with closing(sqlite3.connect(file)) as first, first:
        first.executescript(SCHEMA)
        first.execute("INSERT INTO handins VALUES (1, 'ada', '1', 'ada.ipynb', '', 1)")
        for number, points in enumerate((10, 20), start=1):
            fields = (number, KEY.text, packed(points).data)
            first.execute("INSERT INTO verdicts VALUES (?, 1, ?, '', '', '', '', ?)", fields)
    for _ in range(2):
        with Gradebook(file) as book:
            assert [(h.student, v.cents()) for h, v in book.latest()] == [("ada", 20)]
            assert book.has("ada", "1", KEY)
            book.hand_in(replace(handin("bob", "2"), late=True))


def test_a_gradebook_of_a_later_release_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "book.sqlite"
    with closing(sqlite3.connect(file)) as later:
        later.execute("PRAGMA user_version = 99")
    with pytest.raises(StorageError, match="a newer release of the grader wrote this"):
        Gradebook(file)


def test_a_damaged_verdict_names_the_student_and_the_mend(tmp_path: Path) -> None:
    with Gradebook(tmp_path / "book.sqlite") as book:
        book.add(handin("ada", "1"), KEY, packed())
        book.connection.execute("UPDATE verdicts SET verdict = x'00'")
        with pytest.raises(StorageError, match=r"verdict on ada is damaged: .* --fresh"):
            list(book.latest())


def test_the_first_time_of_the_same_notebook_counts(tmp_path: Path) -> None:
    with Gradebook(tmp_path / "book.sqlite") as book:
        book.hand_in(handin("ada", "1"))
        book.hand_in(Handin("ada", "1", "moved.ipynb", "2027-01-01T00:00:00+00:00"))
        book.add(handin("ada", "1"), KEY, packed())
        ((kept, _),) = book.latest()
        assert kept.submitted_at == "2026-01-01T00:00:00+00:00"


def test_a_time_from_the_roster_overrules_a_files_own(tmp_path: Path) -> None:
    with Gradebook(tmp_path / "book.sqlite") as book:
        book.add(handin("ada", "1"), KEY, packed())
        book.hand_in(Handin("ada", "1", "ada.ipynb", "2027-01-01T00:00:00+00:00", certain=True))
        ((kept, _),) = book.latest()
        assert kept.submitted_at == "2027-01-01T00:00:00+00:00"


def test_an_earlier_notebook_handed_in_again_is_the_last(tmp_path: Path) -> None:
    with Gradebook(tmp_path / "book.sqlite") as book:
        for content in ("1", "2", "2", "1"):
            book.add(handin("ada", content), KEY, packed())
        assert [kept.sha256 for kept, _ in book.latest()] == ["2", "1"]


def test_a_file_that_is_no_gradebook(tmp_path: Path) -> None:
    file = tmp_path / "book.sqlite"
    file.write_text("not a database, but long enough to be taken for one" * 20)
    with pytest.raises(StorageError, match=r"book\.sqlite: the gradebook can't be used .*copy"):
        Gradebook(file)
