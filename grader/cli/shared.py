"""What several commands share: options, exit codes, and the gradebook that is meant."""

import math
from collections.abc import Callable, Container, Iterable, Set
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from grader.errors import UsageError

if TYPE_CHECKING:
    import pandas as pd

    from grader.assignment import Course
    from grader.gradebook import Gradebook
    from grader.verdict import Broken, Verdict

DONE, LOW_SCORE, BAD_INPUT, NOT_GRADED, INTERNAL, INTERRUPTED = 0, 1, 2, 3, 4, 130
GRADEBOOK = "gradebook.sqlite"

EPILOG = """\b
Exit codes: 0 done; 1 a score below --min-score; 2 bad usage or bad input,
nothing graded; 3 something could not be graded or written (a row or a line
says why); 4 internal error; 130 interrupted (what was graded is kept)."""

Command = TypeVar("Command", bound=Callable[..., Any])


def options(*wanted: Callable[[Command], Command]) -> Callable[[Command], Command]:
    """Several options as one decorator, shown in the order given."""

    def decorate(command: Command) -> Command:
        for option in reversed(wanted):
            command = option(command)
        return command

    return decorate


def file_option(name: str, what: str, *, exists: bool = False) -> Callable[[Command], Command]:
    """An option that names a file, which must be there if it `exists` before the command."""
    kind = click.Path(path_type=Path, dir_okay=False, exists=exists)
    return click.option(name, type=kind, metavar="FILE", help=what)


assignment_option = click.option(
    "--assignment", metavar="NAME", help="Which assignment (found from the notebook or the folder)."
)
out_option = click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Where the reports and the gradebook lie.  [default: reports/NAME]",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON and nothing else.")
quiet_option = click.option("--quiet", is_flag=True, help="Print nothing but errors.")


def points(_ctx: click.Context, option: click.Parameter, value: float | None) -> float | None:
    """The number, unless no score can be compared with it."""
    if value is not None and not (math.isfinite(value) and value >= 0):
        raise UsageError(f"{option.opts[0]} {value:g}: give a number of points, 0 or more")
    return value


def refuse_out_of_reach(min_score: float | None, cents: int, what: str) -> None:
    """Raises UsageError where not even the most that can be earned would be enough."""
    if min_score is not None and min_score > cents / 100:
        raise UsageError(
            f"--min-score {min_score:g}: there are {cents / 100:g} {what} in all: give no more"
        )


min_score_option = click.option(
    "--min-score",
    type=float,
    metavar="X",
    callback=points,
    help="Exit with 1 if a score is below X points.",
)
junit_option = file_option("--junit", "Write a JUnit XML report too.")


def graded_course(assignment: str | None, out: Path | None) -> "tuple[Course, Path]":
    """The assignment whose gradebook is meant, and the folder that it lies in."""
    from grader.gradebook import Gradebook
    from grader.loading import load_course

    if out is None and assignment is None:
        there = sorted(Path("reports").glob(f"*/{GRADEBOOK}"))
        if len(there) != 1:
            known = ", ".join(file.parent.name for file in there) or "none"
            raise UsageError(f"which gradebook? reports/ has: {known}: give --assignment or --out")
        out = there[0].parent
    # A path to an assignment ends in its name, as `grade` calls the folder.
    folder = out or Path("reports") / Path(assignment or "").resolve().name
    if not (folder / GRADEBOOK).is_file():
        raise UsageError(f"{folder}: no gradebook there: run `grader grade` first, or give --out")
    with Gradebook(folder / GRADEBOOK) as gradebook:
        place = None if gradebook.is_empty else gradebook.fact("folder")
    if place is None:
        raise UsageError(f"{folder}: the gradebook is empty: run `grader grade` first")
    return load_course(Path(place), with_solution=False), folder


def frames_of(course: "Course", gradebook: "Gradebook") -> "tuple[pd.DataFrame, pd.DataFrame]":
    """The frames of scores and checks, from everything that the gradebook holds."""
    from grader.reports import frames
    from grader.standings import standings

    rows = list(standings(course.assignment, gradebook.latest()))
    return frames.scores_frame(course.assignment, rows), frames.checks_frame(rows)


def frames_of_one(
    course: "Course", notebook: Path, verdict: "Verdict"
) -> "tuple[pd.DataFrame, pd.DataFrame]":
    """The same frames for one notebook that was checked, and is in no gradebook."""
    from grader.gradebook import Handin
    from grader.reports import frames
    from grader.standings import Standing
    from grader.submission.names import plain

    student, file = plain(notebook.stem), plain(notebook.name)
    rows = [Standing(Handin(student, "", file, ""), verdict, 1, 0)]
    return frames.scores_frame(course.assignment, rows), frames.checks_frame(rows)


def exit_code_of_class(
    scores: "pd.DataFrame", min_score: float | None, broken: "Set[Broken]"
) -> int:
    """The documented code for a frame of scores."""
    return exit_code(set(scores["status"]), list(scores["score"]), min_score, broken)


def exit_code(
    statuses: Container[str],
    scores: Iterable[float],
    min_score: float | None,
    broken: "Set[Broken]",
) -> int:
    """The documented code; `broken`: what failed, where something was not judged."""
    if "grader" in broken:
        return INTERNAL
    if "machine" in broken or "unreadable" in statuses:
        return NOT_GRADED
    if min_score is not None and any(score < min_score for score in scores):
        return LOW_SCORE
    return DONE
