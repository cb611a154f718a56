"""`grader validate` and `grader release`: an assignment proved sound, and handed out."""

import json
from pathlib import Path

import click

from grader.cli.shared import DONE, EPILOG, json_option, options, quiet_option
from grader.errors import GraderError


@click.command(epilog=EPILOG, short_help="Write the student's version of an assignment.")
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


@click.command(epilog=EPILOG, short_help="Prove an assignment sound before anyone is graded.")
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
