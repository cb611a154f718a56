"""The course that submissions belong to, or the one line that says why none can be told."""

from pathlib import Path

from grader.assignment import Course
from grader.errors import UsageError
from grader.loading import find_assignment, load_course
from grader.submission import SUFFIX, Submission, Unreadable, read_notebook


def course_of(
    place: Path, assignment: str | None, *, with_solution: bool, look_there: bool = False
) -> Course:
    """The course by its assignment's name, or as the place of the submissions tells it.

    look_there: the assignment may lie beside the notebook, as it does at a student's desk.
    Raises UsageError where it can't be told; of a file that is no notebook it says so.
    """
    try:
        folder = find_assignment(assignment, place, look_there=look_there)
    except UsageError:
        if assignment is None and place.suffix == SUFFIX and place.is_file():
            _refuse_no_notebook(place)
        raise
    return load_course(folder, with_solution=with_solution)


def _refuse_no_notebook(file: Path) -> None:
    try:
        read_notebook(Submission(file.stem, file.name, file).read())
    except Unreadable as why:
        raise UsageError(f"{file}: {why}") from None
