"""The disposable process that speaks to a kernel: it knows inputs only, and may die.

Started by the judge for one run of one notebook; events go back over a pipe as bounded frames.
"""

import contextlib
import json
import os
import select
import signal
import sys
from multiprocessing.connection import Connection
from pathlib import Path
from threading import Thread
from typing import Any

from jupyter_client.manager import AsyncKernelManager
from jupyter_core.utils import run_sync

from grader.execution.client import BoundedClient, bounded_context
from grader.execution.direct_client import DirectManager
from grader.execution.isolation import landlock, syscalls
from grader.execution.isolation.private_root import LIBRARIES
from grader.execution.isolation.system import PR_SET_NO_NEW_PRIVS, prctl
from grader.execution.job import Job
from grader.execution.kernels import KERNEL_NAME, FixedKernelSpecManager
from grader.execution.notebook_run import NotebookRun, Stop, Tell, notebook_of

LARGEST_FRAME = 8 * 1024 * 1024
RUNNER_MEMORY = 4 * 1024**3
PACKAGE = Path(__file__).parent.parent


def main(pipe: Connection, job: Job) -> None:
    """Runs the job, telling the judge each event as it happens; leaves nothing behind."""
    # A kernel takes a while to begin: nothing that it says is read before the runner is confined.
    manager = _forked(job) if job.control >= 0 else _cold_manager(job)
    _detach()
    if job.confined:
        _confine(job)
    Thread(target=_end_with_the_judge, args=(pipe,), daemon=True).start()

    def tell(kind: str, **fields: Any) -> None:
        frame = json.dumps({"kind": kind, **fields}).encode()
        if len(frame) <= LARGEST_FRAME:
            pipe.send_bytes(frame)

    try:
        _run(job, manager, tell)
        tell("end")
    except Stop:
        pass


def _run(job: Job, manager: Any, tell: Tell) -> None:
    if not manager.has_kernel:
        run_sync(manager.start_kernel)(cwd=job.folder, env=dict(job.environment))
    try:
        tell("started")
        run = NotebookRun(tell, job.cell_seconds, job.cells_seconds)
        run.preprocess(notebook_of(job.cells, job.probes), km=manager)
    finally:
        run_sync(_end)(manager)


def _forked(job: Job) -> DirectManager:
    manager = DirectManager(job.control, job.scratch)
    manager.start_kernel(job.folder, job.environment)
    return manager


def _cold_manager(job: Job) -> AsyncKernelManager:
    return AsyncKernelManager(
        kernel_name=KERNEL_NAME,
        kernel_spec_manager=FixedKernelSpecManager(job.python),
        connection_file=f"{job.scratch}/kernel.json",
        context=bounded_context(),
        client_factory=BoundedClient,
        transport="tcp" if os.name == "nt" else "ipc",
    )


async def _end(manager: Any) -> None:
    """Ends the kernel; jupyter_client's own way looks for its end ten times a second only."""
    provisioner = manager.provisioner
    await provisioner.kill()
    await provisioner.wait()


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
    with contextlib.suppress(OSError):
        prctl(PR_SET_NO_NEW_PRIVS)
        readable = (*LIBRARIES, sys.prefix, sys.base_prefix, str(PACKAGE), "/dev/urandom")
        landlock.restrict(readable, (job.scratch, "/dev/null"), tcp=False)
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
