"""Copies what students get into a folder: notebook, helper files, declaration; nothing secret."""

import json
import tempfile
from pathlib import Path

import nbformat

from grader.assignment import Course
from grader.errors import AssignmentError, StorageError, UsageError
from grader.loading import DECLARATION
from grader.submission import helper_files

REGIONS = (
    ("### BEGIN SOLUTION", "### END SOLUTION", "raise NotImplementedError()"),
    ("### BEGIN HIDDEN TESTS", "### END HIDDEN TESTS", ""),
)


def released_notebook(course: Course) -> nbformat.NotebookNode:
    """The notebook as students get it.

    Outputs are cleared, and regions marked as solutions or hidden tests are cut out.
    Raises AssignmentError where the notebook is missing or damaged, or a region does not end.
    """
    source = course.folder / f"{course.name}.ipynb"
    if not source.is_file():
        raise AssignmentError(
            f"{source}: no such file: a notebook of the assignment's name is needed"
        )
    notebook = _read(source)
    for number, cell in enumerate(notebook.cells, start=1):
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
            cell.source = without_solution(cell.source, f"{source}, cell {number}")
    notebook.metadata["grader"] = {"assignment": course.name}
    return notebook


def _read(source: Path) -> nbformat.NotebookNode:
    invalid: dict[str, Exception] = {}
    data = contents(source)
    try:
        notebook: nbformat.NotebookNode = nbformat.reads(
            data.decode("utf-8-sig"), as_version=4, capture_validation_error=invalid
        )
    except Exception as error:  # nbformat raises whatever a malformed notebook leads it into
        invalid["ValidationError"] = error
    if invalid:
        said = str(invalid["ValidationError"]).partition("\n")[0][:120]
        raise AssignmentError(
            f"{source}: not a notebook that nbformat understands ({said}): save it again in Jupyter"
        ) from None
    return notebook


def contents(file: Path) -> bytes:
    """What a file of the course holds. Raises AssignmentError where it can't be read."""
    try:
        return file.read_bytes()
    except OSError as error:
        raise AssignmentError(
            f"{file}: can't be read ({error.strerror}): see to its permissions"
        ) from None


def release(course: Course, folder: Path) -> list[Path]:
    """Writes the student's version into `folder`; the files written, in order.

    Raises AssignmentError where a file is missing or damaged or a region does not end, UsageError
    where the course keeps its own files in the folder, and StorageError where it can't be
    written; nothing is half-written then.
    """
    _refuse_own_folders(course, folder)
    text = json.dumps(released_notebook(course), indent=1, ensure_ascii=False) + "\n"
    copied = [*map(Path, helper_files(course.folder)), course.folder / DECLARATION]
    files = {f"{course.name}.ipynb": text.encode()} | {f.name: contents(f) for f in copied}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder, prefix=".new-") as new:
            for name, data in files.items():
                Path(new, name).write_bytes(data)
            return [Path(new, name).replace(folder / name) for name in files]
    except OSError as error:
        raise StorageError(
            f"{folder}: can't be written ({error.strerror}): free some space, or choose another"
            f" folder with --out"
        ) from None


def _refuse_own_folders(course: Course, folder: Path) -> None:
    solutions = course.folder.parent.parent / "solutions"
    for own in (course.folder, solutions):
        if folder.resolve().is_relative_to(own.resolve()):
            raise UsageError(
                f"--out {folder}: the course keeps its own files there: choose another"
            )


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
