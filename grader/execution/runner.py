"""The disposable process that speaks to a kernel: it knows inputs only, and may die.

Started by the judge for one run of one notebook; events go back over a pipe as bounded frames.
"""

import json
import math
import os
import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from jupyter_client.manager import AsyncKernelManager
from jupyter_core.utils import run_sync

from grader.execution.isolation import Confinement, enter
from grader.execution.kernels import (
    KERNEL_NAME,
    LAUNCHER,
    FixedKernelSpecManager,
    launch_command,
)
from grader.execution.kernels.launch import give_up_rights
from grader.execution.notebook_run import (
    BoundedClient,
    NotebookRun,
    Stop,
    Tell,
    bounded_context,
    notebook_of,
)

LARGEST_FRAME = 16 * 1024 * 1024
RUNNER_MEMORY = 4 * 1024**3


@dataclass(frozen=True)
class Job:
    """One run: code cells by number, probes by task, helper files, limits, a folder of its own.

    cell_seconds: for one cell, and for one function's calls. cells_seconds: for all cells.
    cpu_seconds: for each process of the kernel's.
    """

    scratch: str
    cells: tuple[tuple[int, str], ...]
    probes: tuple[tuple[str, str], ...]
    helpers: tuple[str, ...]
    python: str
    cell_seconds: float
    cells_seconds: float
    cpu_seconds: float
    memory_bytes: int
    confinement: Confinement


def main(pipe: Connection, job: Job) -> None:
    """Runs the job, telling the judge each event as it happens; leaves nothing behind."""
    _detach()

    def tell(kind: str, **fields: Any) -> None:
        frame = json.dumps({"kind": kind, **fields}).encode()
        if len(frame) <= LARGEST_FRAME:
            pipe.send_bytes(frame)

    try:
        _run(job, tell)
        tell("end")
    except Stop:
        pass


def _run(job: Job, tell: Tell) -> None:
    # All that is needed of the machine's files is read before they go out of sight.
    helpers = {Path(name).name: Path(name).read_bytes() for name in job.helpers}
    launcher = LAUNCHER.read_text(encoding="utf-8")
    scratch, share = Path(job.scratch), dict[str, Any](layers=[])
    if job.confinement.layers:
        scratch, share = enter(scratch, job.confinement)
    share |= {"memory": job.memory_bytes, "cpu_seconds": math.ceil(job.cpu_seconds)}
    home, work = scratch / "home", scratch / "work"
    home.mkdir()
    work.mkdir()
    for name, content in helpers.items():
        (work / name).write_bytes(content)
    specs = FixedKernelSpecManager()
    specs.command = (*launch_command(job.python, launcher, share),)
    manager = AsyncKernelManager(
        kernel_name=KERNEL_NAME,
        kernel_spec_manager=specs,
        connection_file=str(scratch / "kernel.json"),
        context=bounded_context(),
        client_factory=BoundedClient,
        transport="tcp" if os.name == "nt" else "ipc",
    )
    kept = [share["landlock"]] if "landlock" in share else []
    run_sync(manager.start_kernel)(cwd=str(work), env=clean_environment(home), pass_fds=kept)
    if job.confinement.layers:
        give_up_rights()
    try:
        tell("started")
        run = NotebookRun(tell, job.cell_seconds, job.cells_seconds)
        run.preprocess(notebook_of(job.cells, job.probes), km=manager)
    finally:
        run_sync(manager.shutdown_kernel)(now=True)


def clean_environment(home: Path) -> Mapping[str, str]:
    """All that a kernel's environment holds: nothing of the caller's but what Python needs."""
    kept = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT") if name in os.environ}
    threads = {f"{library}_NUM_THREADS": "1" for library in ("OPENBLAS", "OMP", "MKL")}
    return {
        **kept,
        **threads,
        "HOME": str(home),
        "IPYTHONDIR": str(home / "ipython"),
        "LANG": "C.UTF-8",
        "MPLBACKEND": "Agg",
        "MPLCONFIGDIR": str(home / "matplotlib"),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONHASHSEED": "0",
        "TMPDIR": str(home),
    }


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
