"""The zip for Gradescope: packed, unpacked as Gradescope does, and run with what students send."""

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from grader.assignment import Course
from grader.autograder import Way, pack
from grader.autograder.wheel import constraints, wheel
from tests.conftest import ROOT
from tests.notebooks import IMPORTS, LINEAR, RIGHT, write

SCHEMA = json.loads((ROOT / "tests" / "data" / "gradescope.schema.json").read_text("utf-8"))


@pytest.fixture(scope="module")
def archive(backprop: Course, tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("zip") / "autograder.zip"
    file.write_bytes(pack(backprop, Way(seed=7, sandbox="off"), "matplotlib\n"))
    return file


@pytest.fixture
def container(archive: Path, tmp_path: Path) -> Path:
    """What Gradescope lays out, with a submission that is still empty."""
    with zipfile.ZipFile(archive) as packed:
        packed.extractall(tmp_path / "source")
    (tmp_path / "submission").mkdir()
    metadata = {"created_at": "2026-07-01T14:22:32.365935-07:00", "users": [{"name": "x"}]}
    (tmp_path / "submission_metadata.json").write_text(json.dumps(metadata))
    return tmp_path


def run(container: Path, python: str = sys.executable) -> tuple[dict[str, Any], str]:
    """The valid result that there is in the end, and what the instructor sees."""
    done = subprocess.run(
        [sys.executable, container / "source" / "run_autograder"],
        env={**os.environ, "AUTOGRADER_ROOT": str(container), "AUTOGRADER_PYTHON": python,
             "PYTHONPATH": str(ROOT)},
        capture_output=True, text=True, timeout=180, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    said = json.loads((container / "results" / "results.json").read_text("utf-8"))
    jsonschema.validate(said, SCHEMA)
    assert os.listdir(container / "results") == ["results.json"]
    return said, done.stdout + done.stderr


def test_a_right_notebook_gets_all_points(container: Path) -> None:
    write(container / "submission" / "deep" / "my work.ipynb", *RIGHT)
    said, seen = run(container)
    assert said["score"] == 100
    assert [test["status"] for test in said["tests"]] == ["passed"] * 6
    assert "my work.ipynb, --sandbox off" in seen
    assert "[not isolated]" not in json.dumps(said)


def test_a_notebook_with_a_task_left_out_gets_the_others(container: Path) -> None:
    write(container / "submission" / "my.ipynb", IMPORTS, LINEAR)
    write(container / "submission" / ".ipynb_checkpoints" / "my-checkpoint.ipynb", *RIGHT)
    said, _ = run(container)
    assert said["score"] == 60
    assert "relu_backward is not defined in the notebook" in said["output"]


def test_a_file_that_is_no_notebook_is_said_to_be_none(container: Path) -> None:
    (container / "submission" / "backprop.ipynb").write_text("hello")
    said, _ = run(container)
    assert said["score"] == 0
    assert "not a notebook" in said["output"]


def test_the_one_of_the_assignments_name_is_taken(container: Path) -> None:
    write(container / "submission" / "backprop.ipynb", *RIGHT)
    write(container / "submission" / "scratch.ipynb", "1 / 0")
    assert run(container)[0]["score"] == 100


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ([], "You handed in no notebook: hand in backprop.ipynb."),
        (["a::error::.py"], "no notebook among the files (a::error::.py): hand in backprop.ipynb."),
        (["a.ipynb", "b.ipynb"], "several notebooks (a.ipynb, b.ipynb): hand in backprop.ipynb"),
    ],
)
def test_what_the_student_can_mend_is_said(container: Path, files: list[str], words: str) -> None:
    for name in files:
        (container / "submission" / name).write_text("{}")
    said, _ = run(container)
    assert words in said["output"]
    assert said["score"] == 0


def test_a_link_to_another_file_is_no_notebook(container: Path) -> None:
    secret = container / "source" / "solutions" / "backprop" / "solution.py"
    (container / "submission" / "backprop.ipynb").symlink_to(secret)
    assert "no notebook" in run(container)[0]["output"]


def spoil_config(container: Path) -> None:
    (container / "source" / "config.json").write_text("{")


def spoil_time(container: Path) -> None:
    file = container / "source" / "config.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "seconds": 0.2}))


def spoil_solution(container: Path) -> None:
    shutil.rmtree(container / "source" / "solutions")


@pytest.mark.parametrize(
    ("spoil", "python", "words"),
    [
        (spoil_config, sys.executable, "JSONDecodeError"),
        (spoil_time, sys.executable, "it took longer than 0.2 s"),
        (spoil_solution, sys.executable, "solution.py: no such file"),
        (lambda _: None, "/nonexistent/python", "did setup.sh end well?"),
        (lambda _: None, shutil.which("false") or "false", "grader grade ended with 1"),
    ],
)
def test_whatever_is_broken_there_is_a_result_and_a_reason(
    container: Path, spoil: Any, python: str, words: str
) -> None:
    write(container / "submission" / "backprop.ipynb", *RIGHT)
    spoil(container)
    said, seen = run(container, python)
    assert "no fault of yours" in said["output"]
    assert words in seen


def test_a_submission_without_its_metadata_is_graded(container: Path) -> None:
    (container / "submission_metadata.json").write_text("[]")
    write(container / "submission" / "backprop.ipynb", *RIGHT)
    assert run(container)[0]["score"] == 100


def test_the_zip_is_the_same_for_the_same_contents(archive: Path, backprop: Course) -> None:
    assert pack(backprop, Way(seed=7, sandbox="off"), "matplotlib\n") == archive.read_bytes()
    with zipfile.ZipFile(archive) as packed:
        names = packed.namelist()
        modes = {name: packed.getinfo(name).external_attr >> 16 for name in names}
    assert modes["setup.sh"] == modes["run_autograder"] == 0o100755
    assert {"config.json", "constraints.txt", "requirements.txt"} <= set(names)
    assert "solutions/backprop/solution.py" in names


def test_the_wheel_is_installed_by_pip(tmp_path: Path) -> None:
    name, data = wheel()
    (tmp_path / name).write_bytes(data)
    command = [
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-deps",
        "--no-index",
        "--target",
        tmp_path / "to",
    ]
    subprocess.run([sys.executable, *command, tmp_path / name], check=True, timeout=120)
    assert (tmp_path / "to" / "grader" / "autograder" / "setup.sh").is_file()
    assert (tmp_path / "to" / "grader_pytest" / "__init__.py").is_file()


def test_constraints_name_what_the_grader_needs_and_no_tool_of_ours() -> None:
    names = {line.split("==")[0] for line in constraints().splitlines()}
    assert {"numpy", "pandas", "ipykernel", "traitlets"} <= names
    assert "pytest" not in names


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
def test_setup_is_a_script_that_bash_can_read() -> None:
    script = ROOT / "grader" / "autograder" / "setup.sh"
    subprocess.run(["bash", "-n", script], check=True, timeout=10)
