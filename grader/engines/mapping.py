"""A function over a few items, on several processes of this machine."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from typing import Any

from grader.engines.local import do, workers
from grader.engines.work import Item, Result
from grader.errors import EngineError


def mapped(function: Callable[[Item], Result], items: Sequence[Item], jobs: int) -> list[Result]:
    """What the function makes of each item, in the order of the items.

    Where processes are forked, the function finds all that this one holds, and only items and
    results are sent. Raises what the function raises, and EngineError where a process died.
    """
    with mapping(function, items, jobs) as results:
        return results()


@contextmanager
def mapping(
    function: Callable[[Item], Result], items: Sequence[Item], jobs: int
) -> Iterator[Callable[[], list[Result]]]:
    """Begins what `mapped` does; what is yielded waits for the results."""
    if min(jobs, len(items)) < 2:
        yield lambda: [function(item) for item in items]
        return
    with workers(_Function(function, items), min(jobs, len(items))) as pool:
        under_way = [pool.submit(do, number) for number in range(len(items))]

        def results() -> list[Result]:
            try:
                return [future.result() for future in under_way]
            except BrokenProcessPool:
                raise EngineError(
                    "a process of the grader died: is there enough memory? No verdict is lost"
                ) from None

        yield results


class _Function:
    """A function as workers take it: called with the number of an item."""

    def __init__(self, function: Callable[[Any], Any], items: Sequence[Any]) -> None:
        self.function, self.items = function, items

    def __call__(self, number: int) -> Any:
        return self.function(self.items[number])

    def end(self) -> None:
        """It ends by itself."""
