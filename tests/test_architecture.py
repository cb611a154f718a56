"""Imports point one way, down the data flow; the public API is listed in full."""

import ast
from pathlib import Path

import pytest

import grader
from grader.execution.kernels.server import MODULES as WARM
from tests.conftest import ROOT

PACKAGE = ROOT / "grader"

# What each room may know of the others; a room that is not named here may know everything.
MAY_IMPORT: dict[str, set[str]] = {
    "errors": set(),
    "folders": set(),
    "numerics": {"numerics"},
    "declared": {"errors"},
    "rules": {"declared"},
    "solution": {"declared"},
    "assignment": {"declared", "errors", "rules", "solution"},
    "authors": {"errors"},
    "loading": {"assignment", "authors", "errors"},
    "courses": {"assignment", "errors", "loading", "submission"},
    "cases": {"assignment", "errors"},
    "truth": {"assignment", "cases", "errors", "numerics"},
    "submission": {"errors", "roster", "submission"},
    "sections": set(),
    "execution": {"assignment", "cases", "execution", "submission", "truth"},
    "checks": {"assignment", "cases", "checks", "execution", "numerics", "truth"},
    "diagnosis": {"assignment", "checks", "diagnosis", "errors", "numerics", "truth"},
    "scored_checks": set(),
    "scoring": {"assignment", "checks", "diagnosis", "scored_checks"},
    "verdict": {"diagnosis", "execution", "scored_checks"},
    "gradebook": {"errors", "verdict"},
    "standings": {"assignment", "gradebook", "verdict"},
    "troubles": {"execution", "submission"},
    "engines": {"engines", "errors"},
    "parcel": {"assignment", "folders", "loading"},
    "options": {"assignment", "errors", "execution", "submission"},
    "grading": {
        "answer_key",
        "assignment",
        "engines",
        "errors",
        "examination",
        "gradebook",
        "judging",
        "options",
        "parcel",
        "submission",
        "verdict",
    },
    "doctor": {"execution", "submission"},
    "releasing": {"assignment", "errors", "loading", "submission"},
    "roster": {"errors"},
    "similarity": {"assignment", "releasing", "similarity", "submission"},
    "pseudonyms": {"gradebook"},
    "autograder": {"assignment", "autograder", "folders"},
}


def rooms_imported(file: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("grader."):
            found.add(node.module.split(".")[1])
        elif isinstance(node, ast.ImportFrom) and node.module == "grader":
            found |= {alias.name for alias in node.names}
    return found


def modules_imported(file: Path) -> set[str]:
    """The grader's modules that a file imports, by their full names."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("grader."):
            names = {f"{node.module}.{alias.name}" for alias in node.names}
            whole = {name for name in names if (PACKAGE.parent / _path(name)).is_file()}
            found |= whole or {node.module}
    return found


def _path(module: str) -> str:
    return f"{module.replace('.', '/')}.py"


@pytest.mark.parametrize("room", MAY_IMPORT)
def test_imports_point_down_the_data_flow(room: str) -> None:
    place = PACKAGE / room
    files = sorted(place.rglob("*.py")) if place.is_dir() else [place.with_suffix(".py")]
    assert files
    for file in files:
        assert rooms_imported(file) <= MAY_IMPORT[room], file


@pytest.mark.parametrize("file", ["execution/runner.py", "execution/notebook_run.py"])
def test_the_runner_can_not_know_what_is_right(file: str) -> None:
    assert rooms_imported(PACKAGE / file) == {"execution"}


@pytest.mark.parametrize("file", sorted((PACKAGE / "reports" / "exports").glob("*.py")))
def test_an_export_is_made_from_frames_and_files_alone(file: Path) -> None:
    assert rooms_imported(file) <= {"errors", "reports", "roster"}


def test_what_runs_beside_students_code_imports_nothing_of_ours() -> None:
    assert rooms_imported(PACKAGE / "execution/probe.py") == set()
    for name in WARM:
        file = PACKAGE / f"execution/{name.replace('.', '/')}.py"
        assert modules_imported(file) <= {f"grader.execution.{other}" for other in WARM}, name


def test_what_runs_where_the_grader_is_broken_imports_nothing_of_it() -> None:
    assert rooms_imported(PACKAGE / "autograder" / "run_autograder.py") == set()


def test_no_report_executes_or_judges() -> None:
    for file in (PACKAGE / "reports").rglob("*.py"):
        assert not rooms_imported(file) & {"execution", "checks", "answer_key", "grading"}, file


def test_pages_are_made_from_the_frames_alone() -> None:
    for file in (PACKAGE / "reports" / "pages").glob("*.py"):
        assert rooms_imported(file) <= {"reports"}, file


def test_the_public_api_is_complete_and_documented() -> None:
    for name in grader.__all__:
        assert getattr(grader, name).__doc__, name
    public = {name for name in vars(grader) if not name.startswith("_")}
    rooms = {file.stem for file in PACKAGE.glob("*") if not file.name.startswith("_")}
    assert public - rooms == set(grader.__all__)


@pytest.mark.parametrize(
    "file", sorted(PACKAGE.rglob("*.py")), ids=lambda f: str(f.relative_to(PACKAGE))
)
def test_every_module_states_its_reason_in_its_first_line(file: Path) -> None:
    text = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8")))
    assert text
    assert text.splitlines()[0].endswith((".", ":", "?"))
