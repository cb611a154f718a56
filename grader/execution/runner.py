"""The disposable process that speaks to kernels: it knows inputs only, and may die.

Started by the judge for the run of one notebook, and where that ends well for the next one;
events go back over a pipe as bounded frames.
"""

import asyncio
import contextlib
import gc
import json
import os
import select
import signal
import socket
import sys
from itertools import count
from multiprocessing.connection import Connection
from pathlib import Path
from threading import Thread
from typing import Any

from jupyter_client.manager import AsyncKernelManager
from jupyter_core.utils import ensure_event_loop, run_sync

from grader.execution.client import BoundedClient, bounded_context
from grader.execution.direct_client import DirectManager
from grader.execution.isolation import landlock, syscalls
from grader.execution.isolation.private_root import LIBRARIES
from grader.execution.isolation.system import PR_SET_NO_NEW_PRIVS, prctl
from grader.execution.job import Job
from grader.execution.kernels import line
from grader.execution.kernels.cold import KERNEL_NAME, FixedKernelSpecManager
from grader.execution.notebook_run import NotebookRun, notebook_of

# In the brackets of its list it fits into the largest frame that the judge reads.
LARGEST_EVENT = 8 * 1024 * 1024 - 2
LARGEST_TOGETHER = 1024 * 1024
RUNNER_MEMORY = 4 * 1024**3
SECONDS_TO_END = 5.0
# What happens in so short a time is told together: each frame wakes the judge.
SECONDS_TO_HOLD = 0.025
NOT_TO_HOLD = ("end", "died", "stuck")
PACKAGE = Path(__file__).parent.parent


def main(pipe: Connection, job: Job) -> None:
    """Does one job, with a kernel that is started from cold."""
    _leave_all_else(pipe, job)
    manager = _cold_manager(job)
    run_sync(manager.start_kernel)(cwd=job.folder, env=dict(job.environment))
    _ends_well(pipe, job, manager)


def do_jobs(asked: socket.socket) -> None:
    """Does the jobs that come over the line, until it closes or one does not end well."""
    pipe = Connection(os.dup(asked.fileno()))
    for number in count():
        request, (control,) = line.receive(asked)
        job = Job(**{**request, "control": control})
        manager = DirectManager(control, job.scratch)
        manager.start_kernel(job.folder, job.environment)
        os.close(control)
        if number == 0:
            # The kernel takes a while to begin: nothing that it says has been read by now.
            _leave_all_else(pipe, job)
        if not _ends_well(pipe, job, manager):
            return
        manager.close()
        gc.collect()


class Teller:
    """Tells the judge events in frames, each a list of those that happened within a moment."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe
        self._held: list[bytes] = []
        self._due: asyncio.TimerHandle | None = None

    def __call__(self, kind: str, **fields: Any) -> None:
        """Tells an event, soon: while the event loop runs, or with the next that can't wait."""
        event = json.dumps({"kind": kind, **fields}).encode()
        if sum(map(len, self._held)) + len(event) > LARGEST_TOGETHER:
            self.send()
        if len(event) <= LARGEST_EVENT:
            self._held.append(event)
        if kind in NOT_TO_HOLD:
            self.send()
        elif self._due is None:
            self._due = ensure_event_loop().call_later(SECONDS_TO_HOLD, self.send)

    def send(self) -> None:
        """Tells now what is held."""
        if self._due is not None:
            self._due.cancel()
        held, self._held, self._due = self._held, [], None
        if held:
            self._pipe.send_bytes(b"[" + b",".join(held) + b"]")


def _ends_well(pipe: Connection, job: Job, manager: Any) -> bool:
    """Runs the notebook, telling the judge each event as it happens; whether all went well.

    It leaves no kernel behind. The judge need not wait for that, unless the kernel could still
    write where the judge tidies up.
    """
    tell = Teller(pipe)
    tidied = Path(job.folder).is_relative_to(job.scratch)
    try:
        run = NotebookRun(tell, job.plans, job.cell_seconds, job.cells_seconds)
        well = run.ends_well(notebook_of(job.cells, job.probes, job.reduced), manager)
        if well and not tidied:
            tell("end")
    finally:
        tell.send()
        ended = run_sync(_ended)(manager)
    if well and tidied:
        tell("end")
    return well and ended


def _leave_all_else(pipe: Connection, job: Job) -> None:
    """Ties the runner to the judge, and takes from it what it does not need."""
    _detach()
    if job.confined:
        _confine(job)
    Thread(target=_end_with_the_judge, args=(pipe,), daemon=True).start()


def _cold_manager(job: Job) -> AsyncKernelManager:
    return AsyncKernelManager(
        kernel_name=KERNEL_NAME,
        kernel_spec_manager=FixedKernelSpecManager(job.python),
        connection_file=f"{job.scratch}/kernel.json",
        context=bounded_context(),
        client_factory=BoundedClient,
        transport="tcp" if os.name == "nt" else "ipc",
    )


async def _ended(manager: Any) -> bool:
    """Ends the kernel; jupyter_client's own way looks for its end ten times a second only.

    False where it does not end: this process can't do another job then.
    """
    provisioner = manager.provisioner
    await provisioner.kill()
    try:
        await asyncio.wait_for(provisioner.wait(), SECONDS_TO_END)
    except TimeoutError:
        return False
    return True


def _end_with_the_judge(pipe: Connection) -> None:
    """Ends the runner as soon as nobody listens any more, and so its kernel."""
    if hasattr(select, "poll"):
        hung_up = select.poll()
        hung_up.register(pipe.fileno(), 0)
        hung_up.poll()
        os._exit(1)


def _confine(job: Job) -> None:
    """The runner reads what a hostile kernel sends: it may read libraries, and reach its kernel.

    As far as the machine has the layers: what is asked of a kernel's confinement is decided
    elsewhere, and this is a second wall.
    """
    readable = (*LIBRARIES, sys.prefix, sys.base_prefix, str(PACKAGE), "/dev/urandom")
    own = (job.scratch,) if job.control < 0 else ()
    with contextlib.suppress(OSError):
        prctl(PR_SET_NO_NEW_PRIVS)
    with contextlib.suppress(OSError):
        landlock.restrict(readable, (*own, "/dev/null"), tcp=False)
    with contextlib.suppress(OSError):
        syscalls.install_filter(inet=True)


def _detach() -> None:
    """Cuts the runner off the terminal, and ties its life to the judge's where Linux can."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nowhere, descriptor)
    if sys.platform == "linux":
        import ctypes
        import resource

        set_parent_death_signal = 1
        ctypes.CDLL(None).prctl(set_parent_death_signal, signal.SIGKILL)
        resource.setrlimit(resource.RLIMIT_AS, (RUNNER_MEMORY, RUNNER_MEMORY))
