"""Starts warm processes, one for each way in which kernels are to run, and ends them."""

import atexit
import contextlib
import os
import select
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from threading import Lock

from grader.execution.kernels import line
from grader.execution.kernels.warm import READY, Setup
from grader.execution.shipped import ISOLATION, program

# What a process whose home is that folder has in its environment.
EnvironmentIn = Callable[[Path], dict[str, str]]

SECONDS_TO_END = 1.0
MODULES = (
    *ISOLATION,
    "isolation.supervisor",
    "probe",
    *(f"kernels.{name}" for name in ("line", "wire", "lean", "app", "direct", "gate", "warm")),
)


class WarmProcess:
    """A warm process of that interpreter, which begins to make itself ready.

    Raises OSError where it can't be started.
    """

    def __init__(self, python: str, setup: Setup, environment: EnvironmentIn) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix=f"grader-warm-{os.getpid()}-"))
        self.ready = False
        self._asking = Lock()
        self._control, theirs = line.pair()
        with theirs:
            self.process = subprocess.Popen(
                [python, "-c", program(MODULES, "kernels.warm"), str(theirs.fileno())],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                env=environment(self.folder),
                cwd="/",
                text=True,
                start_new_session=True,
            )
        assert self.process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.write(f"{setup.to_json()}\n")
            self.process.stdin.flush()

    @property
    def control(self) -> socket.socket:
        """The socket over which kernels are asked for, once the process is ready.

        Raises OSError, with what the process says, where it can't be confined.
        """
        assert self.process.stdout is not None
        # It says so once, and of several threads that wait for it one would wait for ever.
        with self._asking:
            if not self.ready:
                said = self.process.stdout.readline().strip()
                if said != READY:
                    self.close()
                    raise OSError(said or "the interpreter ended before a kernel could be started")
                self.ready = True
        return self._control

    @property
    def alive(self) -> bool:
        """Whether it runs, as seen from this process or any that was forked from it."""
        assert self.process.stdout is not None
        if not self.ready:
            return self.process.poll() is None
        # It has nothing more to say: what can be read there is the end.
        return not select.select([self.process.stdout], [], [], 0)[0]

    def close(self) -> None:
        """Ends the process, and every kernel that it started."""
        self._control.close()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
        try:
            self.process.wait(SECONDS_TO_END)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


_running: dict[str, WarmProcess] = {}
_lock = Lock()


def can_fork() -> bool:
    """Whether kernels are forked on this system; elsewhere each is started from cold."""
    return sys.platform == "linux"


def warm_process(python: str, setup: Setup, environment: EnvironmentIn) -> WarmProcess:
    """The one warm process for these, started when first asked for, ended with this process."""
    key = f"{python}\n{setup.to_json()}\n{sorted(environment(Path()).items())}"
    with _lock:
        running = _running.get(key)
        if running is not None and not running.alive:
            running.close()
            running = None
        if running is None:
            running = _running[key] = WarmProcess(python, setup, environment)
        return running


def running() -> list[int]:
    """The process ids of the warm processes that run."""
    return [warm.process.pid for warm in _running.values() if warm.alive]


@atexit.register
def _close_all() -> None:
    while _running:
        _running.popitem()[1].close()
