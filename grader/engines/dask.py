"""Works on the machines of a Dask cluster, or in one made of processes on this machine."""

import asyncio
import logging
import multiprocessing
import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError
from contextlib import ExitStack, contextmanager, suppress
from itertools import islice
from typing import Any
from uuid import uuid4

import dask.config
from distributed import (
    Client,
    Future,
    KilledWorker,
    LocalCluster,
    Status,
    Worker,
    WorkerPlugin,
    as_completed,
    get_worker,
)

from grader.engines.work import Item, Place, Result, Work
from grader.errors import EngineError, GraderError, UsageError

A_NOTEBOOK = "256 MiB"
SECONDS_TO_CONNECT = 15
SECONDS_TO_WAIT_FOR_WORKERS = 120


def run(
    work: Work[Item, Result], items: Iterable[Item], place: Place
) -> Iterator[tuple[Item, Result]]:
    """Yields each item with its result as it is done; takes two items a thread of the cluster's.

    An item whose worker dies is worked on elsewhere; what was there when several died is tried
    once more by itself, after all others, and given up if it takes as many down again.
    Raises UsageError where there is no cluster, or where one of its workers can't do the work.
    """
    with _client(place) as client, _introduced(work, client) as name:
        yield from _results(work, items, client, name)


def _results(
    work: Work[Item, Result], items: Iterable[Item], client: Client, name: str
) -> Iterator[tuple[Item, Result]]:
    suspects: list[Item] = []
    for item, future in _ended(work, items, client, name, lambda: 2 * _threads(client)):
        try:
            result = _result(future)
        except KilledWorker:
            # Dask suspects all that waited on a worker that died; who did it shows when alone.
            suspects.append(item)
            continue
        yield item, result
    for item, future in _ended(work, suspects, client, name, lambda: 1):
        try:
            result = _result(future)
        except KilledWorker:
            result = work.lost(item, "each worker that was given it alone died")
        yield item, result


def _ended(
    work: Work[Item, Result],
    items: Iterable[Item],
    client: Client,
    name: str,
    room: Callable[[], int],
) -> Iterator[tuple[Item, Future[Result]]]:
    waiting = iter(items)
    under_way: dict[Future[Result], Item] = {}
    done = as_completed()

    def hand_out() -> None:
        for item in islice(waiting, max(room() - len(under_way), 0 if under_way else 1)):
            # Only workers that are ready for this work have any of the resource of its name.
            future = client.submit(
                do, name, work.pack(item), key=f"{name}-{uuid4().hex}", resources={name: 1}
            )
            under_way[future] = item
            done.add(future)

    try:
        hand_out()
        for batch in done.batches():
            for future in batch:
                yield under_way.pop(future), future
            hand_out()
    finally:
        client.cancel(list(under_way))


def _threads(client: Client) -> int:
    return sum(client.nthreads().values())


def _result(future: Future[Result]) -> Result:
    try:
        return future.result()
    except CancelledError:
        raise EngineError("the Dask scheduler went away; the next run goes on") from None


def do(name: str, item: Any) -> Any:
    """The task: what a worker does with one item. Public, for Dask finds it by its name."""
    plugin = get_worker().plugins[name]
    assert isinstance(plugin, Introduction)
    return plugin.work(item)


class Introduction(WorkerPlugin):
    """Makes a worker ready, once and before its first item; it is offered none if that fails."""

    def __init__(self, name: str, work: Work[Any, Any]) -> None:
        self.name = name
        self.work = work

    async def setup(self, worker: Worker) -> None:
        """Raises UsageError where the work can't be done, naming the worker."""
        if multiprocessing.parent_process() is not None:
            _free_from_nanny()
        try:
            await asyncio.to_thread(self.work.begin)
        except GraderError as error:
            raise UsageError(f"the worker {worker.address}: {error}") from None
        await worker.set_resources(**{self.name: worker.state.nthreads})
        # What waited for a resource is offered to a worker that resumes, but not to one that is
        # given the resource: without this, what was under way when the last worker died waits on.
        worker.status = Status.paused
        worker.status = Status.running

    async def teardown(self, worker: Worker) -> None:
        """Stops what is under way."""
        await asyncio.to_thread(self.work.end)


def _free_from_nanny() -> None:
    """A nanny's worker is a daemon, which may not start processes, and is hit by our Ctrl-C."""
    multiprocessing.current_process().daemon = False
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, signal.SIG_IGN)


@contextmanager
def _introduced(work: Work[Any, Any], client: Client) -> Iterator[str]:
    """Makes every worker ready, also those that come later; yields the name they know it by."""
    name = f"grader-{uuid4().hex}"
    try:
        _introduce(Introduction(name, work), client)
        yield name
    finally:
        with suppress(OSError):  # a cluster that is gone needs no farewell
            client.unregister_worker_plugin(name)


def _introduce(introduction: Introduction, client: Client) -> None:
    try:
        client.register_plugin(introduction, introduction.name)
    except GraderError:
        raise
    except Exception as error:  # whatever importing the grader there leads into
        said = f"{type(error).__name__}: {error}"
        raise UsageError(
            f"a worker can't load the grader; is it installed there? ({said})"
        ) from None


@contextmanager
def _client(place: Place) -> Iterator[Client]:
    size = {"distributed.admin.large-graph-warning-threshold": A_NOTEBOOK}
    with _quiet(), dask.config.set(size), ExitStack() as stack:
        if place.scheduler:
            client = stack.enter_context(_connected(place.scheduler))
            _wait_for_workers(client, place.scheduler)
        else:
            client = stack.enter_context(Client(stack.enter_context(_cluster_here(place.jobs))))
        yield client


@contextmanager
def _quiet() -> Iterator[None]:
    """What goes wrong is said by the grader, in one line."""
    log = logging.getLogger("distributed")
    level = log.level
    log.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        log.setLevel(level)


def _cluster_here(jobs: int) -> LocalCluster:
    return LocalCluster(
        n_workers=jobs,
        threads_per_worker=1,
        dashboard_address="127.0.0.1:0",
        silence_logs=logging.CRITICAL,
    )


def _wait_for_workers(client: Client, address: str) -> None:
    try:
        client.wait_for_workers(1, timeout=SECONDS_TO_WAIT_FOR_WORKERS)
    except TimeoutError:
        raise UsageError(
            f"{address}: the scheduler has no workers: start some with `dask worker {address}`"
        ) from None


def _connected(address: str) -> Client:
    try:
        return Client(address, timeout=SECONDS_TO_CONNECT)
    except (OSError, ValueError) as error:
        said = str(error).split("\n")[0]
        raise UsageError(f"{address}: no Dask scheduler answers there ({said})") from None
