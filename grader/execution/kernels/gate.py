"""The gate: a small process that takes requests for kernels, and gives each a supervisor.

Only where a kernel has a pid namespace of its own. The supervisor is process 1 there and makes
the other namespaces; the warm process, which is large and costly to fork, is then asked to fork
the kernel itself into them.
"""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import socket
from typing import NoReturn

from grader.execution.isolation.confinement import Confinement
from grader.execution.isolation.namespaces import enter_own, fork_in_own_processes
from grader.execution.isolation.supervisor import supervise
from grader.execution.isolation.system import (
    PR_SET_DUMPABLE,
    PR_SET_PDEATHSIG,
    pidfd_open,
    prctl,
)
from grader.execution.kernels.line import ask, lines, receive, send


def keep(
    control: socket.socket,
    warm: socket.socket,
    process: int,
    confinement: Confinement,
    memory: int | None,
) -> None:
    """Serves those who ask over `control`, until nobody can or the warm process has ended.

    warm: the socket over which that one is asked. process: its id. memory: as for `supervise`.
    """
    gc.collect()
    gc.freeze()
    for line in lines(control):
        if line is not None:
            # Where nothing can be forked just now, whoever asked finds the line closed.
            with line, contextlib.suppress(OSError):
                if fork_in_own_processes(own=True) == 0:
                    control.close()
                    _become_supervisor(line, warm, confinement, memory)
        if not _bury(process):
            return


def _bury(process: int) -> bool:
    """Whether the process is not among the dead."""
    with contextlib.suppress(ChildProcessError):
        while True:
            ended, _ = os.waitpid(-1, os.WNOHANG)
            if not ended:
                return True
            if ended == process:
                break
    return False


def _become_supervisor(
    line: socket.socket, warm: socket.socket, confinement: Confinement, memory: int | None
) -> NoReturn:
    """This process confines itself, has the kernel forked beside it, and watches over it."""
    try:
        prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        myself = pidfd_open(os.getpid())
        with warm, ask(warm) as there:
            # The kernel is forked while its namespaces are made, and waits for them.
            send(there, {}, [line.fileno(), myself])
            os.close(myself)
            enter_own(confinement)
            send(there, {}, [])
            # What the line brings is for the kernel, until it says that it is there.
            kernel, (end,) = receive(there)
        # The student's processes are of the same user: they must not write into this one.
        prctl(PR_SET_DUMPABLE, 0)
        supervise(kernel["process"], end, line, memory, alone=True)
    finally:
        os._exit(1)
