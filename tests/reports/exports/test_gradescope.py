"""Gradescope: valid by a schema written from the specification, and nothing private shown."""

import json
import math

import jsonschema
import pandas as pd
import pytest

from grader.reports.exports.gradescope import TEXT_LIMIT, VISIBILITIES, as_json, results
from tests.conftest import ROOT

SCHEMA = json.loads((ROOT / "tests" / "data" / "gradescope.schema.json").read_text("utf-8"))
GOLDEN = ROOT / "tests" / "data" / "exports" / "results.json"


def of(
    student: str, scores: pd.DataFrame, checks: pd.DataFrame, **how: object
) -> dict[str, object]:
    row = scores[scores["student"] == student].to_dict("records")[0]
    return results(row, checks[checks["student"] == student], **how)  # type: ignore[arg-type]


def test_the_file_is_the_golden_one(scores: pd.DataFrame, checks: pd.DataFrame) -> None:
    assert as_json(of("Eilidh O'Brien", scores, checks)) == GOLDEN.read_text("utf-8")


def test_every_students_file_is_valid(scores: pd.DataFrame, checks: pd.DataFrame) -> None:
    for student in scores["student"]:
        for private in VISIBILITIES:
            said = of(student, scores, checks, private=private, leaderboard=True)
            jsonschema.validate(json.loads(as_json(said)), SCHEMA)


def test_private_cases_are_hidden_counts(scores: pd.DataFrame, checks: pd.DataFrame) -> None:
    said = json.loads(as_json(of("Eilidh O'Brien", scores, checks)))
    hidden = [test for test in said["tests"] if "private" in test["name"]]
    assert [test["visibility"] for test in hidden] == ["hidden", "hidden"]
    assert [test["output"] for test in hidden] == [
        "0 of 1 checks on private cases passed.", "1 of 1 checks on private cases passed.",
    ]  # fmt: skip
    assert "drawn-1" not in json.dumps(said)
    assert not any("tags" in test for test in hidden)


def test_points_add_up_to_the_score_but_for_lateness(
    scores: pd.DataFrame, checks: pd.DataFrame
) -> None:
    said = json.loads(as_json(of("Eilidh O'Brien", scores, checks)))
    assert sum(test["score"] for test in said["tests"]) - 5.5 == pytest.approx(said["score"])
    assert "late by 2 h: 5.5 points less" in said["output"]


def test_a_students_text_stays_text(scores: pd.DataFrame, checks: pd.DataFrame) -> None:
    said = json.loads(as_json(of("de luca, chiara", scores, checks)))
    formats = {said["output_format"], *(test["output_format"] for test in said["tests"])}
    assert formats == {"text"}
    assert "\x1b" not in json.dumps(said["output"])
    assert "\\u001b" not in as_json(said)


def test_no_number_is_ever_nan_and_no_text_endless(
    scores: pd.DataFrame, checks: pd.DataFrame
) -> None:
    row = scores.to_dict("records")[0]
    row.update(score=math.nan, seconds=math.inf, message="x" * 100_000 + "\ud800")
    own = checks[checks["student"] == row["student"]].assign(points=math.nan)
    said = json.loads(as_json(results(row, own)))
    jsonschema.validate(said, SCHEMA)
    assert said["score"] == 0
    assert len(said["output"]) == TEXT_LIMIT + 2


def test_what_concerns_the_instructor_alone_is_left_out(
    scores: pd.DataFrame, checks: pd.DataFrame
) -> None:
    row = scores.to_dict("records")[0] | {"message": "[not isolated] fine"}
    assert results(row, checks[checks["student"] == row["student"]])["output"] == "fine"
