"""GitHub: what a student wrote is never a command, and a summary never too long to be taken."""

import base64
import json
import re

import pandas as pd
import pytest

from grader.reports.exports.github import (
    ANNOTATIONS,
    annotations,
    bounded,
    classroom,
    outputs,
    points,
    summary,
)
from tests.conftest import ROOT

DATA = ROOT / "tests" / "data" / "exports"
CHIARA = "de luca, chiara"


def of(student: str, frame: pd.DataFrame) -> pd.DataFrame:
    return frame[frame["student"] == student]


def test_summaries_are_the_golden_ones(scores: pd.DataFrame, checks: pd.DataFrame) -> None:
    whole = summary("Back | prop", scores, checks, 2**20)
    single = summary("Backprop", of(CHIARA, scores), of(CHIARA, checks), 2**20)
    assert whole == (DATA / "summary-class.md").read_text("utf-8")
    assert single == (DATA / "summary-student.md").read_text("utf-8")


def test_markdown_has_none_of_a_students_signs(scores: pd.DataFrame, checks: pd.DataFrame) -> None:
    text = summary("t", scores, checks, 2**20)
    for sign in ("<script", "**b**", "@all", "::error", "##[", "\x1b", "](", "cmd|"):
        assert sign not in text
    assert {line.count("|") for line in text.splitlines() if line.startswith("|")} == {5}


def test_a_summary_is_cut_at_a_line(scores: pd.DataFrame, checks: pd.DataFrame) -> None:
    many = pd.concat([scores.assign(student=f"Zoë {n}") for n in range(2000)])
    text = summary("t", many, checks, 20_000)
    assert len(text.encode()) <= 20_000
    assert re.search(r"\n… and \d+ lines more\n$", text)
    assert bounded(["a", "b"], 4) == "a\nb\n"


def test_annotations_are_one_line_each_and_escaped(checks: pd.DataFrame) -> None:
    lines = annotations(of(CHIARA, checks), "a,b:c%.ipynb")
    assert len(lines) == 1
    assert lines[0].startswith(
        "::error file=a%2Cb%3Ac%25.ipynb,title=linear_backward.dW::=HYPERLINK"
    )
    assert "%0A::error::%250A" in lines[0]
    assert not set("\r\n\x1b") & set(lines[0])


def test_what_was_not_judged_is_a_warning(checks: pd.DataFrame) -> None:
    lines = annotations(of("=cmd|'/c'!A1", checks), "x.ipynb")
    assert [line.split(" ")[0] for line in lines] == ["::warning", "::warning"]


def test_no_more_annotations_than_are_shown(checks: pd.DataFrame) -> None:
    failing = of(CHIARA, checks).iloc[:1]
    many = pd.concat([failing.assign(task=f"t{n}") for n in range(30)], ignore_index=True)
    assert len(annotations(many, "x")) == ANNOTATIONS


def test_the_classroom_result_is_numbers_and_our_own_words(
    scores: pd.DataFrame, checks: pd.DataFrame
) -> None:
    score = of(CHIARA, scores).to_dict("records")[0]
    lines = dict(line.split("=", 1) for line in outputs(score, of(CHIARA, checks)).splitlines())
    assert (lines["score"], lines["max-score"]) == ("20", "80")
    tests = [
        {"name": "linear_backward", "status": "fail", "score": 0.0, "message": "0 of 60 points"},
        {"name": "relu_backward", "status": "pass", "score": 20.0, "message": "20 of 20 points"},
    ]
    assert json.loads(base64.b64decode(lines["result"])) == {
        "version": 3, "status": "fail", "max_score": 80.0, "tests": tests,
    }  # fmt: skip
    assert points(score) == "::notice title=Autograding complete::Points 20/80"


@pytest.mark.parametrize("student", ["Amara Okafor", "Eilidh O'Brien"])
def test_points_of_the_tests_are_those_of_the_tasks(
    scores: pd.DataFrame, checks: pd.DataFrame, student: str
) -> None:
    score = of(student, scores).to_dict("records")[0]
    earned = sum(test["score"] for test in classroom(score, of(student, checks))["tests"])
    assert earned == score["score"] + score["late_penalty"]
