"""What commands on submissions share: the place they lie in, and the roster."""

from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING

from grader.cli.shared import file_option
from grader.errors import SubmissionsError

if TYPE_CHECKING:
    from grader.assignment import Course
    from grader.roster import Roster

roster_option = file_option(
    "--roster",
    "CSV of students, or an export of Canvas or Moodle; who is missing gets a row.",
)


def refuse_missing(submissions: Path) -> None:
    """Raises SubmissionsError where there is no such place at all."""
    if not submissions.exists():
        raise SubmissionsError(f"{submissions}: no such file or folder: check the path")


def roster_for(course: "Course", place: Path, roster: Path | None) -> "Roster | None":
    """The roster named, or the one that lies with the submissions."""
    from grader.roster import NAME, read_roster

    beside = place / NAME
    file = roster or (beside if place.is_dir() and beside.is_file() else None)
    deadline = course.assignment.deadline
    zone = deadline.tzinfo if deadline else None
    return read_roster(file, zone or UTC) if file else None
