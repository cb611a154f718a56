"""Canvas: one column of the instructor's export is filled, every other byte is as it was."""

import re
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from grader.errors import UsageError
from grader.reports.exports.canvas import fill_canvas
from grader.reports.exports.grades import Wish
from grader.reports.exports.matching import known_as
from grader.reports.exports.sheet import Filled, Sheet, parsed, read_sheet
from tests.conftest import ROOT

DATA = ROOT / "tests" / "data" / "exports"
WISH = Wish(titles=("Backpropagation through one layer", "backprop"))


def fill(sheet: Sheet, scores: pd.DataFrame, wish: Wish = WISH) -> Filled:
    return fill_canvas(sheet, scores, known_as(scores["student"], {}, None), wish)


def test_the_file_is_the_golden_one(scores: pd.DataFrame) -> None:
    filled = fill(read_sheet(DATA / "canvas.csv"), scores)
    assert filled.data == (DATA / "canvas-filled.csv").read_bytes()
    assert filled.filled == 3
    assert filled.changed == ["de luca, chiara"]
    assert filled.kept == {"Anton Weiß": "excused", "Zoë Müller": "nothing handed in"}
    assert filled.unmatched == {"=cmd|'/c'!A1": "no row fits"}


def test_only_the_cells_of_one_column_differ(scores: pd.DataFrame, tmp_path: Path) -> None:
    source = DATA / "canvas.csv"
    (tmp_path / "filled.csv").write_bytes(fill(read_sheet(source), scores).data)
    before, after = (
        pd.read_csv(file, dtype=str, keep_default_na=False, encoding="utf-8-sig")
        for file in (source, tmp_path / "filled.csv")
    )
    column = "Backprop (1234)"
    pd.testing.assert_frame_equal(before.drop(columns=column), after.drop(columns=column))
    assert after[column].tolist() == [
        "", "80.00", "80.00", "ex", "20.00", "54.50", "12.00", "12", "",
    ]  # fmt: skip


def test_a_number_under_another_head_is_no_trouble(scores: pd.DataFrame) -> None:
    text = "Student,Student ID,Section,Backprop (1234)\nAmara Okafor,1,A,\n"
    filled = fill(parsed(text), scores.iloc[:1])
    assert filled.data.decode().splitlines()[1] == "Amara Okafor,1,A,80.00"


def test_zero_missing_fills_who_handed_in_nothing(scores: pd.DataFrame) -> None:
    filled = fill(read_sheet(DATA / "canvas.csv"), scores, replace(WISH, zero_missing=True))
    assert b"0.00" in filled.data
    assert filled.kept == {"Anton Weiß": "excused"}


def test_a_new_column_gets_its_points_and_leaves_the_rest(scores: pd.DataFrame) -> None:
    sheet = read_sheet(DATA / "canvas.csv")
    filled = fill(sheet, scores, Wish(titles=("=Week, 3",), new=True))
    lines, before = filled.data.decode().split("\r\n"), sheet.text.split("\r\n")
    assert lines[0] == before[0] + ',"\'=Week, 3"'
    assert lines[2] == before[2] + ",80.00"
    assert lines[3] == before[3] + ",80.00"
    assert all(line.startswith(old) for line, old in zip(lines, before, strict=True))


@pytest.mark.parametrize("named", ["Backprop (1234)", "1234", "backprop"])
def test_a_column_is_named_by_head_number_or_title(scores: pd.DataFrame, named: str) -> None:
    filled = fill(read_sheet(DATA / "canvas.csv"), scores, Wish(titles=("x",), column=named))
    assert filled.data == (DATA / "canvas-filled.csv").read_bytes()


def test_points_are_converted_only_if_asked_for(scores: pd.DataFrame) -> None:
    sheet = parsed(
        "LastName;FirstName;ID;SIS Login ID;Section;Backprop (7)\n"
        "Points Possible;;;;;8,00\nOkafor;Amara;1;a;S;\nWeiß;Anton;2;b;S;N/A\n"
    )
    with pytest.raises(UsageError, match=r"'Backprop \(7\)' has 8 points, the assignment 80"):
        fill(sheet, scores)
    scaled = fill(sheet, scores, replace(WISH, scale=True))
    assert scaled.data.decode().splitlines()[2] == "Okafor;Amara;1;a;S;8,00"
    assert scaled.kept == {"Anton Weiß": "the assignment is not given to them"}
    unscaled = fill(sheet, scores, replace(WISH, scale=False))
    assert unscaled.data.decode().splitlines()[2] == "Okafor;Amara;1;a;S;80,00"


@pytest.mark.parametrize(
    ("text", "wish", "words"),
    [
        ("student,status\nx,ok\n", WISH, "line 1 is not the header of a Canvas gradebook"),
        ("Student,ID,Section,A (1)\n", WISH, "no column for 'Backprop.*there are: 'A (1)'"),
        ("Student,ID,Section,Backprop (1),backprop (2)\n", WISH, "several columns fit"),
        ("Student,ID,Section,Backprop (1)\n", Wish(("backprop",), new=True), "already"),
        ("Student,ID,Section,A\n", Wish(("Final Score",), new=True), "for a total"),
        ("Student,ID,Section,Final Score\n", Wish(("Final Score",)), "there are: none"),
        ("Student,ID,Section,backprop\nPoints Possible,,,(read only)\n", WISH, "read only"),
    ],
)  # fmt: skip
def test_what_can_not_be_filled_is_one_clear_line(
    scores: pd.DataFrame, text: str, wish: Wish, words: str
) -> None:
    with pytest.raises(UsageError, match=words.replace("(1)", re.escape("(1)"))):
        fill(parsed(text), scores, wish)
