"""The sample class as a whole: every notebook ends with its status, its marks, its diagnosis."""

import csv
from pathlib import Path

import pandas as pd
import pytest

from tests.conftest import ROOT

with (ROOT / "tests" / "data" / "sample_class.csv").open(encoding="utf-8", newline="") as stream:
    EXPECTED = list(csv.DictReader(stream))
TASKS = ("linear_backward", "relu_backward", "sigmoid_backward")

pytestmark = pytest.mark.xdist_group("sample class")


@pytest.fixture(scope="module")
def scores(sample_reports: Path) -> pd.DataFrame:
    return pd.read_csv(sample_reports / "scores.csv").set_index("student")


@pytest.fixture(scope="module")
def checks(sample_reports: Path) -> pd.DataFrame:
    return pd.read_parquet(sample_reports / "checks.parquet")


def test_every_student_has_one_row(scores: pd.DataFrame) -> None:
    assert sorted(scores.index) == sorted(row["student"] for row in EXPECTED)
    assert len(EXPECTED) >= 25


@pytest.mark.parametrize("row", EXPECTED, ids=lambda row: row["about"])
def test_ends_as_it_must(row: dict[str, str], scores: pd.DataFrame, checks: pd.DataFrame) -> None:
    scored = scores.loc[row["student"]]
    own = checks[checks["student"] == row["student"]]
    assert scored["status"] == row["status"], scored["message"]
    full = {"linear_backward": 60, "relu_backward": 20, "sigmoid_backward": 20}
    right = [task for task in TASKS if scored[task] == full[task]]
    assert ";".join(right) == row["full_marks"]
    if row["not_judged"]:
        for task in row["not_judged"].split(";"):
            assert set(own[own["task"] == task]["outcome"]) <= {"not_judged", "passed"}
            assert scored[task] == 0
    named = {name for ids in own["diagnosis"].dropna() for name in ids.split()}
    assert " ".join(sorted(named)) == row["diagnosis"]


def test_points_of_checks_add_up_to_the_scores(scores: pd.DataFrame, checks: pd.DataFrame) -> None:
    sums = checks.groupby("student")["points"].sum().round(2)
    assert (sums == scores["score"].reindex(sums.index).round(2)).all()
    parts = (scores["public_score"] + scores["private_score"]).round(2)
    assert (parts == scores["score"].round(2)).all()
    assert (scores["max_score"] == 100).all()


def test_every_imperfect_row_says_why(scores: pd.DataFrame) -> None:
    imperfect = scores[(scores["score"] < 100) | (scores["status"] != "ok")]
    assert (imperfect["message"].fillna("").str.len() > 10).all()


def test_the_generator_writes_what_is_committed() -> None:
    source = (ROOT / "scripts" / "sample_class.py").read_text(encoding="utf-8")
    for row in EXPECTED:
        assert row["student"] in source
