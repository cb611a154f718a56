"""The local engine: results as they come, and a process that dies costs one retry."""

import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from grader.engines import Place
from grader.engines.local import dealt, run

pytestmark = pytest.mark.skipif(os.name == "nt", reason="processes are forked")


class Squares:
    """Work that a test can see through: squares numbers, and dies over some."""

    def __init__(self, place: Path, deadly: int | None = None, deaths: int = 1) -> None:
        self.place = place
        self.deadly = deadly
        self.deaths = deaths
        self.stopped = False

    def begin(self) -> None:
        self.place.mkdir(exist_ok=True)

    def pack(self, item: int, /) -> int:
        return item

    def __call__(self, item: int, /) -> Any:
        if item == self.deadly and len(list(self.place.glob("death-*"))) < self.deaths:
            (self.place / f"death-{time.monotonic_ns()}").touch()
            os.kill(os.getpid(), signal.SIGKILL)
        for _ in range(2000):
            if item >= 0 or self.stopped:
                break
            time.sleep(0.01)
        return item**2, os.getpid()

    def lost(self, item: int, why: str, /) -> Any:
        return why, 0

    def end(self) -> None:
        self.stopped = True


class Cores(Squares):
    """Work that tells which cores it is done on."""

    def __call__(self, item: int, /) -> list[int]:
        return sorted(os.sched_getaffinity(0))


def results(work: Squares, items: list[int], jobs: int = 2) -> dict[int, Any]:
    return {item: result for item, (result, _) in run(work, items, Place(jobs))}


def test_every_item_has_its_result(tmp_path: Path) -> None:
    items = list(range(50))
    assert results(Squares(tmp_path / "w"), items) == {item: item**2 for item in items}


def test_work_is_done_in_other_processes(tmp_path: Path) -> None:
    workers = {pid for _, (_, pid) in run(Squares(tmp_path / "w"), range(20), Place(2))}
    assert os.getpid() not in workers


@pytest.mark.parametrize(
    ("cores", "jobs", "shares"),
    [
        ([0, 1, 2, 3], 4, [[0], [1], [2], [3]]),
        ([2, 5, 7, 8, 9], 2, [[2, 7, 9], [5, 8]]),
        ([4, 6], 5, [[4], [6], [4], [6], [4]]),
    ],
)
def test_cores_are_dealt_out(cores: list[int], jobs: int, shares: list[list[int]]) -> None:
    assert dealt(cores, jobs) == shares


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux keeps processes to cores")
@pytest.mark.parametrize("jobs", [1, 2])
def test_a_worker_keeps_to_the_cores_that_were_dealt_to_it(tmp_path: Path, jobs: int) -> None:
    usual = sorted(os.sched_getaffinity(0))
    seen = {tuple(cores) for _, cores in run(Cores(tmp_path / "w"), range(20), Place(jobs))}
    assert seen
    assert seen <= set(map(tuple, dealt(usual, jobs)))
    assert sorted(os.sched_getaffinity(0)) == usual


def test_a_process_that_dies_costs_one_retry(tmp_path: Path) -> None:
    work = Squares(tmp_path / "w", deadly=3)
    assert results(work, list(range(8))) == {item: item**2 for item in range(8)}


def test_an_item_that_kills_again_is_given_up_alone(tmp_path: Path) -> None:
    work = Squares(tmp_path / "w", deadly=3, deaths=99)
    found = results(work, list(range(8)))
    assert found.pop(3) == "two processes of the grader died over it"
    assert found == {item: item**2 for item in range(8) if item != 3}


def test_items_are_taken_as_there_is_room(tmp_path: Path) -> None:
    taken: list[int] = []

    def items() -> Iterator[int]:
        for number in range(1000):
            taken.append(number)
            yield number

    for _ in run(Squares(tmp_path / "w"), items(), Place(2)):
        assert len(taken) < 10
        break


def test_a_consumer_that_stops_early_ends_what_is_under_way(tmp_path: Path) -> None:
    work = Squares(tmp_path / "w")
    for _ in run(work, [1, -1, -2], Place(2)):
        break
    assert work.stopped
