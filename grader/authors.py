"""Runs what the authors of an assignment wrote: quietly, and for a bounded time."""

import signal
import sys
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from types import FrameType

import numpy as np

from grader.errors import AssignmentError

PATIENCE_SECONDS = 30


@contextmanager
def authors_code(about: str = "") -> Iterator[None]:
    """What is run inside prints to stderr, and warns nobody of an overflow.

    Raises AssignmentError, which begins with `about`, after PATIENCE_SECONDS. They can only
    be counted in the main thread of a POSIX system; elsewhere there is no limit.
    """
    with (
        redirect_stdout(sys.stderr),
        warnings.catch_warnings(),
        np.errstate(all="ignore"),
        _at_most(PATIENCE_SECONDS, about),
    ):
        warnings.simplefilter("ignore", RuntimeWarning)
        yield


@contextmanager
def _at_most(seconds: float, about: str) -> Iterator[None]:
    if (
        not hasattr(signal, "setitimer")
        or threading.current_thread() is not threading.main_thread()
    ):
        yield
        return

    def give_up(number: int, frame: FrameType | None) -> None:
        raise AssignmentError(
            f"{about or 'it'} does not come to an end within {seconds} seconds: does a loop end,"
            f" and are the sizes small?"
        )

    before = signal.signal(signal.SIGALRM, give_up)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
