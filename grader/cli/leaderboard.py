"""`grader leaderboard`: the ranking of the class, public or revealed."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from grader.cli.shared import (
    DONE,
    EPILOG,
    GRADEBOOK,
    assignment_option,
    graded_course,
    json_option,
    options,
    out_option,
)
from grader.cli.written import csv_option, html_option, say_written
from grader.errors import UsageError

if TYPE_CHECKING:
    import pandas as pd

    from grader.assignment import Course
    from grader.gradebook import Gradebook

PSEUDONYMS = "pseudonyms.csv"


@click.command(epilog=EPILOG, short_help="Rank the class by public or by private score.")
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
    from grader.reports import frames
    from grader.reports import leaderboard as boards
    from grader.reports.console import console
    from grader.reports.files import write_csv
    from grader.standings import board_standings

    course, folder = graded_course(assignment, out)
    if private and not given["before_deadline"]:
        _refuse_before_deadline(course)
    with Gradebook(folder / GRADEBOOK) as gradebook:
        rows = list(board_standings(course.assignment, gradebook.latest()))
        scores = frames.scores_frame(course.assignment, rows)
        names = _pseudonyms(gradebook, folder, scores) if given["pseudonyms"] else None
    board = boards.leaderboard(scores, private=private, names=names)
    rules = boards.rules_in_words(course.assignment)
    if given["csv"]:
        write_csv(board, given["csv"])
    if given["html"]:
        boards.write_board_page(board, course.assignment.title, rules, given["html"])
    if given["as_json"]:
        click.echo(board.to_json(orient="records"))
        return DONE
    screen = console()
    screen.print(boards.board_table(board))
    screen.print(f"\n{rules}", style="dim")
    say_written(given["csv"], given["html"])
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
    from grader.reports.files import write_csv

    names = pseudonyms(gradebook, scores["student"])
    known = pd.DataFrame(sorted(names.items()), columns=["student", "pseudonym"])
    write_csv(known, folder / PSEUDONYMS)
    click.echo(f"who is who, for you alone: {folder / PSEUDONYMS}", err=True)
    return names
