"""Moodle: grade and feedback always both, in the instructor's export or in a file of their own."""

import io

import pandas as pd
import pytest

from grader.errors import UsageError
from grader.reports.exports.matching import contacts, known_as
from grader.reports.exports.moodle import MoodleWish, fill_moodle, new_moodle
from grader.reports.exports.sheet import Filled, parsed, read_sheet
from grader.roster import Contact, read_roster
from tests.conftest import ROOT

DATA = ROOT / "tests" / "data" / "exports"
WISH = MoodleWish(titles=("Backpropagation through one layer", "backprop"))


def fill(name: str, scores: pd.DataFrame, wish: MoodleWish = WISH) -> Filled:
    return fill_moodle(read_sheet(DATA / name), scores, known_as(scores["student"], {}, None), wish)


@pytest.mark.parametrize("name", ["moodle-worksheet", "moodle-grades"])
def test_the_file_is_the_golden_one(scores: pd.DataFrame, name: str) -> None:
    filled = fill(f"{name}.csv", scores)
    assert filled.data == (DATA / f"{name}-filled.csv").read_bytes()
    assert filled.changed == ["Anton Weiß"]


def test_what_pandas_reads_has_grade_and_feedback_and_all_else_as_it_was(
    scores: pd.DataFrame,
) -> None:
    filled = pd.read_csv(io.BytesIO(fill("moodle-worksheet.csv", scores).data), dtype=str)
    before = pd.read_csv(DATA / "moodle-worksheet.csv", dtype=str)
    assert list(filled) == list(before)
    assert filled["Grade"].tolist()[:3] == ["80.00", "60.00", "20.00"]
    assert filled["Grade"].isna()[3]
    assert filled["Feedback comments"][1] == "relu_backward: dZ is not the slope"
    untouched = ["Grade", "Feedback comments"]
    pd.testing.assert_frame_equal(filled.drop(columns=untouched), before.drop(columns=untouched))


def test_feedback_is_text_in_html_and_no_formula(scores: pd.DataFrame) -> None:
    people = {student: Contact() for student in scores["student"]}
    filled = new_moodle(scores, people | {"de luca, chiara": Contact("103")}, WISH)
    read = pd.read_csv(io.BytesIO(filled.data), dtype=str)
    said = read.iloc[0]["Backpropagation through one layer (Feedback)"]
    assert said.startswith("'=HYPERLINK")
    assert "<script>" not in said
    assert "&lt;script&gt;" in said


def test_a_file_of_its_own_has_who_the_roster_knows(scores: pd.DataFrame) -> None:
    roster = read_roster(DATA / "roster.csv")
    filled = new_moodle(scores, contacts(scores["student"], {}, roster), WISH)
    read = pd.read_csv(io.BytesIO(filled.data), dtype=str, keep_default_na=False)
    assert list(read) == [
        "ID number", "Email address",
        "Backpropagation through one layer", "Backpropagation through one layer (Feedback)",
    ]  # fmt: skip
    assert read["ID number"].tolist() == ["101", "", "103"]
    assert read["Email address"].tolist()[1] == "anton@example.org"
    assert set(filled.unmatched) == {"Eilidh O'Brien", "=cmd|'/c'!A1", "Zoë Müller"}


def test_heads_of_another_language_are_named(scores: pd.DataFrame) -> None:
    sheet = parsed("Vorname,Nummer,Bewertung,Rückmeldung\nA,Amara Okafor,,x\n")
    wish = MoodleWish(titles=("x",), column="Bewertung", feedback="Rückmeldung", by="Nummer")
    filled = fill_moodle(sheet, scores, known_as(scores["student"], {}, None), wish)
    assert filled.data.decode().splitlines()[1] == "A,Amara Okafor,80.00,x"


@pytest.mark.parametrize(
    ("head", "wish", "words"),
    [
        ("Username,Other (Real)", WISH, "no column for 'Backprop.*--column"),
        ("Username,backprop (Real),Quiz: backprop (Real)", WISH, "several columns fit"),
        ("Nummer,backprop", WISH, "no column to find students by.*--by"),
        ("Username,backprop", MoodleWish(titles=("backprop",), feedback="x"), "no column 'x'"),
        ("Username,backprop (Percentage)", WISH, "no column for"),
    ],
)
def test_what_can_not_be_filled_is_one_clear_line(
    scores: pd.DataFrame, head: str, wish: MoodleWish, words: str
) -> None:
    with pytest.raises(UsageError, match=words):
        fill_moodle(parsed(f"{head}\n"), scores, known_as(scores["student"], {}, None), wish)
