"""What commands on submissions share: the assignment, the submissions, the roster."""

from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING

from grader.cli.shared import file_option
from grader.errors import SubmissionsError

if TYPE_CHECKING:
    from grader.assignment import Course
    from grader.roster import Roster
    from grader.submission import Submission

roster_option = file_option(
    "--roster",
    "CSV of students, or an export of Canvas or Moodle; who is missing gets a row.",
)


def class_of(
    place: Path, assignment: str | None, roster: Path | None, *, with_solution: bool
) -> "tuple[Course, list[Submission]]":
    """The assignment that is meant, and who handed in what at the place.

    Raises SubmissionsError where there is no such place at all.
    """
    from grader.courses import course_of
    from grader.submission import find_submissions

    if not place.exists():
        raise SubmissionsError(f"{place}: no such file or folder: check the path")
    course = course_of(place, assignment, with_solution=with_solution)
    return course, find_submissions(place, course.name, _roster(course, place, roster))


def _roster(course: "Course", place: Path, roster: Path | None) -> "Roster | None":
    """The roster named, or the one that lies with the submissions."""
    from grader.roster import NAME, read_roster

    beside = place / NAME
    file = roster or (beside if place.is_dir() and beside.is_file() else None)
    deadline = course.assignment.deadline
    zone = deadline.tzinfo if deadline else None
    return read_roster(file, zone or UTC) if file else None
