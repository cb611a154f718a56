"""How a run is done: what was asked for, and what the machine at hand makes of it."""

import json
import math
import subprocess
import sys
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

from grader.assignment import Course, Limits
from grader.errors import UsageError
from grader.execution import Settings
from grader.execution.isolation import (
    Confinement,
    confinement_here,
    problems_here,
    visible_for,
)
from grader.submission import helper_files

LEAST_MEMORY = 64 * 2**20


@dataclass(frozen=True)
class Options:
    """How a run is done; None takes what the assignment says.

    hidden: folders that students' code must not see, beside the ones the grader knows of.
    scheduler: the address of the engine's scheduler, if it needs one and there is one.
    Raises UsageError for a limit with which nothing can run.
    """

    jobs: int = 1
    seed: int | None = None
    cell_seconds: float | None = None
    total_seconds: float | None = None
    memory_bytes: int | None = None
    python: str | None = None
    engine: str = "local"
    scheduler: str = ""
    sandbox: str = "auto"
    fresh: bool = False
    hidden: tuple[Path, ...] = ()

    def __post_init__(self) -> None:
        _check_limit("--timeout", self.cell_seconds, 0.1, "0.1 seconds")
        _check_limit("--time-limit", self.total_seconds, 1, "1 second")
        _check_limit("--memory", self.memory_bytes, LEAST_MEMORY, "64M")


def _check_limit(option: str, value: float | None, least: float, in_words: str) -> None:
    if value is not None and not (math.isfinite(value) and value >= least):
        raise UsageError(f"{option} {value:.12g} makes no sense: give at least {in_words}")


def settings_for(course: Course, options: Options) -> Settings:
    """The limits and the interpreter for students' code: options first, then the assignment's.

    Raises UsageError where that interpreter can't run a kernel.
    """
    limits = limits_for(course.assignment.limits, options)
    python = options.python or course.assignment.python or sys.executable
    _check_interpreter(python)
    return Settings(
        python=python,
        cell_seconds=limits.cell_seconds,
        total_seconds=limits.total_seconds,
        memory_bytes=limits.memory_bytes,
        helpers=helper_files(course.folder),
        confinement=_confinement(course, options, python),
    )


def _confinement(course: Course, options: Options, python: str) -> Confinement:
    """What students' code is confined by: what this machine has, if that is enough.

    Raises UsageError where it is not, so that nobody is graded in the belief that it was.
    """
    if options.sandbox == "off":
        return Confinement()
    if options.sandbox == "strict":
        for layer, problem in problems_here().items():
            if problem:
                raise UsageError(f"--sandbox strict: this machine lacks {layer} ({problem})")
    private = [course.solution_folder, Path.cwd(), Path.home(), *options.hidden]
    hidden = tuple(str(folder.resolve()) for folder in private if folder)
    confinement = confinement_here(visible_for(python), hidden)
    if not confinement.isolated:
        raise UsageError(
            "this machine can't keep students' code from your files and the network (see `grader"
            " doctor`); grade on Linux, or in spite of it with --sandbox off"
        )
    return confinement


def conditions(course: Course, options: Options) -> str:
    """What a verdict depends on besides files and seed, the same on every machine, as JSON."""
    python = options.python or course.assignment.python or ""
    limits = limits_for(course.assignment.limits, options)
    return json.dumps(
        {"python": python, "sandbox": options.sandbox, **asdict(limits)}, sort_keys=True
    )


def limits_for(limits: Limits, options: Options) -> Limits:
    """What a submission may use: options first, then the assignment's."""
    return Limits(
        cell_seconds=options.cell_seconds or limits.cell_seconds,
        total_seconds=options.total_seconds or limits.total_seconds,
        memory_bytes=options.memory_bytes or limits.memory_bytes,
    )


@cache
def _check_interpreter(python: str) -> None:
    if python == sys.executable:
        return
    try:
        tried = subprocess.run(
            [python, "-c", "import ipykernel, numpy"],
            capture_output=True,
            text=True,
            timeout=60,
            stdin=subprocess.DEVNULL,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise UsageError(f"--python {python}: can't be run ({error})") from None
    if tried.returncode:
        said = tried.stderr.strip().splitlines()[-1:] or ["no reason given"]
        raise UsageError(
            f"--python {python}: {said[0]}: it needs ipykernel and numpy,"
            f" so run {python} -m pip install ipykernel numpy"
        )
