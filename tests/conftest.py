"""Fixtures that many tests share: assignments, answer keys, the graded sample class."""

import subprocess
import sys
from pathlib import Path

import pytest

from grader.answer_key import AnswerKey, make_answer_key
from grader.assignment import Course
from grader.loading import load_course

ROOT = Path(__file__).resolve().parent.parent
SEED = 5


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


def grader(
    *arguments: object, cwd: Path = ROOT, timeout: float = 120
) -> subprocess.CompletedProcess[str]:
    """The command line in a process of its own, as somebody would call it."""
    return subprocess.run(
        [sys.executable, "-m", "grader", *map(str, arguments)],
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=timeout,
        stdin=subprocess.DEVNULL,
    )


def course_named(name: str) -> Course:
    return load_course(ROOT / "assignments" / name, with_solution=True)


@pytest.fixture(scope="session")
def backprop() -> Course:
    return course_named("backprop")


@pytest.fixture(scope="session")
def backprop_key(backprop: Course) -> AnswerKey:
    return make_answer_key(backprop, SEED)


@pytest.fixture(scope="session")
def deep_net_key() -> AnswerKey:
    return make_answer_key(course_named("deep-net"), SEED)


@pytest.fixture(scope="session")
def scalar_net_key() -> AnswerKey:
    return make_answer_key(course_named("scalar-net"), SEED)


@pytest.fixture(scope="session")
def sample_reports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The reports of the sample class; who uses it is of the xdist group `sample class`."""
    out = tmp_path_factory.mktemp("reports")
    done = grader("grade", "submissions/backprop", "--timeout", 5, "--out", out, timeout=400)
    assert done.returncode == 3, done.stderr
    return out
