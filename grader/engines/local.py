"""Works on several submissions at a time on this machine, each in processes of its own."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from itertools import islice
from threading import Event
from typing import Protocol, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


class Engine(Protocol):
    """Does `work` on each item; yields items with results in the order in which they are done."""

    def __call__(
        self, work: Callable[[Item], Result], items: Iterable[Item], jobs: int, stop: Event
    ) -> Iterator[tuple[Item, Result]]:
        """Stops early, setting `stop`, when the consumer does."""
        ...


def run(
    work: Callable[[Item], Result], items: Iterable[Item], jobs: int, stop: Event
) -> Iterator[tuple[Item, Result]]:
    """Yields each item with its result as it is done; takes items only as there is room.

    A thread a job suffices, since it only waits for the item's own runner and kernel.
    When the consumer stops early, `stop` is set, and what is under way is given up.
    """
    waiting = iter(items)
    with ThreadPoolExecutor(jobs, thread_name_prefix="grader") as pool:
        under_way: dict[Future[Result], Item] = {}
        try:
            while True:
                for item in islice(waiting, jobs - len(under_way)):
                    under_way[pool.submit(work, item)] = item
                if not under_way:
                    return
                # A bounded wait, so that Ctrl-C is heard at once on every system.
                done, _ = wait(under_way, timeout=0.5, return_when=FIRST_COMPLETED)
                for future in done:
                    yield under_way.pop(future), future.result()
        finally:
            stop.set()
