"""Works on several submissions at a time on this machine, each in processes of its own."""

from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from itertools import islice

from grader.engines.work import Item, Place, Result, Work


def run(
    work: Work[Item, Result], items: Iterable[Item], place: Place
) -> Iterator[tuple[Item, Result]]:
    """Yields each item with its result as it is done; takes items only as there is room.

    A thread a job suffices, since it only waits for the item's own runner and kernel.
    """
    waiting = iter(items)
    work.begin()
    with ThreadPoolExecutor(place.jobs, thread_name_prefix="grader") as pool:
        under_way: dict[Future[Result], Item] = {}
        try:
            while True:
                for item in islice(waiting, place.jobs - len(under_way)):
                    under_way[pool.submit(work, item)] = item
                if not under_way:
                    return
                # A bounded wait, so that Ctrl-C is heard at once on every system.
                done, _ = wait(under_way, timeout=0.5, return_when=FIRST_COMPLETED)
                for future in done:
                    yield under_way.pop(future), future.result()
        finally:
            work.end()
