"""A fourth assignment needs no change in grader/: the pages' own example, run from end to end."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from grader.answer_key import AnswerKey, make_answer_key
from grader.loading import load_course
from grader.proving import try_function
from tests.conftest import ROOT, grader
from tests.diagnosis.test_mistakes import named
from tests.notebooks import write

PAGE = (ROOT / "docs" / "authors.md").read_text(encoding="utf-8")


def block(name: str) -> str:
    """The code block that follows a file's name in the page."""
    found = re.search(rf"\*\*`{re.escape(name)}`\*\*.*?```python\n(.*?)```", PAGE, re.DOTALL)
    assert found, name
    return found[1]


@pytest.fixture
def school(tmp_path: Path) -> Path:
    for kind, file in (("assignments", "assignment.py"), ("solutions", "solution.py")):
        place = tmp_path / kind / "tanh" / file
        place.parent.mkdir(parents=True)
        place.write_text(block(f"{kind}/tanh/{file}"), encoding="utf-8")
    write(tmp_path / "assignments" / "tanh" / "tanh.ipynb", block("assignments/tanh/tanh.ipynb"))
    return tmp_path


def test_is_sound_and_grades(school: Path) -> None:
    done = grader("validate", "tanh", cwd=school)
    assert done.returncode == 0, done.stdout + done.stderr
    shown = re.search(r"`grader validate tanh` prints:\n\n```text\n(.*?)```", PAGE, re.DOTALL)
    assert shown is not None
    assert done.stdout == shown[1]
    right = "import numpy as np\ndef tanh_backward(dA, cache):\n    return dA / np.cosh(cache) ** 2"
    stable = right.replace("dA / np.cosh(cache) ** 2", "dA * (1 - np.tanh(cache) ** 2)")
    sine = "import numpy as np\ndef tanh_backward(dA, cache):\n    return np.tanh(dA)"
    for name, source in {"right": right, "stable": stable, "wrong": sine}.items():
        write(school / "tanh" / f"{name}.ipynb", source)
    stub = (school / "assignments" / "tanh" / "tanh.ipynb").read_bytes()
    (school / "tanh" / "stub.ipynb").write_bytes(stub)
    done = grader("grade", "tanh", cwd=school)
    assert done.returncode == 0, done.stderr
    scores = pd.read_csv(school / "reports" / "tanh" / "scores.csv").set_index("student")
    assert scores.loc["stable", "score"] == scores.loc["stable", "max_score"]
    assert scores.loc["right", "score"] >= 0.9 * scores.loc["right", "max_score"]
    assert scores.loc["wrong", "score"] == scores.loc["stub", "score"] == 0
    checks = pd.read_csv(school / "reports" / "tanh" / "checks.csv")
    assert "activation-of-gradient" in set(checks["diagnosis"].dropna())


@pytest.fixture(scope="module")
def softmax_key(tmp_path_factory: pytest.TempPathFactory) -> AnswerKey:
    place = tmp_path_factory.mktemp("softmax")
    solution = """
from grader import Solution

def softmax_backward(A, Y):
    return (A - Y) / Y.shape[1]

solution = Solution({"softmax_backward": softmax_backward})
"""
    for kind, source in (
        ("assignments", block("assignments/softmax/assignment.py")),
        ("solutions", solution),
    ):
        (place / kind / "softmax").mkdir(parents=True)
        (place / kind / "softmax" / f"{kind[:-1]}.py").write_text(source, encoding="utf-8")
    return make_answer_key(load_course(place / "assignments" / "softmax", with_solution=True), 1)


@pytest.mark.parametrize(
    ("ids", "function"),
    [
        ("missing-1-over-m", lambda A, Y: A - Y),
        ("sign-flipped", lambda A, Y: (Y - A) / Y.shape[1]),
        ("wrong-m", lambda A, Y: (A - Y) / len(Y)),
        ("", lambda A, Y: (A - Y) ** 2),
    ],
)
def test_softmax_with_cross_entropy(softmax_key: AnswerKey, ids: str, function: Any) -> None:
    assert named(softmax_key, "softmax_backward", function) == {"dZ": {ids}}


def test_labels_of_several_classes_are_one_hot_in_every_case(softmax_key: AnswerKey) -> None:
    for truth in softmax_key.truths["softmax_backward"].values():
        labels = truth.arguments[1]
        assert set(np.unique(labels)) <= {0.0, 1.0}
        assert (labels.sum(axis=0) == 1).all()


def test_the_smallest_case_shows_what_softmax_backward_is_called_with(
    softmax_key: AnswerKey,
) -> None:
    task = softmax_key.course.assignment.tasks[0]
    (found,), truths = try_function(softmax_key, task, lambda A, Y: A - Y)[1], softmax_key.truths
    assert found.example is not None
    assert list(found.example.inputs) == ["A", "Y"]
    A, Y = truths[task.name][found.example.case].arguments
    assert found.example.inputs["A"] == A.tolist()
    assert found.example.got == (A - Y).tolist()
