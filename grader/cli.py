"""The command line: parses, calls the library, prints. Heavy imports wait until a command runs."""

import json
import math
import os
import sys
import traceback
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from grader.errors import GraderError, UsageError

if TYPE_CHECKING:
    import pandas as pd

    from grader.assignment import Course
    from grader.gradebook import Gradebook
    from grader.grading import Options
    from grader.submission import Submission

DONE, LOW_SCORE, BAD_INPUT, NOT_GRADED, INTERNAL, INTERRUPTED = 0, 1, 2, 3, 4, 130
GRADEBOOK = "gradebook.sqlite"

EPILOG = """\b
Exit codes: 0 done; 1 a score below --min-score; 2 bad usage or bad input,
nothing graded; 3 something could not be graded or written (a row or a line
says why); 4 internal error; 130 interrupted (what was graded is kept)."""

Command = TypeVar("Command", bound=Callable[..., Any])


class Size(click.ParamType[int]):
    """A number of bytes such as 512M or 2G."""

    name = "SIZE"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """The number of bytes."""
        text = str(value).strip().upper().removesuffix("B").removesuffix("I")
        unit = {"K": 2**10, "M": 2**20, "G": 2**30}.get(text[-1:], 1)
        try:
            return int(float(text.rstrip("KMG")) * unit)
        except (ValueError, OverflowError):
            self.fail(f"{value!r} is not a size; write it as 512M or 2G", param, ctx)


def options(*wanted: Callable[[Command], Command]) -> Callable[[Command], Command]:
    """Several options as one decorator, shown in the order given."""

    def decorate(command: Command) -> Command:
        for option in reversed(wanted):
            command = option(command)
        return command

    return decorate


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


def finite(_ctx: click.Context, option: click.Parameter, value: float | None) -> float | None:
    """The number, unless nothing can be compared with it."""
    if value is not None and not math.isfinite(value):
        raise UsageError(f"{option.opts[0]} {value}: give a number of points")
    return value


min_score_option = click.option(
    "--min-score",
    type=float,
    metavar="X",
    callback=finite,
    help="Exit with 1 if a score is below X points.",
)
junit_option = click.option(
    "--junit",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write a JUnit XML report too.",
)
execution_options = options(
    click.option("--timeout", type=click.FloatRange(0.1), metavar="S", help="Seconds for a cell."),
    click.option(
        "--time-limit", type=click.FloatRange(1), metavar="S", help="Seconds for a submission."
    ),
    click.option("--memory", type=Size(), metavar="SIZE", help="Memory for a kernel, such as 2G."),
    click.option("--python", metavar="PATH", help="The interpreter that runs students' code."),
)


def sandbox_option(default: str) -> Callable[[Command], Command]:
    """`--sandbox`, which is left off where people run their own code."""
    return click.option(
        "--sandbox",
        type=click.Choice(["auto", "strict", "off"]),
        default=default,
        show_default=True,
        help="How far the notebook's code must be isolated.",
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
@click.argument("notebook", type=click.Path(path_type=Path))
@options(assignment_option, min_score_option, json_option, quiet_option)
@execution_options
@sandbox_option("off")
def check(notebook: Path, assignment: str | None, min_score: float | None, **given: Any) -> int:
    """Check one notebook at your desk, on public cases only.

    Runs the notebook, calls your functions, and says in words what is right and what is not.
    Needs no solution: what is right is measured from the forward functions.
    """
    from grader import grading
    from grader.loading import find_assignment, load_course

    _refuse_no_notebook(notebook)
    course = load_course(find_assignment(assignment, notebook), with_solution=False)
    from grader.reports import terminal
    from grader.reports.single import verdict_json

    console = terminal.console()
    with terminal.console(stderr=True).status("running the notebook …"):
        verdict = grading.check(notebook, course, _options(given))
    if given["as_json"]:
        click.echo(verdict_json(verdict))
    elif not given["quiet"]:
        name = notebook.name.encode("utf-8", "replace").decode()
        console.print(f"{course.assignment.title}: {name}", style="bold")
        console.print(_ending(verdict.status, verdict.message))
        if verdict.status != "unreadable":
            console.print(terminal.feedback(verdict, course.assignment))
    if verdict.broken:
        return INTERNAL
    if verdict.status == "unreadable":
        return NOT_GRADED
    return LOW_SCORE if min_score is not None and verdict.cents() / 100 < min_score else DONE


def _refuse_no_notebook(notebook: Path) -> None:
    if notebook.is_dir():
        raise UsageError(f"{notebook}: a folder: give the notebook in it (.ipynb)")
    if not notebook.is_file():
        raise UsageError(f"{notebook}: no such notebook: check the path")
    if ".ipynb" not in notebook.name.lower():
        raise UsageError(f"{notebook}: not a notebook: give a file that ends in .ipynb")


def _ending(status: str, message: str) -> str:
    return {
        "ok": "The notebook ran to its end.",
        "errors": "Some cells raised; what was defined was judged.",
        "timeout": "It ran out of time; what was defined before was judged.",
        "died": "The kernel died; what could be judged was.",
    }.get(status, f"It could not be read: {message}")


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
@click.option(
    "--roster",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="CSV with a column `student`; who is missing gets a row.",
)
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

    found = find_submissions(submissions)
    course = load_course(find_assignment(assignment, submissions), with_solution=True)
    found = _on_roster(found, submissions, roster)
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
        click.echo(f"reports: {folder}/scores.csv, checks.csv (and .parquet, .json)")
    if given["as_json"]:
        click.echo(scores.to_json(orient="records", force_ascii=False))
    return _exit_code(scores, given["min_score"], done.broken)


@cli.command(epilog=EPILOG)
@options(assignment_option, out_option, min_score_option, junit_option, json_option, quiet_option)
def report(assignment: str | None, out: Path | None, min_score: float | None, **given: Any) -> int:
    """Write the reports again from the gradebook; nothing is executed."""
    course, folder = _graded_course(assignment, out)
    from grader.gradebook import Gradebook

    with Gradebook(folder / GRADEBOOK) as gradebook:
        scores, checks = _reported(course, gradebook, folder, given["junit"], anew=True)
    if given["as_json"]:
        click.echo(scores.to_json(orient="records", force_ascii=False))
    elif not given["quiet"]:
        _show_class(course, scores, checks)
        click.echo(f"reports: {folder}/scores.csv, checks.csv (and .parquet, .json)")
    return _exit_code(scores, min_score, 0)


@cli.command(epilog=EPILOG)
@options(assignment_option, out_option)
@click.option("--private", is_flag=True, help="Rank by the private cases.")
@json_option
def leaderboard(assignment: str | None, out: Path | None, private: bool, as_json: bool) -> int:
    """Rank the class by public score, or by private score with --private."""
    from rich.table import Table
    from rich.text import Text

    from grader.gradebook import Gradebook
    from grader.reports import frames, terminal
    from grader.reports.leaderboard import leaderboard as ranking
    from grader.standings import standings

    course, folder = _graded_course(assignment, out)
    with Gradebook(folder / GRADEBOOK) as gradebook:
        rows = list(standings(course.assignment, gradebook.latest()))
    ranked = ranking(frames.scores_frame(course.assignment, rows), private=private)
    if as_json:
        click.echo(ranked.to_json(orient="records", force_ascii=False))
        return DONE
    table = Table(box=None, pad_edge=False, header_style="bold")
    for head in ("rank", "student", "score", "attempts"):
        table.add_column(head, justify="left" if head == "student" else "right")
    for row in ranked.to_dict("records"):
        student, score = Text(row["student"]), f"{row['score']:g}"
        table.add_row(str(row["rank"]), student, score, str(row["attempts"]))
    terminal.console().print(table)
    return DONE


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


def _on_roster(found: "list[Submission]", place: Path, roster: Path | None) -> "list[Submission]":
    from grader.roster import NAME, read_roster
    from grader.submission import dated, on_roster

    beside = place / NAME
    file = roster or (beside if place.is_dir() and beside.is_file() else None)
    if file is None:
        return found
    read = read_roster(file)
    return [dated(s, read.submitted_at) for s in on_roster(found, read.students)]


def _belongs(gradebook: "Gradebook", course: "Course") -> None:
    kept = gradebook.fact("assignment")
    if kept not in (None, course.name):
        raise UsageError(
            f"{gradebook.file} is the gradebook of {kept}, not of {course.name}:"
            f" choose another folder with --out"
        )
    gradebook.set_fact("assignment", course.name)
    gradebook.set_fact("folder", str(course.folder))


def _graded_course(assignment: str | None, out: Path | None) -> "tuple[Course, Path]":
    """The assignment whose gradebook is meant, and the folder that it lies in."""
    from grader.gradebook import Gradebook
    from grader.loading import load_course

    if out is None and assignment is None:
        there = sorted(Path("reports").glob(f"*/{GRADEBOOK}"))
        if len(there) != 1:
            known = ", ".join(file.parent.name for file in there) or "none"
            raise UsageError(f"which gradebook? reports/ has: {known}: give --assignment or --out")
        out = there[0].parent
    folder = out or Path("reports") / str(assignment)
    if not (folder / GRADEBOOK).is_file():
        raise UsageError(f"{folder}: no gradebook there: run `grader grade` first, or give --out")
    with Gradebook(folder / GRADEBOOK) as gradebook:
        place = None if gradebook.is_empty else gradebook.fact("folder")
    if place is None:
        raise UsageError(f"{folder}: the gradebook is empty: run `grader grade` first")
    return load_course(Path(place), with_solution=False), folder


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
    from grader.standings import standings

    rows = list(standings(course.assignment, gradebook.latest()))
    scores, checks = frames.scores_frame(course.assignment, rows), frames.checks_frame(rows)
    files.write_frame(scores, folder, "scores")
    files.write_frame(checks, folder, "checks")
    return scores, checks


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
