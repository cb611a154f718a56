"""Finds an assignment's folders, and loads its declaration and its solution."""

import importlib.util
import json
import shutil
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import TypeVar

from grader.assignment import Assignment, Course, Solution
from grader.authors import authors_code
from grader.errors import AssignmentError, UsageError

T = TypeVar("T")
DECLARATION = "assignment.py"
SOLUTION = "solution.py"


def load_course(folder: Path, *, with_solution: bool) -> Course:
    """The assignment in `folder`, with the solution from the neighbouring `solutions/`.

    Raises AssignmentError where a file is missing or has a mistake in it.
    """
    folder = folder.resolve()
    assignment = _declared(folder / DECLARATION, "assignment", Assignment)
    if not with_solution:
        return Course(folder.name, folder, assignment, None, None)
    solution_folder = folder.parent.parent / "solutions" / folder.name
    file = solution_folder / SOLUTION
    solution = _declared(file, "solution", Solution)
    _check_references(assignment, solution, file)
    _check_twins(assignment, solution, file)
    if assignment.python is not None and shutil.which(assignment.python) is None:
        raise AssignmentError(
            f"{folder / DECLARATION}: python is {assignment.python!r}, where no interpreter is"
        )
    return Course(folder.name, folder, assignment, solution, solution_folder)


def find_assignment(name: str | None, near: Path | None, *, look_there: bool = False) -> Path:
    """The folder of an assignment, by name or from where the submissions lie.

    A name is looked up in `assignments/` of the current folder and of all folders above it; it
    may also be a path. Without a name, the metadata of the notebook `near` decides, then the name
    of that file or folder, then that of the folder which it lies in.
    look_there: what lies beside the notebook comes first, and `assignments/` of the folders above
    it counts too. An assignment is run, so never where others may have put one beside their work.
    Raises UsageError where nothing fits, naming the assignments that there are.
    """
    if name is not None and (Path(name) / DECLARATION).is_file():
        return Path(name)
    there = near if look_there else None
    if name is None and there is not None:
        beside = there if there.is_dir() else there.parent
        if (beside / DECLARATION).is_file():
            return beside
    name = name or (_named_in_metadata(near) if near else None)
    candidates = [name] if name else [near.stem, near.resolve().parent.name] if near else []
    for candidate in candidates:
        for root in _roots(there):
            if (root / candidate / DECLARATION).is_file():
                return root / candidate
    known = sorted({d.parent.name for root in _roots(there) for d in root.glob(f"*/{DECLARATION}")})
    said = f"there are: {', '.join(known)}" if known else "there is no folder assignments/ here"
    wanted = f"no assignment {name!r}" if name else "which assignment is this?"
    how = "give --assignment NAME" if near else "check the name"
    raise UsageError(f"{wanted} ({said}): {how}, or give the path of its folder")


def _roots(there: Path | None) -> Iterator[Path]:
    for start in [Path.cwd(), *([there.resolve()] if there else [])]:
        for folder in [start, *start.parents]:
            yield folder / "assignments"


def _named_in_metadata(near: Path) -> str | None:
    """The assignment that a single notebook says it belongs to: text from a stranger."""
    if not near.is_file() or near.suffix != ".ipynb" or near.stat().st_size > 50_000_000:
        return None
    try:
        said = json.loads(near.read_bytes())["metadata"]["grader"]["assignment"]
    except (ValueError, KeyError, TypeError, RecursionError, OSError):
        return None
    return said if isinstance(said, str) and said.replace("-", "_").isidentifier() else None


def _declared(file: Path, variable: str, kind: type[T]) -> T:
    module = _module(file)
    found = getattr(module, variable, None)
    if not isinstance(found, kind):
        raise AssignmentError(f"{file}: defines no `{variable} = {kind.__name__}(...)`")
    return found


def _module(file: Path) -> ModuleType:
    if not file.is_file():
        raise AssignmentError(f"{file}: no such file")
    spec = importlib.util.spec_from_file_location(f"grader_loaded_{file.stem}", file)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    try:
        with authors_code():
            spec.loader.exec_module(module)
    except AssignmentError as error:
        raise AssignmentError(f"{file}{_line_in(file, error)}: {error}") from None
    except SyntaxError as error:
        raise AssignmentError(f"{file}, line {error.lineno}: {error.msg}") from None
    except SystemExit as error:
        raise AssignmentError(f"{file}{_line_in(file, error)}: it ends the process") from None
    except Exception as error:
        said = f"{type(error).__name__}: {error}"
        raise AssignmentError(f"{file}{_line_in(file, error)}: {said}") from None
    finally:
        sys.modules.pop(module.__name__, None)
    return module


def _line_in(file: Path, error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    lines = [frame.lineno for frame in frames if frame.filename == str(file)]
    return f", line {lines[-1]}" if lines else ""


def _check_references(assignment: Assignment, solution: Solution, file: Path) -> None:
    asked = [task.name for task in assignment.tasks]
    for name in asked:
        if name not in solution.references:
            raise AssignmentError(f"{file}: `references` has no function for task {name}")
    for name in solution.references:
        if name not in asked:
            raise AssignmentError(f"{file}: `references` has {name!r}, which is no task's name")


def _check_twins(assignment: Assignment, solution: Solution, file: Path) -> None:
    values = {(task.name, value.name) for task in assignment.tasks for value in task.returned}
    for misconception in solution.misconceptions:
        for twin in misconception.twins:
            if (twin.task, twin.value) not in values:
                raise AssignmentError(
                    f"{file}: misconception {misconception.id} has a twin for"
                    f" {twin.task}.{twin.value}, which no task returns"
                )
