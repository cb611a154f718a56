"""Finding assignments, and what a declaration may not be."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from grader.assignment import Array, Assignment, Returned, Shares, Task
from grader.errors import AssignmentError, UsageError
from grader.loading import find_assignment, load_course
from tests.conftest import ROOT
from tests.notebooks import write


def test_by_name_from_a_folder_below(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT / "grader")
    assert find_assignment("backprop", None) == ROOT / "assignments" / "backprop"


def test_by_the_submissions_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    place = tmp_path / "scalar-net"
    place.mkdir()
    assert find_assignment(None, place).name == "scalar-net"


def test_by_what_the_notebook_says_of_itself(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.chdir(ROOT)
    file = write(tmp_path / "x.ipynb", "1", grader={"assignment": "deep-net"})
    assert find_assignment(None, file).name == "deep-net"


def test_what_lies_beside_the_notebook_comes_first(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "assignments" / "backprop", tmp_path / "week 4")
    notebook = tmp_path / "week 4" / "backprop.ipynb"
    assert find_assignment(None, notebook) == tmp_path / "week 4"


@pytest.mark.parametrize("said", ["../../etc", 7, "", "a b", None])
def test_a_notebook_names_no_path(tmp_path: Path, monkeypatch: Any, said: object) -> None:
    monkeypatch.chdir(ROOT)
    file = write(tmp_path / "x.ipynb", "1", grader={"assignment": said})
    with pytest.raises(UsageError, match="there are: backprop, deep-net, scalar-net"):
        find_assignment(None, file)


def test_by_path(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "assignments" / "backprop", tmp_path / "mine")
    assert find_assignment(str(tmp_path / "mine"), None) == tmp_path / "mine"


def test_without_a_solution_nothing_of_it_is_loaded(tmp_path: Path) -> None:
    folder = tmp_path / "assignments" / "backprop"
    shutil.copytree(ROOT / "assignments" / "backprop", folder)
    assert load_course(folder, with_solution=False).solution is None
    with pytest.raises(AssignmentError, match=r"solution\.py: no such file"):
        load_course(folder, with_solution=True)


def task(**changes: Any) -> Task:
    fields: dict[str, Any] = {
        "name": "f",
        "forward": lambda Z: Z,
        "inputs": {"g": Array(("n",)), "Z": Array(("n",))},
        "upstream": "g",
        "arguments": lambda g, Z: (g, Z),
        "returned": (Returned("dZ", wrt="Z"),),
        "points": 1,
    }
    return Task(**{**fields, **changes})


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"name": "not a name"}, "not a Python identifier"),
        ({"points": 0}, "points is 0"),
        ({"upstream": "h"}, "upstream 'h' is not an input"),
        ({"forward": lambda Y: Y}, r"forward takes \(Y\) but the inputs are \(Z\)"),
        ({"returned": ()}, "names no value"),
        ({"returned": (Returned("dZ", wrt="g"),)}, "not an input of forward"),
        ({"returned": (Returned("dZ", wrt="Z", mean_over="m"),)}, "averaged over 'm'"),
    ],
)
def test_a_mistake_in_a_task(changes: dict[str, Any], says: str) -> None:
    with pytest.raises(AssignmentError, match=says):
        task(**changes)


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: Array(("n",), draw="gaussian"), "draw is 'gaussian'"),  # type: ignore[arg-type]
        (lambda: Array(kink=0.0), "not for a plain float"),
        (lambda: Shares(pure=-1), "pure is -1"),
        (lambda: Shares(correct=0), "correct must be above 0"),
        (lambda: Assignment("t", ()), "at least one task"),
        (lambda: Assignment("t", (task(), task())), "declared twice"),
        (lambda: Assignment("t", (task(),), public_share=2), "public_share is 2"),
    ],
)
def test_a_mistake_in_an_assignment(make: Any, says: str) -> None:
    with pytest.raises(AssignmentError, match=says):
        make()
