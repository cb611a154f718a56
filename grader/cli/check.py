"""`grader check`: a notebook at its author's desk, on public cases only."""

from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from grader.cli.execution import limit_options, options_of, sandbox_option
from grader.cli.shared import (
    EPILOG,
    assignment_option,
    exit_code,
    frames_of_one,
    json_option,
    junit_option,
    min_score_option,
    options,
    quiet_option,
    refuse_out_of_reach,
)
from grader.errors import UsageError

if TYPE_CHECKING:
    from grader.assignment import Course
    from grader.verdict import Verdict


@click.command(epilog=EPILOG, short_help="Check a notebook at your desk, on public cases only.")
@click.argument(
    "notebooks", metavar="NOTEBOOK...", type=click.Path(path_type=Path), nargs=-1, required=True
)
@options(assignment_option, min_score_option)
@click.option(
    "--github", is_flag=True, help="Write annotations, job summary and outputs of GitHub Actions."
)
@options(junit_option, json_option, quiet_option)
@limit_options
@sandbox_option("off")
def check(notebooks: tuple[Path, ...], **given: Any) -> int:
    """Check a notebook at your desk, on public cases only.

    Runs the notebook, calls your functions, and says in words what is right and what is not.
    Needs no solution: what is right is measured from the forward functions.
    """
    for notebook in notebooks:
        _refuse_no_notebook(notebook)
    if given["github"] and given["as_json"]:
        raise UsageError("--json prints JSON and nothing else, --github more: give one of the two")
    if given["junit"] and len(notebooks) > 1:
        raise UsageError("--junit takes one notebook: give each a command and a FILE of its own")
    return max(_checked(notebook, given) for notebook in notebooks)


def _checked(notebook: Path, given: dict[str, Any]) -> int:
    """Checks one notebook and says what was seen; its exit code."""
    from grader import grading
    from grader.cli.github import commands_stopped
    from grader.courses import course_of
    from grader.reports.console import console
    from grader.reports.single import verdict_json
    from grader.scoring import public_cents

    course = course_of(notebook, given["assignment"], with_solution=False, look_there=True)
    refuse_out_of_reach(given["min_score"], public_cents(course.assignment), "public points")
    with console(stderr=True).status("running the notebook …"):
        verdict = grading.check(notebook, course, options_of(given))
    with commands_stopped() if given["github"] else nullcontext():
        if given["as_json"]:
            click.echo(verdict_json(verdict))
        elif not given["quiet"]:
            _show_verdict(verdict, notebook, course)
    if given["github"] or given["junit"]:
        _report(verdict, notebook, course, github=given["github"], junit=given["junit"])
    return exit_code(
        {verdict.status}, [verdict.cents() / 100], given["min_score"], {verdict.broken}
    )


def _report(
    verdict: "Verdict", notebook: Path, course: "Course", *, github: bool, junit: Path | None
) -> None:
    """Writes what is made from frames, which take a moment to load."""
    from grader.cli.github import publish
    from grader.reports.junit import write_junit

    scores, checks = frames_of_one(course, notebook, verdict)
    if github:
        publish(course.assignment.title, scores, checks, notebook)
    if junit:
        write_junit(scores, checks, junit)


def _refuse_no_notebook(notebook: Path) -> None:
    if notebook.is_dir():
        raise UsageError(f"{notebook}: a folder: give the notebook in it (.ipynb)")
    if not notebook.is_file():
        raise UsageError(f"{notebook}: no such notebook: check the path")
    if ".ipynb" not in notebook.name.lower():
        raise UsageError(f"{notebook}: not a notebook: give a file that ends in .ipynb")


def _show_verdict(verdict: "Verdict", notebook: Path, course: "Course") -> None:
    from grader.reports.console import console
    from grader.reports.feedback import feedback
    from grader.reports.words import ending
    from grader.submission.names import plain

    out = console()
    out.print(f"{course.assignment.title}: {plain(notebook.name)}", style="bold")
    out.print(ending(verdict.status, verdict.message))
    if verdict.status != "unreadable":
        out.print(feedback(verdict, course.assignment))
