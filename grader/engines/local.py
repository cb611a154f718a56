"""Works on several items at a time on this machine: in processes, or threads without fork."""

import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ThreadPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool, ProcessPoolExecutor
from contextlib import contextmanager
from itertools import islice
from multiprocessing.queues import SimpleQueue
from threading import Thread
from typing import Any, Protocol

from grader.engines.work import Item, Place, Result, Work

SECONDS_TO_GIVE_UP = 1.0


class Deed(Protocol):
    """What workers do to each item; `end` makes what is under way return or raise soon."""

    def __call__(self, item: Any, /) -> Any:
        """The result for the item."""

    def end(self) -> None:
        """From now on calls come to an end."""


def run(
    work: Work[Item, Result], items: Iterable[Item], place: Place
) -> Iterator[tuple[Item, Result]]:
    """Yields each item with its result as it is done; takes items only as there is room.

    An item whose process dies is tried once more, alone; a second death gives it up.
    """
    work.begin()
    waiting = iter(items)
    suspects: list[Item] = []
    try:
        while True:
            with workers(work, place.jobs) as pool:
                yield from _done(pool, waiting, place.jobs, suspects)
            if not suspects:
                return
            for item in suspects:
                yield item, _alone(work, item)
            suspects.clear()
    finally:
        work.end()


def _done(
    pool: Executor, waiting: Iterator[Item], jobs: int, suspects: list[Item]
) -> Iterator[tuple[Item, Any]]:
    """Items with results, until there are no more, or the pool breaks; then `suspects` did it."""
    under_way: dict[Future[Any], Item] = {}
    while not suspects:
        # As many again wait for a worker: none waits for what is done with its last result.
        for item in islice(waiting, 2 * jobs - len(under_way)):
            under_way[pool.submit(do, item)] = item
        if not under_way:
            return
        # A bounded wait, so that Ctrl-C is heard at once on every system.
        done, _ = wait(under_way, timeout=0.5, return_when=FIRST_COMPLETED)
        for future in done:
            item = under_way.pop(future)
            if isinstance(future.exception(), BrokenProcessPool):
                suspects.append(item)
            else:
                yield item, future.result()
    suspects += under_way.values()


def _alone(work: Work[Item, Result], item: Item) -> Result:
    with workers(work, 1) as pool:
        try:
            return pool.submit(do, item).result()  # type: ignore[no-any-return]
        except BrokenProcessPool:
            return work.lost(item, "two processes of the grader died over it")


@contextmanager
def workers(work: Deed, jobs: int) -> Iterator[Executor]:
    """A pool whose workers `do` this work; they give up what is under way when this is left.

    Each has cores of its own, as far as they go round: what one is busy with slows no other.
    """
    global _work
    _work = work
    if sys.platform == "linux":
        reader, writer = os.pipe()
        context = multiprocessing.get_context("fork")
        shares = context.SimpleQueue()
        for share in dealt(sorted(os.sched_getaffinity(0)), jobs):
            shares.put(share)
        processes = ProcessPoolExecutor(
            jobs, context, initializer=_begin, initargs=(reader, writer, shares)
        )
        try:
            yield processes
        finally:
            os.close(reader)
            os.close(writer)
            processes.shutdown(cancel_futures=True)
    else:
        with ThreadPoolExecutor(jobs, thread_name_prefix="grader") as threads:
            try:
                yield threads
            finally:
                work.end()


def dealt(cores: Sequence[int], jobs: int) -> list[Sequence[int]]:
    """The cores for each of so many jobs: none is left over, and each job has at least one."""
    return [cores[job % len(cores) :: jobs] for job in range(jobs)]


def _begin(reader: int, writer: int, shares: "SimpleQueue[Sequence[int]]") -> None:
    """In a worker: Ctrl-C is the parent's to hear, and its end is the worker's."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.close(writer)
    os.sched_setaffinity(0, shares.get())
    Thread(target=_end_with_parent, args=(reader,), daemon=True).start()


def _end_with_parent(reader: int) -> None:
    os.read(reader, 1)
    _work.end()
    time.sleep(SECONDS_TO_GIVE_UP)
    os._exit(0)


def do(item: Any) -> Any:
    """The work on one item, in a worker."""
    return _work(item)


# Workers are forked: what they are to do need not be pickled, and the answer key is shared.
_work: Deed
