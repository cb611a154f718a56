"""`grader grade` and `grader report`: verdicts into the gradebook, and reports out of it."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from grader.cli.execution import limit_options, options_of, sandbox_option
from grader.cli.handed_in import class_of, roster_option
from grader.cli.shared import (
    EPILOG,
    GRADEBOOK,
    assignment_option,
    exit_code_of_class,
    graded_course,
    json_option,
    junit_option,
    min_score_option,
    options,
    out_option,
    quiet_option,
    refuse_out_of_reach,
)
from grader.errors import ReportError, UsageError

if TYPE_CHECKING:
    import pandas as pd

    from grader.assignment import Course
    from grader.gradebook import Gradebook


@click.command(epilog=EPILOG, short_help="Grade a class, one notebook or a zip, with reports.")
@click.argument("submissions", type=click.Path(path_type=Path))
@options(assignment_option, out_option)
@click.option(
    "--jobs", type=click.IntRange(1), metavar="N", help="How many at a time.  [default: cores]"
)
@click.option(
    "--seed",
    type=click.IntRange(0),
    metavar="N",
    help="Seed of the private cases.  [default: random, kept]",
)
@limit_options
@sandbox_option("auto")
@click.option(
    "--engine",
    type=click.Choice(["local", "dask"]),
    default="local",
    show_default=True,
    help="Where the work is done.",
)
@click.option(
    "--dask-scheduler",
    metavar="ADDRESS",
    envvar="DASK_SCHEDULER_ADDRESS",
    default="",
    help="The cluster for --engine dask, such as tcp://HOST:8786.  [default: one on this machine]",
)
@options(roster_option)
@click.option("--fresh", is_flag=True, help="Grade again what is graded already.")
@options(min_score_option, junit_option, json_option, quiet_option)
def grade(
    submissions: Path, assignment: str | None, out: Path | None, roster: Path | None, **given: Any
) -> int:
    """Grade a folder of submissions, one notebook, or a zip; write the reports.

    SUBMISSIONS holds STUDENT.ipynb or STUDENT/ANY.ipynb. Only what is new or changed since
    the last run is executed; an interrupted run goes on where it stopped.
    """
    from grader import grading
    from grader.gradebook import Gradebook
    from grader.reports.progress import progress
    from grader.scoring import in_cents

    course, found = class_of(submissions, assignment, roster, with_solution=True)
    refuse_out_of_reach(given["min_score"], in_cents(course.assignment.points), "points")
    folder = out or Path("reports") / course.name
    with Gradebook(folder / GRADEBOOK) as gradebook:
        _belongs(gradebook, course)
        talks = not given["quiet"] and not given["as_json"]
        with progress(talks, course.assignment) as listener:
            chosen = replace(options_of(given), hidden=(submissions.parent, submissions, folder))
            done = grading.grade(course, found, gradebook, chosen, listener)
        scores, checks = _reported(
            course, gradebook, folder, given["junit"], jobs=chosen.jobs, anew=False
        )
    if talks:
        _show_class(course, scores, checks)
        if done.unchanged:
            click.echo(f"{done.executed} graded now, {done.unchanged} unchanged since the last run")
        _show_files(folder)
    if given["as_json"]:
        click.echo(scores.to_json(orient="records"))
    return exit_code_of_class(scores, given["min_score"], done.broken)


@click.command(epilog=EPILOG, short_help="Write the reports again; nothing is executed.")
@options(assignment_option, out_option, min_score_option, junit_option, json_option, quiet_option)
def report(assignment: str | None, out: Path | None, min_score: float | None, **given: Any) -> int:
    """Write the reports again from the gradebook; nothing is executed."""
    from grader.engines import cores_here
    from grader.gradebook import Gradebook
    from grader.scoring import in_cents

    course, folder = graded_course(assignment, out)
    refuse_out_of_reach(min_score, in_cents(course.assignment.points), "points")
    with Gradebook(folder / GRADEBOOK) as gradebook:
        scores, checks = _reported(
            course, gradebook, folder, given["junit"], jobs=cores_here(), anew=True
        )
    if given["as_json"]:
        click.echo(scores.to_json(orient="records"))
    elif not given["quiet"]:
        _show_class(course, scores, checks)
        _show_files(folder)
    return exit_code_of_class(scores, min_score, frozenset())


def _belongs(gradebook: "Gradebook", course: "Course") -> None:
    kept = gradebook.fact("assignment")
    if kept not in (None, course.name):
        raise UsageError(
            f"{gradebook.file} is the gradebook of {kept}, not of {course.name}:"
            f" choose another folder with --out"
        )
    gradebook.set_fact("assignment", course.name)
    gradebook.set_fact("folder", str(course.folder))


def _reported(
    course: "Course",
    gradebook: "Gradebook",
    folder: Path,
    junit: Path | None,
    *,
    jobs: int,
    anew: bool,
) -> "tuple[pd.DataFrame, pd.DataFrame]":
    """The frames of a class, with all reports written; unless `anew`, only where they would differ.

    Raises ReportError, which says how to go on from what is kept.
    """
    from grader.reports.junit import write_junit

    try:
        scores, checks = _frames_reported(course, gradebook, folder, jobs=jobs, anew=anew)
        if junit is not None:
            write_junit(scores, checks, junit)
    except ReportError as error:
        raise ReportError(f"{error}, then run `grader report`; no verdict is lost") from None
    return scores, checks


def _frames_reported(
    course: "Course", gradebook: "Gradebook", folder: Path, *, jobs: int, anew: bool
) -> "tuple[pd.DataFrame, pd.DataFrame]":
    """The frames of a class, read back where its reports are as they would be written.

    To make them, every verdict of a class is decoded; to read them back takes a moment.
    """
    from grader.parcel import hash_of_files, own_hash
    from grader.reports import written

    made_from = (gradebook.state(), hash_of_files([course.folder]), own_hash())
    if anew or gradebook.fact("reports") != written.mark(folder, *made_from):
        from grader.reporting import write_reports

        scores, checks = write_reports(course, gradebook, folder, jobs)
        gradebook.set_fact("reports", written.mark(folder, *made_from))
        return scores, checks
    return written.read_back(folder)


def _show_files(folder: Path) -> None:
    from grader.reports.pages import CLASS_PAGE

    click.echo(f"reports: {folder}/scores.csv, checks.csv (and .parquet, .json)")
    click.echo(f"open in a browser: {folder / CLASS_PAGE}")


def _show_class(course: "Course", scores: "pd.DataFrame", checks: "pd.DataFrame") -> None:
    from grader.reports import terminal
    from grader.reports.console import console
    from grader.reports.statistics import statistics

    out = console()
    points = {task.name: float(task.points) for task in course.assignment.tasks}
    out.print(terminal.class_table(scores, checks, course.assignment))
    out.print()
    out.print(terminal.class_statistics(statistics(scores, checks, points)))
