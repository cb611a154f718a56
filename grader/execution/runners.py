"""Starts runners, each a process of its own that the judge can end at any moment.

On Linux they are forked from a server that has imported all they need: it knows nothing of the
judge's, so neither do they. Elsewhere Python's own multiprocessing starts them.
"""

import atexit
import gc
import multiprocessing
import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from threading import Lock
from typing import Protocol

from grader.execution.job import Job
from grader.execution.kernels import line
from grader.execution.kernels.server import can_fork

SECONDS_TO_END = 2.0
# So often one does a job: what it may have lost of its memory is found again.
MOST_JOBS = 100


class Runner(Protocol):
    """A runner at work: what it says comes over `pipe`."""

    pipe: Connection

    def end(self, patience: float) -> None:
        """Waits so many seconds for it to end by itself, then makes an end of it."""
        ...

    def rest(self) -> None:
        """Its job ended well: it may do the next one."""
        ...


def start_runner(job: Job) -> Runner:
    """A runner that does the job. Raises OSError where none can be started."""
    if not can_fork():
        return _Spawned(job)
    while runner := _rested():
        with suppress(OSError):  # something may have ended it while it rested
            if runner.confined == job.confined:
                runner.do(job)
                return runner
        runner.end(0.0)
    runner = _Forked(job.confined)
    runner.do(job)
    return runner


def dismiss() -> None:
    """Lets go of the runners that rest: they end, unless another process holds on to them."""
    while runner := _rested():
        runner.let_go()


def _rested() -> "_Forked | None":
    # Asked first whether there is one, another thread could have taken it by now.
    try:
        return _resting.pop()
    except IndexError:
        return None


def ensure_server() -> None:
    """Starts the server that runners are forked from, if it is not there."""
    with _lock:
        if _servers and _servers[-1].alive:
            return
        gone, _servers[:] = [*_servers], [_Server()]
        for server in gone:
            server.close()


def server_of_runners() -> int:
    """The process id of the server that runners are forked from."""
    ensure_server()
    return _servers[-1].process.pid


class _Spawned:
    def __init__(self, job: Job) -> None:
        from grader.execution.runner import main

        context = multiprocessing.get_context("spawn")
        self.pipe, theirs = context.Pipe(duplex=False)
        self.process = context.Process(target=main, args=(theirs, job), daemon=True)
        self.process.start()
        theirs.close()

    def end(self, patience: float) -> None:
        self.pipe.close()
        self.process.join(patience)
        self.process.kill()
        self.process.join()
        self.process.close()

    def rest(self) -> None:
        self.end(SECONDS_TO_END)


class _Forked:
    def __init__(self, confined: bool) -> None:
        ensure_server()
        self.confined = confined
        self.line = line.ask(_servers[-1].control)
        _, (self.process,) = line.receive(self.line)
        self.pipe = Connection(os.dup(self.line.fileno()))
        self.jobs = 0

    def do(self, job: Job) -> None:
        self.jobs += 1
        line.send(self.line, vars(job), [job.control])

    def rest(self) -> None:
        if self.jobs < MOST_JOBS:
            _resting.append(self)
        else:
            self.end(SECONDS_TO_END)

    def end(self, patience: float) -> None:
        process = os.dup(self.process)
        self.let_go()
        ended = select.poll()
        ended.register(process, select.POLLIN)
        if not ended.poll(1000 * patience):
            signal.pidfd_send_signal(process, signal.SIGKILL)
            ended.poll()
        os.close(process)

    def let_go(self) -> None:
        self.line.close()
        self.pipe.close()
        os.close(self.process)


class _Server:
    def __init__(self) -> None:
        self.control, theirs = line.pair()
        with theirs:
            self.process = subprocess.Popen(
                [sys.executable, "-c", f"from {__name__} import serve; serve({theirs.fileno()})"],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )

    @property
    def alive(self) -> bool:
        """Whether it runs, as seen from this process or any that was forked from it."""
        assert self.process.stdout is not None
        # It says nothing: what can be read there is the end.
        return not select.select([self.process.stdout], [], [], 0)[0]

    def close(self) -> None:
        assert self.process.stdout is not None
        self.control.close()
        self.process.kill()
        self.process.stdout.close()
        self.process.wait()


def serve(descriptor: int) -> None:
    """Forks a runner for each who asks, until nobody can any more."""
    from grader.execution.rehearsal import rehearse
    from grader.execution.runner import do_jobs

    rehearse()
    # Looking for garbage copies pages: a runner does so between two notebooks only.
    gc.collect()
    gc.freeze()
    gc.disable()
    control = socket.socket(fileno=descriptor)
    for asked in line.lines(control):
        if asked is not None:
            # Where nothing can be forked just now, whoever asked finds the line closed.
            with asked, suppress(OSError):
                child = os.fork()
                if child == 0:
                    control.close()
                    _run(do_jobs, asked)
                process = os.pidfd_open(child)
                line.send(asked, {}, [process])
                os.close(process)
        with suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass


def _run(do_jobs: Callable[[socket.socket], None], asked: socket.socket) -> None:
    try:
        do_jobs(asked)
    finally:
        os._exit(0)


_servers: list[_Server] = []
_lock = Lock()
_resting: list[_Forked] = []
if hasattr(os, "register_at_fork"):
    # They listen to one process only.
    os.register_at_fork(after_in_child=dismiss)


@atexit.register
def _close_all() -> None:
    dismiss()
    while _servers:
        _servers.pop().close()
