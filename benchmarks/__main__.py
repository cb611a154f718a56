"""Measures and writes docs/benchmarks.md; `python -m benchmarks all` does everything."""

from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path

import click

from benchmarks import page, studies
from benchmarks.contestants import ROOT
from benchmarks.environments import PINNED, environment
from benchmarks.notebooks import KINDS
from benchmarks.results import replace_rows
from benchmarks.studies import USUAL_CELLS, Bench, Row

SIZES = (3, USUAL_CELLS, 10, 40)
USUAL = [("right", size) for size in SIZES] + [(kind, USUAL_CELLS) for kind in KINDS[1:]]
Study = Callable[[Bench], Iterator[Row]]


@click.group(context_settings={"help_option_names": ["-h", "--help"], "show_default": True})
@click.option(
    "--cache",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path.home() / ".cache" / "grader-benchmarks",
    help="Where the others' environments lie, installed when first needed.",
)
@click.option(
    "--results",
    type=click.Path(path_type=Path, dir_okay=False),
    default=ROOT / "benchmarks" / "results.jsonl",
    help="What was measured.",
)
@click.option("--limit", default=300.0, help="Seconds that one command may take.")
@click.option("--minutes", default=5.0, help="No further round of a study begins after these.")
@click.option("--rounds", default=5, help="Rounds of a study at most; medians are shown.")
@click.pass_context
def cli(context: click.Context, **given: object) -> None:
    """Measure how fast the grader is, beside others and by itself.

    Give options before the command: `python -m benchmarks --rounds 3 side-by-side`.
    """
    context.obj = given


def measured(context: click.Context, name: str, study: Study) -> None:
    """Runs a study, telling each row as it comes."""
    given = context.obj
    how = {key: given[key] for key in ("cache", "limit", "minutes", "rounds")}

    def told(rows: Iterator[Row]) -> Iterator[Row]:
        for row in rows:
            shown = (f"{v:.3f}" if isinstance(v, float) else str(v) for v in row.values())
            click.echo(f"{name}: {'  '.join(shown)}")
            yield row

    with studies.bench(**how) as bench:
        replace_rows(given["results"], name, told(study(bench)))


@cli.command()
@click.pass_context
def install(context: click.Context) -> None:
    """Install the graders that are compared with."""
    for name in PINNED:
        click.echo(str(environment(context.obj["cache"], name)))


@cli.command()
@click.option("--full", is_flag=True, help="Every kind in every size, not the usual seven.")
@click.option("--kind", "kinds", multiple=True, type=click.Choice(KINDS), help="Only this kind.")
@click.option("--cells", "sizes", multiple=True, type=int, help="Only this number of code cells.")
@click.pass_context
def side_by_side(
    context: click.Context, full: bool, kinds: tuple[str, ...], sizes: tuple[int, ...]
) -> None:
    """Time the same notebooks in every grader, rounds interleaved."""
    all_tasks = list(product(KINDS, sizes or SIZES)) if full or sizes else USUAL
    tasks = [(kind, size) for kind, size in all_tasks if not kinds or kind in kinds]
    measured(context, "side-by-side", lambda bench: studies.side_by_side(bench, tasks))


@cli.command()
@click.option("--most", default=1000, help="The largest class; 10,000 takes its time.")
@click.pass_context
def class_size(context: click.Context, most: int) -> None:
    """Time classes of 10, 100, … students, and the judge's memory."""
    measured(context, "class-size", lambda bench: studies.class_sizes(bench, most))


@cli.command()
@click.option("--most", default=studies.CORES, help="The largest number of jobs.")
@click.pass_context
def cores(context: click.Context, most: int) -> None:
    """Measure the rate with 1, 2, … jobs."""
    measured(context, "cores", lambda bench: studies.cores(bench, most))


@cli.command()
@click.pass_context
def sandbox(context: click.Context) -> None:
    """Time a run confined by each layer."""
    measured(context, "sandbox", studies.sandbox)


@cli.command()
@click.pass_context
def shares(context: click.Context) -> None:
    """Measure which process spends how much on one notebook."""
    measured(context, "shares", studies.shares)


@cli.command()
@click.pass_context
def cold_start(context: click.Context) -> None:
    """Time commands from nothing."""
    measured(context, "cold-start", studies.cold_start)


@cli.command("page")
@click.pass_context
def write_page(context: click.Context) -> None:
    """Write docs/benchmarks.md and its picture from what was measured."""
    for file in page.write(context.obj["results"], ROOT / "docs"):
        click.echo(str(file))


@cli.command("all")
@click.option("--most", default=1000, help="The largest class.")
@click.pass_context
def everything(context: click.Context, most: int) -> None:
    """Run every study, each in its share of the time, and write the page."""
    context.invoke(side_by_side, full=False, kinds=(), sizes=())
    whole = context.obj["minutes"]
    context.obj["minutes"] = whole / 5
    for study in (shares, cores, sandbox, cold_start):
        context.invoke(study)
    context.invoke(class_size, most=most)
    context.invoke(write_page)


if __name__ == "__main__":
    cli(prog_name="python -m benchmarks")
