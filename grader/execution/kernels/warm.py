"""The warm process: has imported all that a kernel needs, and forks one for whoever asks.

Runs under the interpreter that a course chose, Python 3.8 or later, with these few modules of
the grader's handed over as text. What all kernels may share is confined before the first fork,
each kernel by itself after its own.
"""

from __future__ import annotations

import base64
import contextlib
import gc
import json
import os
import signal
import socket
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from grader.execution.isolation.confinement import Confinement
from grader.execution.isolation.namespaces import enter_own, enter_shared, fork_beside, join
from grader.execution.isolation.rights import confine, prepare_to_confine
from grader.execution.isolation.supervisor import supervise
from grader.execution.isolation.system import (
    PR_SET_CHILD_SUBREAPER,
    PR_SET_DUMPABLE,
    PR_SET_PDEATHSIG,
    pidfd_open,
    prctl,
)
from grader.execution.kernels import gate
from grader.execution.kernels.line import lines, pair, receive, send

READY = "ready"
SCRATCH = "/tmp"


@dataclass(frozen=True)
class Setup:
    """What is the same for all kernels of a warm process.

    files: what lies beside the notebook, by name.
    memory: bytes for one kernel and all its processes. direct: whether kernels are asked over one
    wire and say only what a grader reads; elsewhere they have the five sockets of Jupyter's.
    """

    confinement: Confinement
    files: Mapping[str, bytes]
    memory: int
    cpu_seconds: int
    direct: bool

    def to_json(self) -> str:
        """The setup as one line of text."""
        return json.dumps(
            {
                **vars(self),
                "confinement": {k: sorted(v) for k, v in vars(self.confinement).items()},
                "files": {k: base64.b64encode(v).decode("ascii") for k, v in self.files.items()},
            }
        )

    @property
    def alone(self) -> bool:
        """Whether each kernel has a pid namespace of its own."""
        return "processes" in self.confinement.layers

    @property
    def limit(self) -> int | None:
        """Bytes at which a supervisor ends its kernel, None for no such watch."""
        return self.memory if "limits" in self.confinement.layers else None

    @staticmethod
    def from_json(text: str) -> Setup:
        """The setup that `to_json` wrote."""
        said = json.loads(text)
        layers = said["confinement"].pop("layers")
        paths = {name: tuple(folders) for name, folders in said["confinement"].items()}
        confinement = Confinement(frozenset(layers), **paths)
        files = {name: base64.b64decode(content) for name, content in said["files"].items()}
        return Setup(**{**said, "confinement": confinement, "files": files})


def main() -> None:
    """Serves until nobody can ask any more; says READY, or why not, on standard output."""
    setup = Setup.from_json(sys.stdin.readline())
    control = socket.socket(fileno=int(sys.argv[1]))
    try:
        enter_shared(setup.confinement, os.environ["HOME"])
        if setup.alone:
            control = _behind_a_gate(control, setup)
        prepare_to_confine(setup.confinement)
        app = _prepared_app(setup)
    except OSError as error:
        print(error, flush=True)
        return
    _leave_no_trace()
    gc.collect()
    gc.freeze()
    # A kernel's own standard output may be in place by now.
    print(READY, file=sys.__stdout__, flush=True)
    _serve(control, setup, app)
    # What an interpreter tidies up at its end is not worth waiting for.
    os._exit(0)


def _behind_a_gate(control: socket.socket, setup: Setup) -> socket.socket:
    """Goes on in a child, which is asked over the socket that is returned."""
    those_who_ask, asked_here = pair()
    child = os.fork()
    if child:
        asked_here.close()
        gate.keep(control, those_who_ask, child, setup.confinement, setup.limit)
        os._exit(0)
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    control.close()
    those_who_ask.close()
    return asked_here


def _prepared_app(setup: Setup) -> Any:
    if not os.access(os.__file__, os.R_OK):
        raise OSError(f"{os.__file__} can't be read by a user without rights")
    if "files" in setup.confinement.layers:
        # The machine's folder is out of sight now; kernels will have theirs at this very place.
        outside, inside = os.environ["HOME"], f"{SCRATCH}/home"
        os.mkdir(inside)
        for name, value in os.environ.items():
            os.environ[name] = value.replace(outside, inside)
    from grader.execution.kernels.app import WarmApp
    from grader.execution.kernels.direct import DirectApp

    app = DirectApp.instance() if setup.direct else WarmApp.instance()
    app.prepare()
    return app


def _serve(control: socket.socket, setup: Setup, app: Any) -> None:
    start = _fork_beside_supervisor if setup.alone else _fork_supervisor
    # At once: a pid namespace is there until all in it are buried.
    signal.signal(signal.SIGCHLD, _bury)
    for line in lines(control):
        if line is not None:
            # Here and not in the child, which would copy all that it writes.
            app.seed_anew()
            # Where nothing can be forked just now, whoever asked finds the line closed.
            with line, contextlib.suppress(OSError):
                start(control, line, setup, app)


def _bury(*_: object) -> None:
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def _fork_beside_supervisor(
    control: socket.socket, there: socket.socket, setup: Setup, app: Any
) -> None:
    """Forks a kernel into the namespaces of the supervisor that asks, and tells it."""
    _, descriptors = receive(there)
    line, supervisor = descriptors
    try:
        if fork_beside(supervisor) == 0:
            control.close()
            _become_kernel_beside(supervisor, socket.socket(fileno=line), there, setup, app)
    finally:
        for descriptor in descriptors:
            os.close(descriptor)


def _become_kernel_beside(
    supervisor: int, line: socket.socket, there: socket.socket, setup: Setup, app: Any
) -> NoReturn:
    try:
        receive(there)
        join(supervisor, setup.confinement)
        os.close(supervisor)
        with line, there:
            request, descriptors = receive(line)
            myself = pidfd_open(os.getpid())
            send(there, {"process": os.getpid()}, [myself])
            os.close(myself)
        _become_kernel(request, descriptors, setup, app)
    finally:
        os._exit(1)


def _fork_supervisor(control: socket.socket, line: socket.socket, setup: Setup, app: Any) -> None:
    if os.fork() == 0:
        control.close()
        _become_supervisor(line, setup, app)


def _become_supervisor(line: socket.socket, setup: Setup, app: Any) -> NoReturn:
    """This process starts the kernel below it, and watches over it."""
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        request, descriptors = receive(line)
        enter_own(setup.confinement)
        prctl(PR_SET_CHILD_SUBREAPER)
        child = os.fork()
        if child == 0:
            line.close()
            _become_kernel(request, descriptors, setup, app)
        end = pidfd_open(child)
        for descriptor in descriptors:
            os.close(descriptor)
        # The student's processes are of the same user: they must not write into this one.
        prctl(PR_SET_DUMPABLE, 0)
        supervise(child, end, line, setup.limit, alone=False)
    finally:
        os._exit(1)


def _furnished(request: Mapping[str, Any], setup: Setup) -> str:
    """The folder with the kernel's home and its working folder, where it is not the machine's."""
    scratch = SCRATCH if "files" in setup.confinement.layers else str(request["scratch"])
    if scratch:
        # Without pathlib, whose every object would be copied into each kernel's memory.
        for folder in ("home", "home/ipython", "work"):
            with contextlib.suppress(FileExistsError):
                os.mkdir(f"{scratch}/{folder}")
        for name, content in setup.files.items():
            with open(f"{scratch}/work/{name}", "wb") as file:
                file.write(content)
    return scratch


def _become_kernel(
    request: Mapping[str, Any], descriptors: list[int], setup: Setup, app: Any
) -> NoReturn:
    code = 1
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        os.setsid()
        scratch = _furnished(request, setup)
        os.environ.clear()
        os.environ.update(request["environment"], JPY_PARENT_PID="1")
        os.chdir(request["folder"])
        nowhere = os.open(os.devnull, os.O_RDWR)
        for descriptor in (0, 1, 2):
            os.dup2(nowhere, descriptor)
        _go_first_when_memory_is_short()
        confine(setup.confinement, scratch, setup.memory, setup.cpu_seconds)
        app.become(request, descriptors)
        app.start()
        code = 0
    finally:
        os._exit(code)


def _go_first_when_memory_is_short() -> None:
    with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "wb", 0) as file:
        file.write(b"1000")


def _leave_no_trace() -> None:
    """A notebook that looks for modules of the grader's finds none."""
    del sys.meta_path[0]
    for name in [name for name in sys.modules if name.split(".")[0] == "grader"]:
        del sys.modules[name]
