"""The command line: parses, calls the library, prints. Heavy imports wait until a command runs."""

import sys
import traceback

import click

from grader.cli.authoring import release, validate
from grader.cli.check import check
from grader.cli.doctor import doctor
from grader.cli.export import export
from grader.cli.grade import grade, report
from grader.cli.leaderboard import leaderboard
from grader.cli.shared import BAD_INPUT, EPILOG, INTERNAL, INTERRUPTED
from grader.cli.similar import similar
from grader.cli.streams import prepare_streams
from grader.errors import GraderError

COMMANDS = (check, grade, report, leaderboard, similar, export, release, validate, doctor)


@click.group(
    commands=COMMANDS, epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"]}
)
@click.version_option(package_name="grader")
def cli() -> None:
    """Grades assignments handed in as Jupyter notebooks.

    \b
    Students:     grader check NOTEBOOK
    Instructors:  grader grade SUBMISSIONS
    """


def main() -> None:
    """Runs the command line and ends the process with the documented exit code."""
    try:
        prepare_streams()
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
    except Exception as error:
        if isinstance(error, PermissionError) and error.filename is not None:
            click.echo(
                f"grader: {error.filename}: {error.strerror}: see to its permissions", err=True
            )
            code = BAD_INPUT
        else:
            traceback.print_exc()
            click.echo("grader: an internal error; please report the lines above", err=True)
            code = INTERNAL
    sys.exit(code)
