"""What is measured: each study yields plain rows, as they come; one that fails says why."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.contestants import CONTESTANTS, ROOT, Contestant, grade_command, write_class
from benchmarks.notebooks import KINDS, Kind, cells_of
from benchmarks.timing import Failed, Timed, timed
from grader.engines import cores_here
from grader.execution.isolation import LAYERS

Row = dict[str, Any]
OURS = {"PYTHONPATH": str(ROOT)}
CORES = cores_here()
USUAL_CELLS = 7
LAYER_RUNS = 5
SHARED_RUNS = 30


@dataclass(frozen=True)
class Bench:
    """Where to work, and how long: seconds for one command, minutes and rounds for a study."""

    place: Path
    cache: Path
    limit: float
    minutes: float
    rounds: int

    def rounds_in_time(self) -> Iterator[int]:
        """Numbers of rounds, the first always, further ones while there is time for them."""
        started = time.monotonic()
        for number in range(self.rounds):
            spent = time.monotonic() - started
            if number and spent * (number + 1) / number > self.minutes * 60:
                return
            yield number

    def grade(self, folder: Path, **how: Any) -> Timed:
        """One run of ours on a class. Raises Failed."""
        return timed(grade_command(folder, **how), cwd=self.place, limit=self.limit, env=OURS)

    def json_of(self, module: str, *words: object) -> Any:
        """What a module run in a process of its own prints, read as JSON. Raises Failed."""
        try:
            done = subprocess.run(
                [sys.executable, "-m", module, *map(str, words)],
                cwd=ROOT,
                capture_output=True,
                text=True,
                timeout=self.limit,
                stdin=subprocess.DEVNULL,
            )
        except subprocess.TimeoutExpired:
            raise Failed(f"not done after {self.limit:.0f} s") from None
        if done.returncode:
            raise Failed(done.stderr.strip().splitlines()[-1])
        return json.loads(done.stdout)


@contextmanager
def bench(cache: Path, limit: float, minutes: float, rounds: int) -> Iterator[Bench]:
    """A bench in a folder that is taken away afterwards."""
    with tempfile.TemporaryDirectory(
        prefix="grader-benchmarks-", ignore_cleanup_errors=True
    ) as place:
        yield Bench(Path(place), cache, limit, minutes, rounds)


def side_by_side(bench: Bench, tasks: Sequence[tuple[Kind, int]]) -> Iterator[Row]:
    """Seconds a notebook of every contestant, by kind and number of cells; rounds interleaved."""
    prepared: list[tuple[Row, Contestant]] = []
    for kind, size in tasks:
        for contestant in CONTESTANTS:
            row = {"contestant": contestant.name, "kind": kind, "cells": size}
            try:
                ready = contestant(bench.place / f"{kind}-{size}", bench.cache, bench.limit)
                ready.prepare(cells_of(kind, size))
                prepared.append((row, ready))
            except Failed as why:
                yield row | {"failed": str(why)}
    for number in bench.rounds_in_time():
        for row, ready in prepared:
            try:
                seconds = ready.seconds()
                yield row | {"round": number, "own": seconds.own, "start": seconds.start}
            except Failed as why:
                yield row | {"round": number, "failed": str(why)}


def class_sizes(bench: Bench, most: int) -> Iterator[Row]:
    """Time and the judge's memory for classes of 10, 100, … students, first and unchanged."""
    students = 10
    a_notebook = 0.0
    started = time.monotonic()
    while students <= most:
        left = min(bench.limit, bench.minutes * 60 - (time.monotonic() - started))
        if a_notebook * students > left:
            yield {"students": students, "failed": "left out: it would take too long"}
            return
        folder = bench.place / f"class-{students}"
        write_class(folder, [cells_of(kind, USUAL_CELLS) for kind in _kinds(students)])
        try:
            jobs = CORES
            first = bench.grade(folder, jobs=jobs, fresh=False)
            again = bench.grade(folder, jobs=jobs, fresh=False)
        except Failed as why:
            yield {"students": students, "failed": str(why)}
            return
        a_notebook = first.seconds / students
        yield {
            "students": students,
            "first": first.seconds,
            "again": again.seconds,
            "megabytes": first.megabytes,
        }
        students *= 10


def _kinds(students: int) -> Iterable[Kind]:
    return (KINDS[number % len(KINDS)] for number in range(students))


def cores(bench: Bench, most: int) -> Iterator[Row]:
    """Notebooks a second with 1, 2, … jobs, start-up taken out; rounds interleaved.

    Each on all cores, and on as many cores as there are jobs.
    """
    cells = cells_of("right", USUAL_CELLS)
    few, many = 8, 108
    for size in (few, many):
        write_class(bench.place / f"class-{size}", [cells] * size)
    ways = [(jobs, n) for jobs in range(1, most + 1) for n in sorted({jobs, most})]
    for number in bench.rounds_in_time():
        for jobs, may_use in ways:
            row = {"round": number, "jobs": jobs, "cores": may_use}
            try:
                with _only_so_many(may_use):
                    seconds = [
                        bench.grade(bench.place / f"class-{size}", jobs=jobs).seconds
                        for size in (few, many)
                    ]
                yield row | {"rate": (many - few) / (seconds[1] - seconds[0])}
            except Failed as why:
                yield row | {"failed": str(why)}


@contextmanager
def _only_so_many(cores: int) -> Iterator[None]:
    """Programs that are started now may use so many cores. Raises Failed where none can be kept."""
    if cores >= CORES:
        yield
        return
    if not hasattr(os, "sched_setaffinity"):
        raise Failed("this system keeps no program from using all cores")
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, sorted(allowed)[:cores])
    try:
        yield
    finally:
        os.sched_setaffinity(0, allowed)


def sandbox(bench: Bench) -> Iterator[Row]:
    """Seconds of a run confined by no layer, by the first, the first two, … all; interleaved."""
    for number in bench.rounds_in_time():
        for most in range(len(LAYERS) + 1):
            layers = list(LAYERS)[:most]
            row: Row = {"layers": layers[-1] if layers else "none", "round": number}
            try:
                runs = bench.json_of("benchmarks.layers", LAYER_RUNS, *layers)
            except Failed as why:
                yield row | {"failed": str(why)}
                continue
            for seconds in runs:
                yield row | {"seconds": seconds}


def shares(bench: Bench) -> Iterator[Row]:
    """Processor milliseconds of one notebook, by the process that spends them."""
    for number in bench.rounds_in_time():
        try:
            yield {"round": number, **bench.json_of("benchmarks.shares", SHARED_RUNS)}
        except Failed as why:
            yield {"round": number, "failed": str(why)}


def cold_start(bench: Bench) -> Iterator[Row]:
    """Seconds from a command to its end, with nothing warm but the disk's cache."""
    one = bench.place / "class-1"
    write_class(one, [cells_of("right", USUAL_CELLS)])
    check = ["check", next(one.glob("*.ipynb")), "--quiet", "--assignment"]
    commands: dict[str, list[object]] = {
        "python -c pass": [sys.executable, "-c", "pass"],
        'python -c "import numpy, pandas"': [sys.executable, "-c", "import numpy, pandas"],
        "grader --help": [sys.executable, "-m", "grader", "--help"],
        "grader check NOTEBOOK": [
            sys.executable, "-m", "grader", *check, ROOT / "assignments" / "backprop",
        ],
        "grader grade, a class of one": grade_command(one, jobs=1),
        "grader grade, the same again": grade_command(one, jobs=1, fresh=False),
    }  # fmt: skip
    for number in bench.rounds_in_time():
        for name, command in commands.items():
            try:
                done = timed(command, cwd=bench.place, limit=bench.limit, env=OURS)
                yield {"command": name, "round": number, "seconds": done.seconds}
            except Failed as why:
                yield {"command": name, "round": number, "failed": str(why)}
