"""pytest's face, from outside: a test for each check, and nothing at all where it is not used."""

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from junitparser import JUnitXml

from tests.conftest import ROOT
from tests.notebooks import IMPORTS, LINEAR, RIGHT, SIGMOID, write

WRONG_RELU = "def relu_backward(dA, cache):\n    return dA"


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """A student's folder: the assignment beside the notebook, and a test that has no part in it."""
    shutil.copytree(ROOT / "assignments" / "backprop", tmp_path / "desk")
    (tmp_path / "desk" / "test_own.py").write_text(
        "import sys\n\n\ndef test_own():\n    assert 'grader' not in sys.modules\n"
    )
    return tmp_path / "desk"


def run(desk: Path, *arguments: object) -> tuple[subprocess.CompletedProcess[str], JUnitXml]:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "grader_pytest", "-p", "no:cacheprovider",
         "-W", "error", "--junit-xml=junit.xml", *map(str, arguments)],
        cwd=desk, capture_output=True, text=True, timeout=120, stdin=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    file = desk / "junit.xml"
    return done, JUnitXml.fromfile(str(file)) if file.is_file() else JUnitXml()


def test_it_costs_nothing_where_it_is_not_used(desk: Path) -> None:
    done, found = run(desk)
    assert done.returncode == 0, done.stdout
    assert found.tests == 1


def test_a_notebook_alone_is_a_test_for_each_check(desk: Path) -> None:
    write(desk / "mine.ipynb", *RIGHT)
    done, found = run(desk, "--grader-submission", "mine.ipynb")
    assert done.returncode == 0, done.stdout
    assert found.tests > 50
    assert (found.failures, found.errors) == (0, 0)
    assert "test_own" not in done.stdout


def test_a_file_that_is_no_notebook_says_so_first(desk: Path) -> None:
    (desk / "assignment.py").unlink()
    (desk / "mine.ipynb").write_text("<html>")
    done, _ = run(desk, "--grader-submission", "mine.ipynb")
    assert "mine.ipynb: not a notebook: it is a web page" in done.stdout
    assert "which assignment" not in done.stdout


def test_a_wrong_answer_fails_in_the_students_words(desk: Path) -> None:
    write(desk / "mine.ipynb", IMPORTS, LINEAR, WRONG_RELU, SIGMOID)
    done, found = run(desk, "test_own.py", "--grader-submission", "mine.ipynb")
    assert done.returncode == 1
    assert "mine.ipynb::relu_backward.dZ.gradient[by-hand]" in done.stdout
    assert "It looks as if" in done.stdout
    assert "[missing-derivative]" in done.stdout
    assert "Traceback" not in done.stdout
    results = {case.name: [r._tag for r in case.result] for suite in found for case in suite}
    assert "test_own" in results
    failed = [name for name, tags in results.items() if "failure" in tags and name != "test_own"]
    assert failed
    assert all(name.startswith("relu_backward.") for name in failed)


def test_a_function_that_is_not_there_is_no_success(desk: Path) -> None:
    write(desk / "mine.ipynb", IMPORTS, LINEAR, SIGMOID)
    done, found = run(desk, "--grader-submission", "mine.ipynb")
    assert done.returncode == 1
    assert found.failures == 1
    assert "relu_backward is not defined in the notebook" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--grader-submission", "nope.ipynb"], "nope.ipynb"),
        (
            ["--grader-submission", "mine.ipynb", "--grader-assignment", "nope"],
            "no assignment 'nope'",
        ),
    ],
)
def test_bad_input_is_one_clear_line(desk: Path, arguments: list[str], words: str) -> None:
    write(desk / "mine.ipynb", *RIGHT)
    done, _ = run(desk, *arguments)
    assert done.returncode not in (0, 1)
    assert words in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr


def test_pytest_finds_it_by_its_entry_point() -> None:
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert declared["entry-points"]["pytest11"] == {"grader_pytest": "grader_pytest"}
