"""Reports of a class from its gradebook: the same, however many processes make them."""

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from grader.answer_key import AnswerKey
from grader.gradebook import Gradebook, Handin, Key
from grader.reporting import write_reports
from tests.classes import graded, linear_without_mean

KEY = Key("assignment", "grader", "7", "settings")
NAMES = ["Ünal", *(f"student-{number:02}" for number in range(24)), "\U0001f600", "李小明"]


@pytest.fixture
def gradebook(backprop_key: AnswerKey, tmp_path: Path) -> Gradebook:
    right = graded(backprop_key, "ada").verdict
    wrong = graded(backprop_key, "ada", linear_backward=linear_without_mean).verdict
    with Gradebook(tmp_path / "gradebook.sqlite") as book:
        for number, name in enumerate(NAMES):
            book.add(
                Handin(name, str(number), f"{name}.ipynb", ""),
                KEY,
                replace(wrong if number % 3 else right, seconds=float(number)).packed(),
            )
        yield book


def test_many_processes_write_what_one_does(
    backprop_key: AnswerKey, gradebook: Gradebook, tmp_path: Path
) -> None:
    made = {
        jobs: write_reports(backprop_key.course, gradebook, tmp_path / str(jobs), jobs)
        for jobs in (1, 3)
    }
    for one, many in zip(made[1], made[3], strict=True):
        pd.testing.assert_frame_equal(one, many)
    assert sorted(made[3][0]["student"]) == sorted(NAMES)
    files = {
        jobs: {
            file.relative_to(tmp_path / str(jobs)): file.read_bytes()
            for file in (tmp_path / str(jobs)).rglob("*.*")
        }
        for jobs in (1, 3)
    }
    assert len(files[1]) == len(NAMES) + 7
    assert files[1] == files[3]
