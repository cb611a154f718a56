"""Which files make an assignment what it is, wherever they lie."""

from pathlib import Path

import pytest

from grader.loading import load_course
from grader.parcel import hash_of_files, parcel_of
from tests.conftest import ROOT


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An assignment's folder, below a hidden one as a cache may be."""
    folder = tmp_path / ".cache" / "week"
    (folder / "data").mkdir(parents=True)
    (folder / "assignment.py").write_text("1", encoding="utf-8")
    (folder / "data" / "table.csv").write_text("2", encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    "left_behind", [".DS_Store", ".ipynb_checkpoints/x.ipynb", "__pycache__/x.pyc", "data/.git/x"]
)
def test_what_tools_leave_behind_makes_no_other_assignment(folder: Path, left_behind: str) -> None:
    before = hash_of_files([folder])
    file = folder / left_behind
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("x", encoding="utf-8")
    assert hash_of_files([folder]) == before


@pytest.mark.parametrize("changed", ["assignment.py", "data/table.csv", "data/more.csv"])
def test_any_file_of_the_author_s_makes_another_assignment(folder: Path, changed: str) -> None:
    before = hash_of_files([folder])
    (folder / changed).write_text("x", encoding="utf-8")
    assert hash_of_files([folder]) != before


def test_what_arrives_is_what_was_sent(tmp_path: Path) -> None:
    sent = load_course(ROOT / "assignments" / "backprop", with_solution=True)
    arrived = parcel_of(sent).unpack(tmp_path)
    assert arrived.solution_folder is not None
    assert sent.solution_folder is not None
    for ours, theirs in (
        (sent.folder, arrived.folder),
        (sent.solution_folder, arrived.solution_folder),
    ):
        assert hash_of_files([ours]) == hash_of_files([theirs])
