"""Reports that are read back are those that were written, and a change is seen."""

from pathlib import Path

import pandas as pd

from grader.assignment import Course
from grader.reports.files import write_frame
from grader.reports.frames import checks_frame, scores_frame
from grader.reports.written import mark, read_back
from tests.reports.test_reports import standing


def test_frames_come_back_as_they_were(backprop: Course, tmp_path: Path) -> None:
    rows = [standing(backprop, "ada", 1000), standing(backprop, "=Zoë", 0, said="é\u2028")]
    scores, checks = scores_frame(backprop.assignment, rows), checks_frame(rows)
    write_frame(scores, tmp_path, "scores")
    write_frame(checks, tmp_path, "checks")
    for kept, made in zip(read_back(tmp_path), (scores, checks), strict=True):
        pd.testing.assert_frame_equal(kept, made)


def test_a_mark_changes_with_each_file_and_each_thing_made_from(tmp_path: Path) -> None:
    (tmp_path / "scores.csv").write_text("1")
    first = mark(tmp_path, "state", "version")
    assert mark(tmp_path, "state", "version") == first
    assert mark(tmp_path, "state", "another") != first
    (tmp_path / "checks.json").write_text("1")
    second = mark(tmp_path, "state", "version")
    (tmp_path / "checks.json").write_text("12")
    assert len({first, second, mark(tmp_path, "state", "version")}) == 3
