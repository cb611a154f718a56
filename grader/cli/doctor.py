"""`grader doctor`: what this machine offers."""

import json
import sys

import click

from grader.cli.shared import DONE, EPILOG, json_option


@click.command(epilog=EPILOG, short_help="Show what this machine offers, and what is missing.")
@click.option("--python", metavar="PATH", help="The interpreter that runs students' code.")
@json_option
def doctor(python: str | None, as_json: bool) -> int:
    """Show what this machine offers: versions, kernel start, limits, isolation."""
    from rich.table import Table

    from grader.assignment import Limits
    from grader.doctor import examine_machine
    from grader.execution import Settings
    from grader.reports.console import console

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
    console().print(table)
    return DONE
