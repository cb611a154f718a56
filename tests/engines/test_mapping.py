"""A function over items: in their order, in other processes, and with its errors."""

import os
import sys
import time

import pytest

from grader.engines.mapping import mapped
from grader.errors import EngineError, StorageError


def test_results_come_in_the_order_of_the_items() -> None:
    def late_if_early(number: int) -> int:
        time.sleep(0.2 / (number + 1))
        return number**2

    assert mapped(late_if_early, range(6), jobs=3) == [0, 1, 4, 9, 16, 25]


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere there are threads")
def test_several_processes_are_at_work_only_where_there_is_work_for_them() -> None:
    def where(_: int) -> int:
        time.sleep(0.1)
        return os.getpid()

    assert len(set(mapped(where, range(4), jobs=2)) - {os.getpid()}) == 2
    assert mapped(where, range(1), jobs=2) == [os.getpid()]
    assert set(mapped(where, range(3), jobs=1)) == {os.getpid()}
    assert mapped(where, [], jobs=2) == []


def test_what_the_function_raises_is_raised_here() -> None:
    def full(number: int) -> int:
        if number == 1:
            raise StorageError("the disk is full")
        return number

    with pytest.raises(StorageError, match=r"^the disk is full$"):
        mapped(full, range(4), jobs=2)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere there are threads")
def test_processes_that_die_are_told_of() -> None:
    def deadly(number: int) -> int:
        if number == 1:
            os._exit(1)
        return number

    with pytest.raises(EngineError, match="a process of the grader died: is there enough memory"):
        mapped(deadly, range(4), jobs=2)
