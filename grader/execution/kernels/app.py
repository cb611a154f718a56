"""ipykernel's application in two halves: all that can be done before a fork, and the rest."""

from __future__ import annotations

import contextlib
import importlib
import random
import sys
from collections.abc import Mapping, Sequence
from typing import Any

import zmq
from ipykernel import ipkernel
from ipykernel.compiler import XCachingCompiler
from ipykernel.heartbeat import Heartbeat
from ipykernel.kernelapp import IPKernelApp
from ipykernel.zmqshell import ZMQInteractiveShell
from jupyter_client.session import Session

# What nearly every kernel and every notebook imports sooner or later; what a course's
# environment lacks is passed over.
PRELOADED = (
    "numpy.random", "numpy.linalg", "matplotlib.pyplot", "matplotlib.backends.backend_agg",
    "matplotlib_inline.backend_inline", "IPython.core.logger", "IPython.core.magics.ast_mod",
    "IPython.core.magics.execution", "IPython.core.magics.pylab", "IPython.core.pylabtools",
    "IPython.extensions.storemagic", "IPython.utils.module_paths", "PIL.features", "faulthandler",
    "ipykernel.debugger", "tornado.platform.asyncio",
)  # fmt: skip
# A history on disk would be one more file to open, lock and write for each cell.
ARGUMENTS = ["--HistoryManager.enabled=False"]


class WarmHeartbeat(Heartbeat):
    """A heartbeat on a socket that already listens."""

    descriptor = -1

    def _try_bind_socket(self) -> Any:
        self.socket.setsockopt(zmq.USE_FD, self.descriptor)
        return super()._try_bind_socket()


class WarmApp(IPKernelApp):
    """A kernel whose sockets listen before it is there, and whose shell is built before a fork."""

    shell_class = ZMQInteractiveShell
    compiler_class = XCachingCompiler
    listening: Mapping[int, int] = {}

    def prepare(self) -> None:
        """All that does not depend on which kernel this will be. Starts no thread."""
        super(IPKernelApp, self).initialize(ARGUMENTS)
        self.init_pdb()
        for module in PRELOADED:
            with contextlib.suppress(Exception):
                importlib.import_module(module)
        with contextlib.suppress(Exception):
            # Asked for the first backend, matplotlib looks through all that is installed.
            sys.modules["matplotlib.backends.registry"].backend_registry.list_all()
        shell = self.shell_class.instance(
            parent=self, profile_dir=self.profile_dir, compiler_class=self.compiler_class
        )
        _rehearse(shell)

    def become(self, request: Mapping[str, Any], descriptors: Sequence[int]) -> None:
        """Becomes the kernel of the connection asked for, whose sockets these listen for."""
        self.listening = dict(zip(request["ports"], descriptors))
        self.load_connection_info(request["connection"])
        self.init_sockets()
        self.init_heartbeat()
        self.log_connection_info()
        self.init_io()
        self.init_signal()
        self.init_kernel()
        self.complete()

    def complete(self) -> None:
        """The last steps, once there is a kernel."""
        self.kernel.shell.kernel = self.kernel
        self.init_path()
        self.init_shell()
        self.init_gui_pylab()
        self.init_extensions()
        self.init_code()
        sys.stdout.flush()
        sys.stderr.flush()

    @staticmethod
    def seed_anew() -> None:
        """Nothing random goes on in two kernels where the process before them left off."""
        random.seed()
        if "numpy.random" in sys.modules:
            sys.modules["numpy.random"].seed()

    def _try_bind_socket(self, s: Any, port: int) -> Any:
        s.setsockopt(zmq.USE_FD, self.listening[port])
        return super()._try_bind_socket(s, port)

    def init_heartbeat(self) -> None:
        """Starts the heartbeat, in a context of its own as ipykernel does."""
        heartbeat = WarmHeartbeat(zmq.Context(), (self.transport, self.ip, self.hb_port))
        heartbeat.descriptor = self.listening[self.hb_port]
        self.heartbeat = heartbeat
        heartbeat.start()

    def init_kernel(self) -> None:
        """The kernel, without a list of all modules' files for the debugger.

        It would touch every module once: thousands of pages that a fork shares until then.
        """
        ipkernel.sys = _Sys()  # type: ignore[assignment, attr-defined]
        try:
            super().init_kernel()
        finally:
            ipkernel.sys = sys  # type: ignore[attr-defined]

    def init_control(self, context: Any) -> None:
        """The control channel, without the debugger's way in, which needs a path to connect to."""
        super().init_control(context)
        debugger = getattr(self, "debug_shell_socket", None)
        endpoint = self.shell_socket.getsockopt(zmq.LAST_ENDPOINT)
        if debugger is not None and endpoint:
            debugger.disconnect(endpoint)


def _rehearse(shell: ZMQInteractiveShell) -> None:
    """Does once what is slow the first time: running a cell, and telling where one failed."""
    with contextlib.suppress(Exception):
        shell.run_cell("pass", silent=True)
    try:
        raise KeyError("never shown")
    except KeyError as error:
        with contextlib.suppress(Exception):
            shell.InteractiveTB.structured_traceback(KeyError, error, error.__traceback__)
    with contextlib.suppress(Exception):
        session = Session(key=b"never used")
        message = session.msg("execute_reply", {"status": "ok"})
        session.deserialize(session.feed_identities(session.serialize(message))[1])


class _Sys:
    """The sys module, with no module in it."""

    modules: Mapping[str, Any] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(sys, name)
