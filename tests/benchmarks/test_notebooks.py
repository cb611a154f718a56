"""The notebooks of the benchmarks: each contestant's format takes them, and its tests tell."""

import doctest
import re
from typing import Any

import matplotlib as mpl
import nbformat
import pytest

from benchmarks.notebooks import (
    KINDS,
    POINTS,
    TESTS,
    Kind,
    cells_of,
    nbgrader_source,
    nbgrader_submission,
    otter_tests,
    plain,
)
from grader.submission import read_notebook

SIZES = (3, 7, 10, 40)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("kind", KINDS)
def test_a_notebook_has_so_many_code_cells_and_is_one_for_all(kind: Kind, size: int) -> None:
    cells = cells_of(kind, size)
    assert len(cells) == size
    notebook = plain(cells)
    nbformat.validate(notebook)
    read = read_notebook(nbformat.writes(notebook).encode())
    assert [source for _, source in read.cells] == cells


def test_a_notebook_too_small_for_the_functions_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 3"):
        cells_of("right", 2)


def executed(cells: list[str]) -> tuple[dict[str, Any], list[type]]:
    """What the cells define, and what they raised."""
    names: dict[str, Any] = {"__name__": "__main__"}
    raised: list[type] = []
    with mpl.rc_context({"backend": "agg"}):
        for cell in cells:
            try:
                exec(cell, names)
            except Exception as error:
                raised.append(type(error))
    return names, raised


@pytest.mark.parametrize("size", [3, 7])
@pytest.mark.parametrize("kind", KINDS)
def test_the_kinds_are_what_they_say(kind: Kind, size: int) -> None:
    names, raised = executed(cells_of(kind, size))
    assert raised == ([KeyError] if kind == "raising" else [])
    assert ("plt" in names) == (kind == "plotting")
    if kind == "wrong":
        with pytest.raises(AssertionError, match="Not equal"):
            exec(TESTS["linear_backward"], dict(names))
    for name, test in TESTS.items():
        if (kind, name) != ("wrong", "linear_backward"):
            exec(test, dict(names))


@pytest.mark.parametrize("size", SIZES)
def test_nbgrader_finds_what_it_asks_of_a_source(size: int) -> None:
    notebook = nbgrader_source(cells_of("right", size))
    nbformat.validate(notebook)
    told = [cell.metadata["nbgrader"] for cell in notebook.cells if "nbgrader" in cell.metadata]
    solutions = [entry for entry in told if entry["solution"]]
    tests = [entry for entry in told if entry["grade"]]
    assert len({entry["grade_id"] for entry in told}) == len(told)
    assert all(re.fullmatch(r"[\w-]+", entry["grade_id"]) for entry in told)
    assert len(solutions) == (1 if size == 3 else 3)
    assert {entry["grade_id"]: entry["points"] for entry in tests} == {
        f"test-{name}": points for name, points in POINTS.items()
    }
    assert all(entry["locked"] for entry in tests)
    assert not any("points" in entry for entry in solutions)


def test_a_submission_keeps_what_nbgrader_released() -> None:
    release = nbgrader_source(cells_of("right", 7))
    wrong = cells_of("wrong", 7)
    handed_in = nbgrader_submission(release, wrong)
    nbformat.validate(handed_in)
    assert [cell.source for cell in handed_in.cells] == [*wrong, *TESTS.values()]
    assert [cell.metadata for cell in handed_in.cells] == [c.metadata for c in release.cells]
    assert release.cells[1].source != handed_in.cells[1].source


@pytest.mark.parametrize(("kind", "failed"), [("right", set()), ("wrong", {"linear_backward"})])
def test_otter_test_files_hold_doctests_that_tell(kind: Kind, failed: set[str]) -> None:
    names, _ = executed(cells_of(kind, 7))
    found = set()
    for text in otter_tests().values():
        scope: dict[str, Any] = {}
        exec(text, scope)
        assert scope["OK_FORMAT"] is True
        test = scope["test"]
        for case in test["suites"][0]["cases"]:
            parsed = doctest.DocTestParser().get_doctest(case["code"], names, test["name"], "", 0)
            assert parsed.examples
            if doctest.DocTestRunner(verbose=False).run(parsed, out=lambda _: None).failed:
                found.add(test["name"])
    assert found == failed
