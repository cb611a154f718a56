"""The command line: parses, calls the library, prints. Heavy imports wait until a command runs."""

import os
import sys
import traceback
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from grader.errors import GraderError, SubmissionsError, UsageError

if TYPE_CHECKING:
    import pandas as pd

    from grader.assignment import Course
    from grader.gradebook import Gradebook
    from grader.grading import Options
    from grader.roster import Roster

DONE, LOW_SCORE, BAD_INPUT, NOT_GRADED, INTERNAL, INTERRUPTED = 0, 1, 2, 3, 4, 130
GRADEBOOK = "gradebook.sqlite"
PSEUDONYMS = "pseudonyms.csv"

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
min_score_option = click.option(
    "--min-score", type=float, metavar="X", help="Exit with 1 if a score is below X points."
)
junit_option = click.option(
    "--junit",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write a JUnit XML report too.",
)
roster_option = click.option(
    "--roster",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="CSV of students, or an export of Canvas or Moodle; who is missing gets a row.",
)
csv_option = click.option(
    "--csv",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write it as CSV too.",
)
html_option = click.option(
    "--html",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write it as a page for a browser too.",
)
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
@click.argument("notebook", type=click.Path(path_type=Path))
@options(assignment_option, min_score_option, json_option, quiet_option)
@execution_options
def check(notebook: Path, assignment: str | None, min_score: float | None, **given: Any) -> int:
    """Check one notebook at your desk, on public cases only.

    Runs the notebook, calls your functions, and says in words what is right and what is not.
    Needs no solution: what is right is measured from the forward functions.
    """
    from grader import grading
    from grader.loading import find_assignment, load_course

    if not notebook.is_file():
        raise UsageError(f"{notebook}: no such notebook: check the path")
    course = load_course(find_assignment(assignment, notebook), with_solution=False)
    from grader.reports import terminal

    console = terminal.console()
    with terminal.console(stderr=True).status(f"running {notebook.name} …"):
        verdict = grading.check(notebook, course, _options(given))
    if given["as_json"]:
        click.echo(verdict.to_json())
    elif not given["quiet"]:
        console.print(f"{course.assignment.title}: {notebook.name}", style="bold")
        console.print(_ending(verdict.status, verdict.message))
        if verdict.status != "unreadable":
            console.print(terminal.feedback(verdict, course.assignment))
    if verdict.broken:
        return INTERNAL
    if verdict.status == "unreadable":
        return NOT_GRADED
    return LOW_SCORE if min_score is not None and verdict.cents() / 100 < min_score else DONE


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
@click.option(
    "--sandbox",
    type=click.Choice(["auto", "strict", "off"]),
    default="auto",
    show_default=True,
    help="How far students' code must be isolated.",
)
@click.option(
    "--engine",
    type=click.Choice(["local", "dask"]),
    default="local",
    show_default=True,
    help="Where the work is done.",
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

    _refuse_unknown_engine(given["engine"])
    _refuse_missing(submissions)
    course = load_course(find_assignment(assignment, submissions), with_solution=True)
    found = find_submissions(submissions, course.name, _roster(course, submissions, roster))
    folder = out or Path("reports") / course.name
    with Gradebook(folder / GRADEBOOK) as gradebook:
        _belongs(gradebook, course)
        talks = not given["quiet"] and not given["as_json"]
        with progress(talks) as listener:
            chosen = replace(_options(given), hidden=(submissions.parent, submissions, folder))
            done = grading.grade(course, found, gradebook, chosen, listener)
        scores, checks = _reported(course, gradebook, folder, given["junit"])
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
        scores, checks = _reported(course, gradebook, folder, given["junit"])
    if given["as_json"]:
        click.echo(scores.to_json(orient="records", force_ascii=False))
    elif not given["quiet"]:
        _show_class(course, scores, checks)
        click.echo(f"reports: {folder}/scores.csv, checks.csv (and .parquet, .json)")
    return _exit_code(scores, min_score, 0)


@cli.command(epilog=EPILOG)
@options(assignment_option, out_option)
@click.option("--private", is_flag=True, help="Rank by the private cases, after the deadline.")
@click.option(
    "--before-deadline",
    is_flag=True,
    help="With --private: reveal it although the deadline is to come.",
)
@click.option("--pseudonyms", is_flag=True, help="Show made-up names, the same every time.")
@csv_option
@html_option
@json_option
def leaderboard(assignment: str | None, out: Path | None, private: bool, **given: Any) -> int:
    """Rank the class by public score, or by private score with --private.

    A tie goes to whoever handed in earlier. The private ranking shows how many places each
    student went up or down, and is refused before the deadline.
    """
    from grader.gradebook import Gradebook
    from grader.reports import frames, terminal
    from grader.reports import leaderboard as boards
    from grader.standings import board_standings

    course, folder = _graded_course(assignment, out)
    if private and not given["before_deadline"]:
        _refuse_before_deadline(course)
    with Gradebook(folder / GRADEBOOK) as gradebook:
        rows = list(board_standings(course.assignment, gradebook.latest()))
        scores = frames.scores_frame(course.assignment, rows)
        names = _pseudonyms(gradebook, folder, scores) if given["pseudonyms"] else None
    board = boards.leaderboard(scores, private=private, names=names)
    rules = boards.rules_in_words(course.assignment)
    if given["csv"]:
        boards.write_board_csv(board, given["csv"])
    if given["html"]:
        boards.write_board_page(board, course.assignment.title, rules, given["html"])
    if given["as_json"]:
        click.echo(board.to_json(orient="records", force_ascii=False))
        return DONE
    console = terminal.console()
    console.print(boards.board_table(board))
    console.print(f"\n{rules}", style="dim")
    _say_written(given["csv"], given["html"])
    return DONE


def _refuse_before_deadline(course: "Course") -> None:
    deadline = course.assignment.deadline
    if deadline is None:
        return
    end = deadline + timedelta(minutes=course.assignment.late.grace_minutes)
    if datetime.now(UTC) < end:
        raise UsageError(
            f"the private ranking is hidden until the deadline, {end:%Y-%m-%d %H:%M %Z}:"
            " wait for it, or reveal it with --before-deadline"
        )


def _pseudonyms(
    gradebook: "Gradebook", folder: Path, scores: "pd.DataFrame"
) -> "Mapping[str, str]":
    """The made-up names; who is who is written for the instructor."""
    import pandas as pd

    from grader.pseudonyms import pseudonyms
    from grader.reports.leaderboard import write_board_csv

    names = pseudonyms(gradebook, scores["student"])
    known = pd.DataFrame(sorted(names.items()), columns=["student", "pseudonym"])
    write_board_csv(known, folder / PSEUDONYMS)
    click.echo(f"who is who, for you alone: {folder / PSEUDONYMS}", err=True)
    return names


def _say_written(*files: Path | None) -> None:
    written = [str(file) for file in files if file]
    if written:
        click.echo(f"written: {', '.join(written)}")


@cli.command(epilog=EPILOG)
@click.argument("submissions", type=click.Path(path_type=Path))
@options(assignment_option, roster_option)
@click.option(
    "--min-size",
    type=click.IntRange(1),
    metavar="N",
    help="Leave out functions with fewer names and constants.  [default: 20]",
)
@click.option(
    "--at-most",
    type=click.IntRange(2),
    metavar="N",
    help="Leave out what more students share.  [default: a tenth, at least 3]",
)
@options(csv_option, html_option, json_option)
def similar(submissions: Path, assignment: str | None, roster: Path | None, **given: Any) -> int:
    """List pairs of notebooks with functions that are the same but for names and layout.

    Nothing is executed. Left out are the course's own code, short functions, and what many
    share. Similar is not proof: read both sources side by side, with --html.
    """
    from grader.loading import find_assignment, load_course
    from grader.reports import similarity, terminal
    from grader.similarity import SHORTEST, compare_class
    from grader.submission import find_submissions

    _refuse_missing(submissions)
    course = load_course(find_assignment(assignment, submissions), with_solution=False)
    found = find_submissions(submissions, course.name, _roster(course, submissions, roster))
    handed_in = [s for s in found if s.file or s.problem]
    shortest = given["min_size"] or SHORTEST
    comparison = compare_class(course, handed_in, shortest, given["at_most"])
    if given["csv"]:
        similarity.write_similarity_csv(comparison, given["csv"])
    if given["html"]:
        similarity.write_similarity_page(comparison, course.assignment.title, given["html"])
    if given["as_json"]:
        rows = similarity.similarity_frame(comparison)
        click.echo(rows.to_json(orient="records", force_ascii=False))
        return DONE
    terminal.console().print(similarity.similarity_table(comparison))
    _say_written(given["csv"], given["html"])
    return DONE


@cli.command(epilog=EPILOG)
@click.argument("name")
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Where to.  [default: release/NAME]",
)
def release(name: str, out: Path | None) -> int:
    """Write the student's version of an assignment: notebook and files, nothing secret."""
    from grader.loading import find_assignment, load_course
    from grader.releasing import release as write_release

    course = load_course(find_assignment(name, None), with_solution=False)
    for file in write_release(course, out or Path("release") / course.name):
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
def validate(name: str, seed: int) -> int:
    """Prove an assignment sound before anyone is graded by it.

    The reference must be the derivative of the forward function and earn full marks; every
    declared mistake must differ from what is right; the notebook must have every stub.
    """
    from grader.answer_key import make_answer_key
    from grader.loading import find_assignment, load_course
    from grader.proving import prove, prove_notebook

    course = load_course(find_assignment(name, None), with_solution=True)
    key = make_answer_key(course, seed)
    sound = True
    for proof in (*prove(key), *prove_notebook(key)):
        sound = sound and proof.holds
        click.echo(f"{'ok  ' if proof.holds else 'FAIL'} {proof.subject}: {proof.seen}")
    if not sound:
        raise GraderError(f"{course.folder}: the assignment is not sound: mend what says FAIL")
    click.echo(f"{course.name} is sound: {course.assignment.points:g} points")
    return DONE


@cli.command(epilog=EPILOG)
@click.option("--python", metavar="PATH", help="The interpreter that runs students' code.")
def doctor(python: str | None) -> int:
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
    table = Table(box=None, pad_edge=False, header_style="bold")
    for head in ("what", "here", "seen", "how to get it"):
        table.add_column(head)
    for symptom in examine_machine(settings):
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
        sandbox=given.get("sandbox", "off"),
        fresh=given.get("fresh", False),
    )


def _refuse_unknown_engine(engine: str) -> None:
    from grader.engines import ENGINES

    if engine not in ENGINES:
        raise UsageError(f"--engine {engine}: not in this release; use --engine local")


def _refuse_missing(submissions: Path) -> None:
    if not submissions.exists():
        raise SubmissionsError(f"{submissions}: no such file or folder: check the path")


def _roster(course: "Course", place: Path, roster: Path | None) -> "Roster | None":
    """The roster named, or the one that lies with the submissions."""
    from grader.roster import NAME, read_roster

    beside = place / NAME
    file = roster or (beside if place.is_dir() and beside.is_file() else None)
    deadline = course.assignment.deadline
    zone = deadline.tzinfo if deadline else None
    return read_roster(file, zone or UTC) if file else None


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
        place = gradebook.fact("folder")
    if place is None:
        raise UsageError(f"{folder}: the gradebook is empty: run `grader grade` first")
    return load_course(Path(place), with_solution=False), folder


def _reported(
    course: "Course", gradebook: "Gradebook", folder: Path, junit: Path | None
) -> "tuple[pd.DataFrame, pd.DataFrame]":
    from grader.reports import files, frames
    from grader.reports.junit import write_junit
    from grader.standings import standings

    rows = list(standings(course.assignment, gradebook.latest()))
    scores, checks = frames.scores_frame(course.assignment, rows), frames.checks_frame(rows)
    files.write_frame(scores, folder, "scores")
    files.write_frame(checks, folder, "checks")
    if junit is not None:
        write_junit(scores, checks, junit)
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
