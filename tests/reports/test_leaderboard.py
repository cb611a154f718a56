"""The leaderboard by Kaggle's rules: ties, shared ranks, shake-up, nothing private in public."""

import csv
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import pytest

from grader.assignment import Course
from grader.gradebook import Gradebook
from grader.pseudonyms import pseudonyms
from grader.reports.console import console
from grader.reports.files import write_csv
from grader.reports.leaderboard import (
    board_table,
    leaderboard,
    rules_in_words,
    write_board_page,
)


def scores(*rows: tuple[str, float, float, str]) -> pd.DataFrame:
    columns = ["student", "public_score", "private_score", "submitted_at"]
    return pd.DataFrame(rows, columns=columns).assign(status="ok", attempts=1)


CLASS = scores(
    ("ada", 40, 10, "2026-01-02T00:00:00+00:00"),
    ("bob", 40, 60, "2026-01-02T00:30:00+01:00"),
    ("cleo", 30, 50, ""),
    ("dan", 30, 40, ""),
    ("eve", 30, 0, "2026-01-01T00:00:00+00:00"),
)


def test_a_tie_goes_to_the_earlier_whatever_the_time_zone() -> None:
    board = leaderboard(CLASS, private=False)
    assert list(board) == ["rank", "student", "score", "attempts"]
    assert board["student"].tolist() == ["bob", "ada", "eve", "cleo", "dan"]


def test_who_can_not_be_told_apart_shares_the_rank() -> None:
    assert leaderboard(CLASS, private=False)["rank"].tolist() == [1, 2, 3, 4, 4]
    same = scores(*((name, 1, 1, "2026-01-01T00:00:00Z") for name in ("b", "a", "c")))
    assert leaderboard(same, private=False)[["rank", "student"]].to_numpy().tolist() == [
        [1, "a"], [1, "b"], [1, "c"],
    ]  # fmt: skip


def test_revealing_shows_how_far_each_went() -> None:
    board = leaderboard(CLASS, private=True)
    assert board[["student", "rank", "public_rank", "change"]].to_numpy().tolist() == [
        ["bob", 1, 1, 0],
        ["cleo", 2, 4, 2],
        ["dan", 3, 4, 1],
        ["ada", 4, 2, -2],
        ["eve", 5, 3, -2],
    ]


def test_nobody_has_handed_in(backprop: Course, tmp_path: Path) -> None:
    nobody = CLASS.assign(status="missing")
    for private in (False, True):
        board = leaderboard(nobody, private=private)
        assert board.empty
        write_board_page(board, "t", "r", tmp_path / "b.html")
    assert "Nobody has handed in yet." in (tmp_path / "b.html").read_text()


def test_the_terminal_shows_it_in_80_columns(capsys: pytest.CaptureFixture[str]) -> None:
    long = CLASS.replace({"student": {"ada": "A" * 100, "bob": "[red]Bob"}})
    console().print(board_table(leaderboard(long, private=True)))
    shown = capsys.readouterr().out.splitlines()
    assert max(map(len, shown)) <= 80
    assert shown[0].split() == ["rank", "student", "score", "public", "rank", "change", "attempts"]
    assert "[red]Bob" in shown[1]
    assert "▲ 2" in shown[2]
    assert "▼ 2" in shown[4]


class Seen(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.fetched: list[str] = []
        self.text = ""
        self.policy = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.policy += dict(attrs).get("content") or "" if tag == "meta" else ""
        self.fetched += [value or "" for name, value in attrs if name in ("src", "href")]

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_page_is_one_file_and_names_are_text(tmp_path: Path) -> None:
    name = "<img src=x onerror=alert(1)>"
    hostile = CLASS.replace({"student": {"ada": name}})
    file = tmp_path / "board.html"
    write_board_page(leaderboard(hostile, private=True), "<b>Title", "<i>Rules", file)
    seen = Seen()
    seen.feed(file.read_text("utf-8"))
    assert not {"img", "script", "b", "i", "link"} & set(seen.tags)
    assert seen.fetched == []
    assert "<img src=x onerror=alert(1)>" in seen.text
    assert "down 2" in seen.text
    assert seen.tags.count("tr") == 6
    assert "default-src 'none'" in seen.policy


def test_the_csv_is_read_back_and_holds_no_formula(tmp_path: Path) -> None:
    file = tmp_path / "board.csv"
    formula = CLASS.replace({"student": {"ada": "=1+1"}})
    write_csv(leaderboard(formula, private=False), file)
    with file.open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    assert [row["student"] for row in rows] == ["bob", "'=1+1", "eve", "cleo", "dan"]
    assert rows[0] == {"rank": "1", "student": "bob", "score": "40", "attempts": "1"}


def test_pseudonyms_stay_and_give_nothing_away(tmp_path: Path) -> None:
    students = [f"student {n}" for n in range(300)]
    with Gradebook(tmp_path / "book.sqlite") as book:
        names = pseudonyms(book, students)
    with Gradebook(tmp_path / "book.sqlite") as book:
        assert pseudonyms(book, reversed(students)) == names
        one_by_one = {name: pseudonyms(book, [name])[name] for name in students[:20]}
    assert one_by_one.items() <= names.items()
    assert len(set(names.values())) == 300
    with Gradebook(tmp_path / "other.sqlite") as other:
        differs = pseudonyms(other, students)
    assert sum(names[name] == differs[name] for name in students) < 3


def test_under_pseudonyms_no_name_is_shown_and_equals_stand_in_their_order() -> None:
    names = {"ada": "Z 1", "bob": "Y 2", "cleo": "X 9", "dan": "A 3", "eve": "W 4"}
    board = leaderboard(CLASS, private=False, names=names)
    assert board["student"].tolist() == ["Y 2", "Z 1", "W 4", "A 3", "X 9"]


def test_the_rules_are_said(backprop: Course) -> None:
    assert rules_in_words(backprop.assignment) == (
        "Each student's last submission counts; a tie goes to the earlier."
    )
