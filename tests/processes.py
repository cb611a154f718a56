"""Processes of this machine, which begin and end a moment later than a test may look."""

import time
from collections.abc import Callable
from pathlib import Path

SECONDS = 10.0


def comes_true(so: Callable[[], bool]) -> bool:
    """Whether it is so now, or becomes so within some seconds."""
    late = time.monotonic() + SECONDS
    while not so() and time.monotonic() < late:
        time.sleep(0.02)
    return so()


def children(process: int) -> list[int]:
    """The ids of a process's children."""
    said = Path(f"/proc/{process}/task/{process}/children").read_text()
    return [int(word) for word in said.split()]
