"""What commands that execute notebooks share: limits, isolation, and the options of a run."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from grader.cli.shared import Command, options

if TYPE_CHECKING:
    from grader.grading import Options


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


limit_options = options(
    click.option("--timeout", type=click.FloatRange(0.1), metavar="S", help="Seconds for a cell."),
    click.option(
        "--time-limit", type=click.FloatRange(1), metavar="S", help="Seconds for a submission."
    ),
    click.option("--memory", type=Size(), metavar="SIZE", help="Memory for a kernel, such as 2G."),
    click.option("--python", metavar="PATH", help="The interpreter that runs students' code."),
)


def sandbox_option(
    default: str, what: str = "How far the notebook's code must be isolated."
) -> Callable[[Command], Command]:
    """`--sandbox`, which is left off where people run their own code."""
    return click.option(
        "--sandbox",
        type=click.Choice(["auto", "strict", "off"]),
        default=default,
        show_default=True,
        help=what,
    )


def options_of(given: dict[str, Any]) -> "Options":
    """What the command line asks of a run."""
    from grader.engines import cores_here
    from grader.grading import Options

    return Options(
        jobs=given.get("jobs") or cores_here(),
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
