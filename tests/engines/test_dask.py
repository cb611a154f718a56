"""The Dask engine on clusters of real processes: what it yields, and what it survives."""

import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from threading import Thread
from typing import TypeVar

import dask.config
import pytest
from distributed import Client, LocalCluster

from grader.engines import Place, engine
from grader.errors import UsageError
from grader.examination import Examination, Order
from grader.execution.isolation import Confinement
from grader.gradebook import Gradebook
from grader.grading import Options, grade
from grader.parcel import own_hash, parcel_of
from grader.reports.progress import Silent
from grader.submission import Submission, find_submissions
from grader.verdict import Verdict
from tests.conftest import course_named
from tests.notebooks import RIGHT, write

pytestmark = pytest.mark.xdist_group("dask")
Seen = TypeVar("Seen")
GIVEN_UP = "die is lost: each worker that was given it alone died"
SLOW = "import time; time.sleep(6)"


@pytest.fixture(scope="module", autouse=True)
def patient() -> Iterator[None]:
    with dask.config.set({"distributed.scheduler.allowed-failures": 1}):
        yield


def two_workers() -> LocalCluster:
    return LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address="127.0.0.1:0")


@pytest.fixture(scope="module")
def cluster() -> Iterator[LocalCluster]:
    with two_workers() as two:
        yield two


@pytest.fixture
def own_cluster() -> Iterator[LocalCluster]:
    """For tests after which it is not as it was."""
    with two_workers() as two:
        yield two


class Deed:
    """Work for tests: what an item says is done with it."""

    def __init__(self, place: Path) -> None:
        self.place = place

    def begin(self) -> None:
        if (self.place / "closed").exists():
            raise UsageError("closed today")
        (self.place / f"begun-{os.getpid()}").touch()

    def pack(self, item: str) -> str:
        return f"packed {item}"

    def __call__(self, item: str) -> str:
        if item == "packed die":
            time.sleep(0.5)  # by now others wait behind it
            os._exit(1)
        if item == "packed wait":
            while not (self.place / f"ended-{os.getpid()}").exists():
                time.sleep(0.05)
        return f"{item}, done by {os.getpid()}"

    def lost(self, item: str, why: str) -> str:
        return f"{item} is lost: {why}"

    def end(self) -> None:
        with suppress(FileNotFoundError):  # the test may be over already
            (self.place / f"ended-{os.getpid()}").touch()


def done(deed: Deed, items: list[str], cluster: LocalCluster) -> dict[str, str]:
    place = Place(jobs=1, scheduler=cluster.scheduler_address)
    return dict(engine("dask")(deed, items, place))


def test_every_item_comes_back_with_its_result(cluster: LocalCluster, tmp_path: Path) -> None:
    items = [f"item {number}" for number in range(20)]
    results = done(Deed(tmp_path), items, cluster)
    assert set(results) == set(items)
    assert all(text.startswith(f"packed {item}, done by ") for item, text in results.items())
    workers = {text.split()[-1] for text in results.values()}
    assert len(workers) == 2
    assert {file.name for file in tmp_path.glob("begun-*")} == {f"begun-{pid}" for pid in workers}
    assert len(list(tmp_path.glob("ended-*"))) == 2


def test_items_are_taken_as_there_is_room(cluster: LocalCluster, tmp_path: Path) -> None:
    taken = []

    def items() -> Iterator[str]:
        for number in range(100):
            taken.append(number)
            yield f"item {number}"

    results = engine("dask")(Deed(tmp_path), items(), Place(1, cluster.scheduler_address))
    next(results)
    assert len(taken) <= 4
    assert len(list(results)) == 99


def test_an_item_that_kills_its_workers_is_given_up_alone(
    own_cluster: LocalCluster, tmp_path: Path
) -> None:
    results = done(Deed(tmp_path), ["one", "die", "two"], own_cluster)
    assert results["die"] == GIVEN_UP
    assert results["one"].startswith("packed one")
    assert results["two"].startswith("packed two")


@pytest.mark.parametrize("patience", [0, 1])
def test_what_waits_when_the_only_worker_dies_is_done_by_its_successor(
    tmp_path: Path, patience: int
) -> None:
    with (
        dask.config.set({"distributed.scheduler.allowed-failures": patience}),
        LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address="127.0.0.1:0") as one,
    ):
        results = done(Deed(tmp_path), ["die", "two", "three"], one)
    assert results["die"] == GIVEN_UP
    assert results["two"].startswith("packed two")
    assert results["three"].startswith("packed three")


def test_who_stops_early_leaves_nothing_under_way(cluster: LocalCluster, tmp_path: Path) -> None:
    place = Place(1, cluster.scheduler_address)
    results = engine("dask")(Deed(tmp_path), ["quick", *["wait"] * 8], place)
    next(results)
    results.close()
    with Client(cluster) as client:
        until(lambda: not any(client.processing().values()))
    assert len(list(tmp_path.glob("ended-*"))) == 2


def test_a_worker_that_is_not_fit_refuses_in_one_line(
    cluster: LocalCluster, tmp_path: Path
) -> None:
    (tmp_path / "closed").touch()
    with pytest.raises(UsageError, match=r"^the worker tcp://127\.0\.0\.1:\d+: closed today$"):
        done(Deed(tmp_path), ["one"], cluster)


def test_a_worker_that_comes_later_works_if_it_is_fit(
    own_cluster: LocalCluster, tmp_path: Path
) -> None:
    results = engine("dask")(
        Deed(tmp_path), (f"{n}" for n in range(10**6)), Place(1, own_cluster.scheduler_address)
    )
    first = {next(results)[1].split()[-1] for _ in range(20)}
    own_cluster.scale(3)
    late = until(lambda: {next(results)[1].split()[-1] for _ in range(20)} - first)
    (tmp_path / "closed").touch()
    own_cluster.scale(4)
    with Client(own_cluster) as client:
        client.wait_for_workers(4)
    seen = {next(results)[1].split()[-1] for _ in range(100)}
    results.close()
    assert len(late) == 1
    assert seen <= first | late


def until(look: Callable[[], Seen], seconds: float = 60) -> Seen:
    """What `look` sees once it sees anything; fails after so many seconds."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if seen := look():
            return seen
        time.sleep(0.05)
    raise AssertionError("it never came")


@pytest.fixture
def handed_in(tmp_path: Path) -> list[Submission]:
    for number in range(4):
        write(tmp_path / "in" / f"student-{number}.ipynb", *RIGHT, SLOW)
    write(tmp_path / "in" / "torn.ipynb").write_text("{")
    return find_submissions(tmp_path / "in")


class Killer(Silent):
    """Kills a worker while both are at work."""

    def __init__(self, cluster: LocalCluster) -> None:
        self.cluster = cluster
        self.heard: list[tuple[str, str]] = []
        self.thread = Thread(target=self._kill)
        self.thread.start()

    def _kill(self) -> None:
        with Client(self.cluster, set_as_default=False) as client:
            until(lambda: client.processing() and all(client.processing().values()))
            time.sleep(2)
            self.victim = next(iter(self.cluster.workers.values())).pid
            os.kill(self.victim, 9)

    def graded(self, submission: Submission, verdict: Verdict) -> None:
        self.heard.append((submission.student, verdict.status))


def test_a_killed_worker_costs_no_verdict(
    own_cluster: LocalCluster, handed_in: list[Submission], tmp_path: Path
) -> None:
    options = Options(engine="dask", scheduler=own_cluster.scheduler_address, sandbox="off", seed=7)
    with Gradebook(tmp_path / "gradebook.sqlite") as gradebook:
        killer = Killer(own_cluster)
        outcome = grade(course_named("backprop"), handed_in, gradebook, options, killer)
        killer.thread.join()
        kept = {handin.student: verdict for handin, verdict in gradebook.latest()}
    assert killer.victim not in {nanny.pid for nanny in own_cluster.workers.values()}
    assert (outcome.executed, outcome.broken) == (5, frozenset())
    assert not list(Path(tempfile.gettempdir()).glob(f"grader-key-{killer.victim}-*"))
    everyone = {**{f"student-{number}": "ok" for number in range(4)}, "torn": "unreadable"}
    assert sorted(killer.heard) == sorted(everyone.items())
    assert {student: verdict.status for student, verdict in kept.items()} == everyone
    assert {verdict.cents() for student, verdict in kept.items() if student != "torn"} == {10000}


def order(**changes: str) -> Order:
    course = course_named("backprop")
    given = Order(parcel_of(course), 7, Options(sandbox="auto"), own_hash())
    return replace(given, **changes)


def test_a_machine_that_can_not_isolate_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("grader.options.confinement_here", lambda *_: Confinement())
    with LocalCluster(n_workers=1, processes=False, dashboard_address="127.0.0.1:0") as here:
        place = Place(1, here.scheduler_address)
        results = engine("dask")(Examination(order()), [Submission("ada", "", None)], place)
        with pytest.raises(UsageError, match=r"^the worker inproc://.*can't keep students' code"):
            list(results)


def test_another_version_of_the_grader_is_refused(cluster: LocalCluster) -> None:
    place = Place(1, cluster.scheduler_address)
    work = Examination(order(grader="older"))
    with pytest.raises(UsageError, match=r"^the worker tcp://.*: it has another version"):
        list(engine("dask")(work, [Submission("ada", "", None)], place))


def test_what_travels_grades_alike(tmp_path: Path) -> None:
    import pickle

    there = pickle.loads(pickle.dumps(Examination(order())))
    file = write(tmp_path / "ada.ipynb", *RIGHT)
    packed = there.pack(Submission("ada", "ada.ipynb", file))
    file.unlink()
    there.begin()
    try:
        sha256, verdict = there(packed)
        assert str(there.settings.helpers).count("dnn_utils.py") == 1
        assert str(tmp_path) not in str(there.settings)
    finally:
        there.end()
    assert (len(sha256), verdict.status, verdict.cents) == (64, "ok", 10000)
    assert not any(Path(helper).exists() for helper in there.settings.helpers)


def test_an_engine_whose_library_is_missing_says_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delitem(__import__("sys").modules, "grader.engines.dask")
    monkeypatch.setitem(__import__("sys").modules, "distributed", None)
    with pytest.raises(UsageError, match=r"pip install 'grader\[dask\]'"):
        engine("dask")


def test_a_scheduler_that_is_not_there_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import grader.engines.dask as module

    monkeypatch.setattr(module, "SECONDS_TO_CONNECT", 1)
    with pytest.raises(UsageError, match=r"^tcp://127\.0\.0\.1:1: no Dask scheduler answers"):
        list(engine("dask")(Deed(tmp_path), ["one"], Place(1, "tcp://127.0.0.1:1")))
