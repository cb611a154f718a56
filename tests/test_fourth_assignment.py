"""A fourth assignment needs no change in grader/: the pages' own example, run from end to end."""

import re
from pathlib import Path

import pandas as pd
import pytest

from tests.conftest import ROOT, grader
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
