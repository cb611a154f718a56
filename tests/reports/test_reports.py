"""Frames, files, JUnit: exact columns, exact sums, whole files, harmless text."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import xmlschema
from junitparser import JUnitXml

from grader.assignment import Course
from grader.errors import StorageError
from grader.gradebook import Handin
from grader.reports.files import replace_file, write_frame
from grader.reports.frames import CHECK_COLUMNS, NOT_ISOLATED, checks_frame, scores_frame, told
from grader.reports.junit import write_junit
from grader.reports.statistics import statistics
from grader.scored_checks import ScoredCheck, ScoredChecks
from grader.standings import Standing
from grader.verdict import Verdict, not_executed
from tests.conftest import ROOT

FULL = {"linear_backward": 6000, "relu_backward": 2000, "sigmoid_backward": 2000}


def standing(course: Course, student: str, earned: int, **fields: Any) -> Standing:
    rows = tuple(
        ScoredCheck(
            task.name, "v", "gradient", "c", split, "passed" if earned else "failed",
            earned, 1000, "" if earned else "transposed", fields.get("said", "wrong"),
        )
        for task in course.assignment.tasks
        for split in ("public", "private")
    )  # fmt: skip
    full = {task.name: 2000 for task in course.assignment.tasks}
    verdict = Verdict("ok", fields.get("said", "fine"), full, ScoredChecks.of(rows))
    when = fields.get("when", "2026-01-01T00:00:00+00:00")
    return Standing(
        Handin(student, "5ha", f"{student}.ipynb", when), verdict, 1, fields.get("late", 0)
    )


def test_columns_are_those_of_the_interface(backprop: Course) -> None:
    rows = [standing(backprop, "ada", 1000)]
    assert list(scores_frame(backprop.assignment, rows)) == [
        "student", "submission", "status", "score", "max_score", "public_score", "private_score",
        "linear_backward", "relu_backward", "sigmoid_backward",
        "late_penalty", "attempts", "submitted_at", "seconds", "sha256", "message",
    ]  # fmt: skip
    assert list(checks_frame(rows)) == list(CHECK_COLUMNS) == [
        "student", "task", "value", "check", "case", "split",
        "outcome", "points", "max_points", "diagnosis", "message",
    ]  # fmt: skip


def test_totals_add_up_to_the_cent(backprop: Course) -> None:
    frame = scores_frame(backprop.assignment, [standing(backprop, "ada", 333, late=7)])
    row = frame.iloc[0]
    assert row["score"] == 19.91
    assert round(row["public_score"] + row["private_score"] - row["late_penalty"], 2) == 19.91
    tasks = row[["linear_backward", "relu_backward", "sigmoid_backward"]].sum()
    assert round(tasks, 2) == 19.98


def test_what_was_never_run_is_a_row_too(backprop: Course) -> None:
    verdict = not_executed(FULL, "unreadable", "the file is empty")
    frame = scores_frame(backprop.assignment, [Standing(Handin("e", "", "", ""), verdict, 1, 0)])
    assert frame.iloc[0][["status", "score", "max_score"]].tolist() == ["unreadable", 0.0, 100.0]


@pytest.fixture
def frames(backprop: Course) -> tuple[pd.DataFrame, pd.DataFrame]:
    said = '=HYPERLINK("x")\x1b[31m]]><b>::error::'
    rows = [standing(backprop, "ada", 1000), standing(backprop, "=cmd|'/c'!A1", 0, said=said)]
    return scores_frame(backprop.assignment, rows), checks_frame(rows)


def test_no_student_can_say_that_a_run_was_not_isolated(backprop: Course) -> None:
    claim = "cell 1 raised Exception: [not isolated]"
    verdicts = [
        not_executed(FULL, "errors", claim),
        replace(not_executed(FULL, "errors", claim), isolated=False),
    ]
    rows = [Standing(Handin("ada", "", "a.ipynb", ""), verdict, 1, 0) for verdict in verdicts]
    messages = list(scores_frame(backprop.assignment, rows)["message"])
    assert [message.startswith(NOT_ISOLATED) for message in messages] == [False, True]
    assert [told(message) for message in messages] == [claim, claim]


def test_files_of_all_formats_hold_the_same(frames: Any, tmp_path: Path) -> None:
    scores, _ = frames
    write_frame(scores, tmp_path, "scores")
    from_parquet = pd.read_parquet(tmp_path / "scores.parquet")
    from_json = json.loads((tmp_path / "scores.json").read_text())
    assert from_parquet["student"].tolist() == scores["student"].tolist()
    assert [row["score"] for row in from_json] == scores["score"].tolist()
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        "scores.csv", "scores.json", "scores.parquet",
    ]  # fmt: skip


def test_csv_holds_no_formula(frames: Any, tmp_path: Path) -> None:
    write_frame(frames[0], tmp_path, "scores")
    read = pd.read_csv(tmp_path / "scores.csv")
    assert read["student"][1] == "'=cmd|'/c'!A1"
    assert read["message"][1].startswith("'=HYPERLINK")


def test_a_file_is_whole_or_not_there(tmp_path: Path) -> None:
    file = tmp_path / "scores.csv"
    file.write_text("old")

    def fails(target: Path) -> None:
        target.write_text("half")
        raise OSError(28, "No space left on device")

    with pytest.raises(StorageError, match=r"scores\.csv: can't be written \(No space left"):
        replace_file(file, fails)
    assert file.read_text() == "old"
    assert list(tmp_path.iterdir()) == [file]


def test_junit_is_read_by_a_reader_that_is_not_ours(frames: Any, tmp_path: Path) -> None:
    write_junit(*frames, tmp_path / "junit.xml")
    suites = JUnitXml.fromfile(str(tmp_path / "junit.xml"))
    assert [(s.name, s.tests, s.failures) for s in suites] == [
        ("ada", 3, 0),
        ("=cmd|'/c'!A1", 3, 3),
    ]
    assert suites.failures == 3


def test_junit_holds_to_the_schema_that_ci_systems_share(
    frames: Any, backprop: Course, tmp_path: Path
) -> None:
    verdict = not_executed(FULL, "unreadable", "no \x00 notebook \ufffe")
    unread = [Standing(Handin("e", "", "", ""), verdict, 1, 0)]
    scores = pd.concat([frames[0], scores_frame(backprop.assignment, unread)])
    checks = pd.concat([frames[1], checks_frame(unread)])
    write_junit(scores, checks, tmp_path / "junit.xml")
    schema = xmlschema.XMLSchema(ROOT / "tests" / "data" / "junit.xsd")
    schema.validate(tmp_path / "junit.xml")
    assert JUnitXml.fromfile(str(tmp_path / "junit.xml")).skipped == 3


def test_statistics_count_misconceptions_by_student(frames: Any, backprop: Course) -> None:
    points = {task.name: 20.0 for task in backprop.assignment.tasks}
    found = statistics(*frames, points)
    assert found.misconceptions.loc["transposed", "students"] == 1
    assert found.tasks.loc["relu_backward", "mean"] == 10
    assert found.tasks.loc["relu_backward", "spread"] == 10
    assert found.hardest == ("gradient of linear_backward.v", 0.5)
