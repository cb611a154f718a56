"""The command line: parses, calls the library, prints. Heavy imports wait until a command runs."""

import json
import os
import sys
import traceback
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from grader.cli.export import export
from grader.cli.handed_in import refuse_missing, roster_for, roster_option
from grader.cli.leaderboard import leaderboard
from grader.cli.shared import (
    DONE,
    EPILOG,
    GRADEBOOK,
    INTERNAL,
    INTERRUPTED,
    LOW_SCORE,
    NOT_GRADED,
    Size,
    assignment_option,
    frames_of_one,
    graded_course,
    json_option,
    junit_option,
    min_score_option,
    options,
    out_option,
    quiet_option,
    sandbox_option,
)
from grader.cli.similar import similar
from grader.errors import GraderError, UsageError

if TYPE_CHECKING:
    import pandas as pd

    from grader.assignment import Course
    from grader.gradebook import Gradebook
    from grader.grading import Options
    from grader.verdict import Verdict

execution_options = options(
    click.option("--timeout", type=click.FloatRange(0.1), metavar="S", help="Seconds for a cell."),
    click.option(
        "--time-limit", type=click.FloatRange(1), metavar="S", help="Seconds for a submission."
    ),
    click.option("--memory", type=Size(), metavar="SIZE", help="Memory for a kernel, such as 2G."),
    click.option("--python", metavar="PATH", help="The interpreter that runs students' code."),
)


@click.group(epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="grader")
def cli() -> None:
    """Grades assignments handed in as Jupyter notebooks.

    \b
    Students:     grader check NOTEBOOK
    Instructors:  grader grade SUBMISSIONS
    """


@cli.command(epilog=EPILOG)
@click.argument(
    "notebooks", metavar="NOTEBOOK...", type=click.Path(path_type=Path), nargs=-1, required=True
)
@options(assignment_option, min_score_option)
@click.option(
    "--github", is_flag=True, help="Write annotations, job summary and outputs of GitHub Actions."
)
@options(junit_option, json_option, quiet_option)
@execution_options
@sandbox_option("off")
def check(notebooks: tuple[Path, ...], **given: Any) -> int:
    """Check a notebook at your desk, on public cases only.

    Runs the notebook, calls your functions, and says in words what is right and what is not.
    Needs no solution: what is right is measured from the forward functions.
    """
    for notebook in notebooks:
        _refuse_no_notebook(notebook)
    if given["junit"] and len(notebooks) > 1:
        raise UsageError("--junit takes one notebook: give each a command and a FILE of its own")
    return max(_checked(notebook, given) for notebook in notebooks)


def _checked(notebook: Path, given: dict[str, Any]) -> int:
    """Checks one notebook and says what was seen; its exit code."""
    from grader import grading
    from grader.cli.github import commands_stopped, publish
    from grader.loading import find_assignment, load_course
    from grader.reports import terminal
    from grader.reports.junit import write_junit
    from grader.reports.single import verdict_json

    folder = find_assignment(given["assignment"], notebook)
    course = load_course(folder, with_solution=False)
    with terminal.console(stderr=True).status("running the notebook …"):
        verdict = grading.check(notebook, course, _options(given))
    with commands_stopped() if given["github"] else nullcontext():
        if given["as_json"]:
            click.echo(verdict_json(verdict))
        elif not given["quiet"]:
            _show_verdict(verdict, notebook, course)
    scores, checks = frames_of_one(course, notebook, verdict)
    if given["github"]:
        publish(course.assignment.title, scores, checks, notebook)
    if given["junit"]:
        write_junit(scores, checks, given["junit"])
    return _exit_code(scores, given["min_score"], verdict.broken)


def _refuse_no_notebook(notebook: Path) -> None:
    if notebook.is_dir():
        raise UsageError(f"{notebook}: a folder: give the notebook in it (.ipynb)")
    if not notebook.is_file():
        raise UsageError(f"{notebook}: no such notebook: check the path")
    if ".ipynb" not in notebook.name.lower():
        raise UsageError(f"{notebook}: not a notebook: give a file that ends in .ipynb")


def _show_verdict(verdict: "Verdict", notebook: Path, course: "Course") -> None:
    from grader.reports import terminal
    from grader.reports.words import ending
    from grader.submission.names import plain

    console = terminal.console()
    console.print(f"{course.assignment.title}: {plain(notebook.name)}", style="bold")
    console.print(ending(verdict.status, verdict.message))
    if verdict.status != "unreadable":
        console.print(terminal.feedback(verdict, course.assignment))


@cli.command(epilog=EPILOG)
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
@execution_options
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
    from grader.loading import find_assignment, load_course
    from grader.reports.progress import progress
    from grader.submission import find_submissions

    refuse_missing(submissions)
    course = load_course(find_assignment(assignment, submissions), with_solution=True)
    found = find_submissions(submissions, course.name, roster_for(course, submissions, roster))
    folder = out or Path("reports") / course.name
    with Gradebook(folder / GRADEBOOK) as gradebook:
        _belongs(gradebook, course)
        talks = not given["quiet"] and not given["as_json"]
        with progress(talks) as listener:
            chosen = replace(_options(given), hidden=(submissions.parent, submissions, folder))
            done = grading.grade(course, found, gradebook, chosen, listener)
        scores, checks = _reported(course, gradebook, folder, given["junit"], anew=False)
    if talks:
        _show_class(course, scores, checks)
        if done.unchanged:
            click.echo(f"{done.executed} graded now, {done.unchanged} unchanged since the last run")
        _show_files(folder)
    if given["as_json"]:
        click.echo(scores.to_json(orient="records", force_ascii=False))
    return _exit_code(scores, given["min_score"], done.broken)


@cli.command(epilog=EPILOG)
@options(assignment_option, out_option, min_score_option, junit_option, json_option, quiet_option)
def report(assignment: str | None, out: Path | None, min_score: float | None, **given: Any) -> int:
    """Write the reports again from the gradebook; nothing is executed."""
    course, folder = graded_course(assignment, out)
    from grader.gradebook import Gradebook

    with Gradebook(folder / GRADEBOOK) as gradebook:
        scores, checks = _reported(course, gradebook, folder, given["junit"], anew=True)
    if given["as_json"]:
        click.echo(scores.to_json(orient="records", force_ascii=False))
    elif not given["quiet"]:
        _show_class(course, scores, checks)
        _show_files(folder)
    return _exit_code(scores, min_score, 0)


@cli.command(epilog=EPILOG)
@click.argument("name")
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Where to.  [default: release/NAME]",
)
@quiet_option
def release(name: str, out: Path | None, quiet: bool) -> int:
    """Write the student's version of an assignment: notebook and files, nothing secret."""
    from grader.loading import find_assignment, load_course
    from grader.releasing import release as write_release

    course = load_course(find_assignment(name, None), with_solution=False)
    for file in write_release(course, out or Path("release") / course.name):
        if not quiet:
            click.echo(str(file))
    return DONE


@cli.command(epilog=EPILOG)
@click.argument("name")
@click.option(
    "--seed",
    type=click.IntRange(0),
    default=0,
    show_default=True,
    help="Seed of the private cases.",
)
@options(json_option, quiet_option)
def validate(name: str, seed: int, as_json: bool, quiet: bool) -> int:
    """Prove an assignment sound before anyone is graded by it.

    The reference must be the derivative of the forward function and earn full marks; every
    declared mistake must differ from what is right; the notebook must have every stub.
    """
    from grader.answer_key import make_answer_key
    from grader.loading import find_assignment, load_course
    from grader.proving import prove, prove_notebook

    course = load_course(find_assignment(name, None), with_solution=True)
    key = make_answer_key(course, seed)
    proofs = []
    for proof in (*prove(key), *prove_notebook(key)):
        proofs.append(proof)
        if not (as_json or quiet):
            click.echo(f"{'ok  ' if proof.holds else 'FAIL'} {proof.subject}: {proof.seen}")
    if as_json:
        click.echo(json.dumps([vars(proof) for proof in proofs]))
    failed = [proof.subject for proof in proofs if not proof.holds]
    if failed:
        raise GraderError(f"{course.folder}: not sound: mend what fails: {', '.join(failed)}")
    if not (as_json or quiet):
        click.echo(f"{course.name} is sound: {course.assignment.points:g} points")
    return DONE


@cli.command(epilog=EPILOG)
@click.option("--python", metavar="PATH", help="The interpreter that runs students' code.")
@json_option
def doctor(python: str | None, as_json: bool) -> int:
    """Show what this machine offers: versions, kernel start, limits, isolation."""
    from rich.table import Table

    from grader.assignment import Limits
    from grader.doctor import examine_machine
    from grader.execution import Settings
    from grader.reports import terminal

    limits = Limits()
    settings = Settings(
        python or sys.executable, limits.cell_seconds, limits.total_seconds, limits.memory_bytes
    )
    symptoms = list(examine_machine(settings))
    if as_json:
        click.echo(json.dumps([vars(symptom) for symptom in symptoms]))
        return DONE
    table = Table(box=None, pad_edge=False, header_style="bold")
    for head in ("what", "here", "seen", "how to get it"):
        table.add_column(head)
    for symptom in symptoms:
        here = "yes" if symptom.present else "no"
        table.add_row(symptom.subject, here, symptom.seen, "" if symptom.present else symptom.mend)
    terminal.console().print(table)
    return DONE


cli.add_command(leaderboard)
cli.add_command(similar)
cli.add_command(export)


def main() -> None:
    """Runs the command line and ends the process with the documented exit code."""
    try:
        code = cli.main(standalone_mode=False, prog_name="grader")
    except GraderError as error:
        click.echo(f"grader: {error}", err=True)
        code = error.exit_code
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except (KeyboardInterrupt, click.Abort):
        click.echo(
            "grader: interrupted; what was graded is kept, and the next run goes on", err=True
        )
        code = INTERRUPTED
    except BrokenPipeError:
        # The reader of our output went away; the interpreter must not try to flush to it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = DONE
    except Exception:
        traceback.print_exc()
        click.echo("grader: an internal error; please report the lines above", err=True)
        code = INTERNAL
    sys.exit(code)


def _options(given: dict[str, Any]) -> "Options":
    from grader.grading import Options

    return Options(
        jobs=given.get("jobs") or os.cpu_count() or 1,
        seed=given.get("seed"),
        cell_seconds=given["timeout"],
        total_seconds=given["time_limit"],
        memory_bytes=given["memory"],
        python=given["python"],
        engine=given.get("engine", "local"),
        scheduler=given.get("dask_scheduler", ""),
        sandbox=given.get("sandbox", "off"),
        fresh=given.get("fresh", False),
    )


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
    course: "Course", gradebook: "Gradebook", folder: Path, junit: Path | None, *, anew: bool
) -> "tuple[pd.DataFrame, pd.DataFrame]":
    """The frames of a class, with all reports written; unless `anew`, only where they would differ.

    To make them, every verdict of a class is decoded; to read them back takes a moment.
    """
    from grader.parcel import hash_of_files, own_hash
    from grader.reports import written
    from grader.reports.junit import write_junit

    made_from = (gradebook.state(), hash_of_files([course.folder]), own_hash())
    if anew or gradebook.fact("reports") != written.mark(folder, *made_from):
        scores, checks = _written(course, gradebook, folder)
        gradebook.set_fact("reports", written.mark(folder, *made_from))
    else:
        scores, checks = written.read_back(folder)
    if junit is not None:
        write_junit(scores, checks, junit)
    return scores, checks


def _written(
    course: "Course", gradebook: "Gradebook", folder: Path
) -> "tuple[pd.DataFrame, pd.DataFrame]":
    from grader.reports import files, frames
    from grader.reports.pages import write_pages
    from grader.sections import section_texts
    from grader.standings import standings

    rows = list(standings(course.assignment, gradebook.latest()))
    sections = section_texts(course.folder / f"{course.name}.ipynb")
    results = frames.results(course.assignment, rows, sections)
    files.write_frame(results.scores, folder, "scores")
    files.write_frame(results.checks, folder, "checks")
    write_pages(results, folder)
    return results.scores, results.checks


def _show_files(folder: Path) -> None:
    from grader.reports.pages import CLASS_PAGE

    click.echo(f"reports: {folder}/scores.csv, checks.csv (and .parquet, .json)")
    click.echo(f"open in a browser: {folder / CLASS_PAGE}")


def _show_class(course: "Course", scores: "pd.DataFrame", checks: "pd.DataFrame") -> None:
    from grader.reports import terminal
    from grader.reports.statistics import statistics

    console = terminal.console()
    points = {task.name: float(task.points) for task in course.assignment.tasks}
    console.print(terminal.class_table(scores, checks, course.assignment))
    console.print()
    console.print(terminal.class_statistics(statistics(scores, checks, points)))


def _exit_code(scores: "pd.DataFrame", min_score: float | None, broken: int) -> int:
    if broken:
        return INTERNAL
    if (scores["status"] == "unreadable").any():
        return NOT_GRADED
    if min_score is not None and (scores["score"] < min_score).any():
        return LOW_SCORE
    return DONE
