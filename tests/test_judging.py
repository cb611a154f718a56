"""The one message of a verdict."""

from pathlib import Path

import pandas as pd

from tests.conftest import ROOT, grader
from tests.notebooks import write


def test_a_name_that_is_no_function_is_said_in_the_students_row(tmp_path: Path) -> None:
    write(tmp_path / "class" / "ada.ipynb", "relu_backward = 5")
    done = grader(
        *("grade", tmp_path / "class", "--assignment", "backprop", "--out", tmp_path / "out"),
        cwd=ROOT,
    )
    assert done.returncode == 0, done.stderr
    row = pd.read_csv(tmp_path / "out" / "scores.csv").iloc[0]
    assert "relu_backward is an int, not a function" in row["message"]
    assert "not asked" not in row["message"]
