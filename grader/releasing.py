"""Copies what students get into a folder: notebook, helper files, declaration; nothing secret."""

import json
import shutil
from pathlib import Path

import nbformat

from grader.assignment import Course
from grader.errors import AssignmentError, StorageError
from grader.loading import DECLARATION
from grader.submission import helper_files

REGIONS = (
    ("### BEGIN SOLUTION", "### END SOLUTION", "raise NotImplementedError()"),
    ("### BEGIN HIDDEN TESTS", "### END HIDDEN TESTS", ""),
)


def released_notebook(course: Course) -> nbformat.NotebookNode:
    """The notebook as students get it.

    Outputs are cleared, and regions marked as solutions or hidden tests are cut out.
    Raises AssignmentError where the notebook is missing or a region does not end.
    """
    source = course.folder / f"{course.name}.ipynb"
    if not source.is_file():
        raise AssignmentError(
            f"{source}: no such file: a notebook of the assignment's name is needed"
        )
    notebook: nbformat.NotebookNode = nbformat.read(source, as_version=4)
    for number, cell in enumerate(notebook.cells, start=1):
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
            cell.source = without_solution(cell.source, f"{source}, cell {number}")
    notebook.metadata["grader"] = {"assignment": course.name}
    return notebook


def release(course: Course, folder: Path) -> list[Path]:
    """Writes the student's version into `folder`; the files written, in order.

    Raises AssignmentError where the notebook is missing or a region does not end, and
    StorageError where the folder can't be written.
    """
    notebook = released_notebook(course)
    written = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        target = folder / f"{course.name}.ipynb"
        target.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n", "utf-8")
        written.append(target)
        for helper in (*helper_files(course.folder), str(course.folder / DECLARATION)):
            written.append(Path(shutil.copy(helper, folder)))
    except OSError as error:
        raise StorageError(f"{folder}: can't be written ({error.strerror})") from None
    return written


def without_solution(source: str, place: str) -> str:
    """A cell's source with each marked region replaced by what students find there."""
    for begin, end, instead in REGIONS:
        lines: list[str] = []
        inside = False
        for line in source.splitlines():
            if begin in line and not inside:
                inside = True
                indent = line[: len(line) - len(line.lstrip())]
                lines += [f"{indent}# YOUR CODE HERE", f"{indent}{instead}"] if instead else []
            elif end in line and inside:
                inside = False
            elif not inside:
                lines.append(line)
        if inside:
            raise AssignmentError(f"{place}: {begin!r} without {end!r}: add the closing line")
        source = "\n".join(lines)
    return source
