"""What an engine is given, and what it promises."""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")
Done = TypeVar("Done", covariant=True)


class Work(Protocol[Item, Done]):
    """What is done to each item. Can be pickled before it begins; doing it twice does no harm."""

    def begin(self) -> None:
        """Makes ready what all items need, in the process that is to work.

        Raises a GraderError where the work can't be done.
        """

    def pack(self, item: Item, /) -> Item:
        """The item with all that is needed of this machine, to be sent to another one."""

    def __call__(self, item: Item, /) -> Done:
        """Does the work, on several threads at a time if need be."""

    def lost(self, item: Item, why: str, /) -> Done:
        """The result for an item that took the processes down that worked on it."""

    def end(self) -> None:
        """Makes calls that are under way return or raise soon, and leaves nothing behind."""


@dataclass(frozen=True)
class Place:
    """Where to work: so many processes on this machine, or the scheduler at an address."""

    jobs: int
    scheduler: str = ""


def cores_here() -> int:
    """How many cores of this machine the process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class Engine(Protocol):
    """Yields items with results in the order in which they are done; takes items as it can.

    Gives up what is under way when the consumer stops early.
    """

    def __call__(
        self, work: Work[Item, Result], items: Iterable[Item], place: Place
    ) -> Iterator[tuple[Item, Result]]:
        """Raises GraderError where the place can't be worked at."""
        ...
