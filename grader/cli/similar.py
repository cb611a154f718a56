"""`grader similar`: pairs of notebooks whose functions are the same but for names."""

from pathlib import Path
from typing import Any

import click

from grader.cli.handed_in import class_of, roster_option
from grader.cli.shared import DONE, EPILOG, assignment_option, json_option, options
from grader.cli.written import csv_option, html_option, say_written


@click.command(epilog=EPILOG, short_help="List pairs of notebooks whose functions are alike.")
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
    from grader.reports import similarity
    from grader.reports.console import console
    from grader.reports.files import write_csv
    from grader.similarity import SHORTEST, compare_class

    course, found = class_of(submissions, assignment, roster, with_solution=False)
    handed_in = [s for s in found if s.file or s.problem]
    shortest = given["min_size"] or SHORTEST
    comparison = compare_class(course, handed_in, shortest, given["at_most"])
    if given["csv"]:
        write_csv(similarity.similarity_frame(comparison), given["csv"])
    if given["html"]:
        similarity.write_similarity_page(comparison, course.assignment.title, given["html"])
    if given["as_json"]:
        rows = similarity.similarity_frame(comparison)
        click.echo(rows.to_json(orient="records"))
        return DONE
    console().print(similarity.similarity_table(comparison))
    say_written(given["csv"], given["html"])
    return DONE
