"""`grader export`: results in the formats of other systems, from the gradebook alone."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from grader.cli.execution import sandbox_option
from grader.cli.shared import (
    DONE,
    EPILOG,
    GRADEBOOK,
    NOT_GRADED,
    assignment_option,
    file_option,
    frames_of,
    graded_course,
    options,
    out_option,
)
from grader.errors import UsageError

if TYPE_CHECKING:
    import pandas as pd

    from grader.assignment import Course
    from grader.reports.exports.matching import Names
    from grader.reports.exports.sheet import Filled
    from grader.roster import Roster


def to_option(default: str) -> Any:
    """Where an export is written."""
    return file_option("--to", f"Where to.  [default: {default}]")


column_options = options(
    click.option("--column", metavar="HEAD", help="The column to fill, as in its first line."),
    click.option("--new", is_flag=True, help="Add a column instead."),
    click.option(
        "--scale/--no-scale",
        default=None,
        help="Where the column has other points: convert, or write ours as they are.",
    ),
    click.option("--zero-missing", is_flag=True, help="Write 0 for who handed in nothing."),
    file_option(
        "--roster",
        "Who is who there: as for `grade`, or `student` with `id`, `login`, `email`.",
        exists=True,
    ),
)


gradescope_options = options(
    click.option(
        "--private",
        type=click.Choice(["hidden", "after_due_date", "after_published", "visible"]),
        default="hidden",
        show_default=True,
        help="To whom Gradescope shows how many private checks passed.",
    ),
    click.option("--leaderboard", is_flag=True, help="Put the public score on the leaderboard."),
)


@click.group(epilog=EPILOG, short_help="Write results for Canvas, Moodle, Gradescope and CI.")
def export() -> None:
    """Write results in the formats of other systems; nothing is executed.

    They are made from the gradebook, which `grader grade` keeps in reports/NAME.
    """


@export.command(epilog=EPILOG, short_help="Fill a column of a gradebook exported from Canvas.")
@click.argument("gradebook", type=click.Path(path_type=Path, dir_okay=False))
@options(assignment_option, out_option, to_option("OUT/canvas.csv"))
@column_options
def canvas(gradebook: Path, **given: Any) -> int:
    """Fill the column of an assignment in a GRADEBOOK exported from Canvas.

    Every other cell stays as it was. Students are found by ID, SIS User ID, SIS Login ID, then
    by name. Import the file with Grades > Import.
    """
    from grader.reports.exports.canvas import fill_canvas
    from grader.reports.exports.grades import Wish
    from grader.reports.exports.matching import known_as
    from grader.reports.exports.sheet import read_sheet

    course, folder, scores, _ = _graded(given)
    sheet = read_sheet(gradebook)
    wish = Wish(**_wished(course, given))
    names = known_as(scores["student"], _known_when_graded(folder), _roster(given["roster"]))
    filled = fill_canvas(sheet, scores, names, wish)
    return _written(filled, given["to"] or folder / "canvas.csv", gradebook)


@export.command(epilog=EPILOG, short_help="Fill grades and feedback into a table for Moodle.")
@click.argument("table", type=click.Path(path_type=Path, dir_okay=False), required=False)
@options(assignment_option, out_option, to_option("OUT/moodle.csv"))
@click.option("--feedback-column", metavar="HEAD", help="The column for feedback.")
@click.option("--by", metavar="HEAD", help="The column to find students by.")
@column_options
def moodle(table: Path | None, **given: Any) -> int:
    """Fill grades and feedback into a TABLE exported from Moodle, or write a table.

    TABLE is the grading worksheet of an assignment, or a grade export as plain text. Without
    it, a table of id number and e-mail address is written, which --roster must tell.
    """
    from grader.reports.exports.matching import contacts, known_as
    from grader.reports.exports.moodle import MoodleWish, fill_moodle, new_moodle
    from grader.reports.exports.sheet import read_sheet

    course, folder, scores, _ = _graded(given)
    wish = MoodleWish(**_wished(course, given), feedback=given["feedback_column"], by=given["by"])
    kept, roster = _known_when_graded(folder), _roster(given["roster"])
    if table is not None:
        names = known_as(scores["student"], kept, roster)
        filled = fill_moodle(read_sheet(table), scores, names, wish)
    elif roster is not None:
        filled = new_moodle(scores, contacts(scores["student"], kept, roster), wish)
    else:
        raise UsageError("give the TABLE that you exported from Moodle, or --roster FILE")
    return _written(filled, given["to"] or folder / "moodle.csv", table)


@export.command(epilog=EPILOG, short_help="Write one student's results.json for Gradescope.")
@options(assignment_option, out_option, to_option("OUT/results.json"))
@click.option("--student", metavar="NAME", help="Whose (may be left out if there is one only).")
@gradescope_options
def gradescope(student: str | None, private: Any, leaderboard: bool, **given: Any) -> int:
    """Write one student's results.json, as Gradescope reads it."""
    from grader.reports.exports.gradescope import as_json, results

    _, folder, scores, checks = _graded(given)
    score, own = _one_student(scores, checks, student)
    said = results(score, own, private=private, leaderboard=leaderboard)
    return _saved(as_json(said).encode(), given["to"] or folder / "results.json")


@export.command(epilog=EPILOG, short_help="Write an autograder to upload to Gradescope.")
@click.argument("name")
@options(to_option("NAME-autograder.zip"))
@click.option(
    "--seed",
    type=click.IntRange(0),
    metavar="N",
    help="Seed of the private cases.  [default: random]",
)
@sandbox_option("auto", "How far students' code must be isolated in the container.")
@file_option("--requirements", "What pip shall install for students' code.", exists=True)
@gradescope_options
def autograder(
    name: str, to: Path | None, seed: int | None, requirements: Path | None, **given: Any
) -> int:
    """Write an autograder for Gradescope: a zip to upload, which grades as this grader does.

    It holds the solution and the seed of the private cases, so keep it to yourself.
    """
    from grader.answer_key import make_answer_key, random_seed
    from grader.autograder import Way, pack
    from grader.loading import find_assignment, load_course

    course = load_course(find_assignment(name, None), with_solution=True)
    way = Way(random_seed() if seed is None else seed, **given)
    make_answer_key(course, way.seed)  # refuses what no student could be graded by
    wanted = requirements.read_text("utf-8") if requirements else None
    return _saved(pack(course, way, wanted), to or Path(f"{course.name}-autograder.zip"))


@export.command(epilog=EPILOG, short_help="Write JUnit XML: a suite a student, a test a task.")
@options(assignment_option, out_option, to_option("OUT/junit.xml"))
def junit(**given: Any) -> int:
    """Write JUnit XML: a suite a student, a test a task."""
    from grader.reports.junit import write_junit

    _, folder, scores, checks = _graded(given)
    file = given["to"] or folder / "junit.xml"
    write_junit(scores, checks, file)
    click.echo(str(file))
    return DONE


@export.command(epilog=EPILOG, short_help="Write the job summary of GitHub Actions.")
@options(assignment_option, out_option)
def github(**given: Any) -> int:
    """Write the job summary of GitHub Actions: the class, or the tasks of one student.

    It goes to the file named by GITHUB_STEP_SUMMARY, and to the terminal where that is not set.
    Whoever may see the job may see it: use it in private repositories.
    """
    from grader.cli.github import write_summary

    course, _, scores, checks = _graded(given)
    write_summary(course.assignment.title, scores, checks)
    return DONE


def _graded(
    given: dict[str, Any],
) -> "tuple[Course, Path, pd.DataFrame, pd.DataFrame]":
    from grader.gradebook import Gradebook

    course, folder = graded_course(given["assignment"], given["out"])
    with Gradebook(folder / GRADEBOOK) as gradebook:
        scores, checks = frames_of(course, gradebook)
    if scores.empty:
        raise UsageError(f"{folder}: nobody is graded yet: run `grader grade` first")
    return course, folder, scores, checks


def _wished(course: "Course", given: dict[str, Any]) -> dict[str, Any]:
    """What the options say of a column; the first title is a new column's."""
    named = (given["column"],) if given["new"] and given["column"] else ()
    return {
        "titles": (*named, course.assignment.title, course.name),
        "column": None if given["new"] else given["column"],
        **{name: given[name] for name in ("new", "scale", "zero_missing")},
    }


def _known_when_graded(folder: Path) -> "Names":
    """The ids by which platforms know the students, from the gradebook."""
    from grader.gradebook import Gradebook

    with Gradebook(folder / GRADEBOOK) as gradebook:
        return gradebook.known_as()


def _roster(file: Path | None) -> "Roster | None":
    from grader.roster import read_roster

    return read_roster(file) if file else None


def _one_student(
    scores: "pd.DataFrame", checks: "pd.DataFrame", student: str | None
) -> "tuple[dict[Any, Any], pd.DataFrame]":
    names = scores["student"].tolist()
    if student is None and len(names) > 1:
        raise UsageError(f"there are {len(names)} students: say whose with --student NAME")
    name = student if student is not None else names[0]
    if name not in names:
        raise UsageError(f"no student {name!r} in the gradebook: spell the name as in scores.csv")
    row = scores[scores["student"] == name].to_dict("records")[0]
    return row, checks[checks["student"] == name]


def _written(filled: "Filled", file: Path, source: Path | None) -> int:
    from grader.submission.names import plain

    if source is not None and file.exists() and source.samefile(file):
        raise UsageError(f"{file} is the file that you exported: choose another with --to")
    _saved(filled.data, file)
    click.echo(f"{filled.filled} students filled in, {len(filled.changed)} of them changed")
    for student in filled.changed:
        click.echo(f"changed: {plain(student)}")
    for student, why in filled.kept.items():
        click.echo(f"left as it was: {plain(student)}: {why}")
    for student, why in filled.unmatched.items():
        click.echo(f"not written: {plain(student)}: {plain(why)}", err=True)
    if not filled.unmatched:
        return DONE
    click.echo(
        f"grader: {len(filled.unmatched)} students were not written: give a --roster that has their"
        f" ids, or write them by hand",
        err=True,
    )
    return NOT_GRADED


def _saved(data: bytes, file: Path) -> int:
    from grader.reports.files import replace_file

    def write(temporary: Path) -> None:
        temporary.write_bytes(data)

    replace_file(file, write)
    click.echo(str(file))
    return DONE
