"""Times a command from outside: wall seconds, and the most memory that its own process held."""

import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread

LOOK_EVERY = 0.05
LONGEST_TEXT = 400


class Failed(Exception):
    """A command that ended with an error or ran out of time, so that its time means nothing."""


@dataclass(frozen=True)
class Timed:
    """Wall seconds, and megabytes held at most (on Linux, else 0)."""

    seconds: float
    megabytes: float


def timed(
    command: Sequence[object],
    *,
    cwd: Path,
    limit: float,
    env: Mapping[str, str] | None = None,
) -> Timed:
    """Runs a command to its end. Raises Failed after `limit` seconds, or for its exit code."""
    words = [str(word) for word in command]
    with tempfile.TemporaryFile() as said:
        started = time.perf_counter()
        process = subprocess.Popen(
            words,
            cwd=cwd,
            env={**os.environ, **(env or {})},
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        with _watched(process, limit) as most:
            process.wait()
            seconds = time.perf_counter() - started
        if seconds >= limit:
            raise Failed(f"{Path(words[0]).name}: not done after {limit:.0f} s")
        if process.returncode:
            said.seek(0)
            text = said.read().decode(errors="replace")[-LONGEST_TEXT:]
            raise Failed(f"{' '.join(words)}: ended with {process.returncode}: {text}")
    return Timed(seconds, max(most))


@contextmanager
def _watched(process: subprocess.Popen[bytes], limit: float) -> Iterator[list[float]]:
    """Ends the process and all that it started once the time is up; fills in megabytes."""
    ended = Event()
    most = [0.0]
    deadline = time.monotonic() + limit

    def watch() -> None:
        while not ended.wait(LOOK_EVERY):
            most.append(_megabytes(process.pid))
            if time.monotonic() > deadline:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)

    watcher = Thread(target=watch)
    watcher.start()
    try:
        yield most
    finally:
        ended.set()
        watcher.join()
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


def _megabytes(pid: int) -> float:
    """The most that the process ever held: the system keeps count, so a look now and then does."""
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    return 0.0
