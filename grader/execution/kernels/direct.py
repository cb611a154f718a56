"""A kernel on one wire: IPython's own, that says only what a grader reads, from one thread.

ipykernel's application serves front ends: five sockets, as many threads, and a message through
most of them for each line that is printed. Here all of it is built before the fork, and what is
left for each kernel is to run cells.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import select
import socket
import sys
import threading
from collections import deque
from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import Any

from ipykernel.ipkernel import IPythonKernel
from tornado.ioloop import IOLoop

from grader.execution import probe
from grader.execution.kernels import line, wire
from grader.execution.kernels.app import WarmApp
from grader.execution.kernels.lean import (
    IOPUB,
    SHELL,
    DirectSession,
    QuickCompiler,
    QuickShell,
    Unread,
)

_ONE = '{"kind": "array", "dtype": "<f8", "shape": [1, 1], "data": "AAAAAAAA8D8=", "layout": "C"}'
_PLANS = (
    '{"_rehearsed": [{"id": "", "arguments": {"kind": "tuple", "items": '
    f'[{{"kind": "float", "value": 0.5}}, {_ONE}]}}}}]}}'
)
REHEARSED = (
    "import numpy as np",
    "def _rehearsed(factor, array):\n    return factor * np.dot(array, array.T), array + 1",
    "print(*_rehearsed(0.5, np.ones((2, 3))))",
    "get_ipython().kernel.grader_probe.run('_rehearsed', careful=False)",
    "del _rehearsed, np",
)
# As often as Python runs a piece of code before it has settled how.
TIMES = 10


class DirectKernel(IPythonKernel):
    """IPython's kernel, asked over a wire: to run a cell, or whether it is there."""

    session: DirectSession
    shell: QuickShell

    # No thread hands messages on here; one is asked for its parent all the same.
    _supports_kernel_subshells = False

    def __init__(self, **traits: Any) -> None:
        super().__init__(**traits)
        self.grader_probe = probe
        if hasattr(self, "shell_channel_thread"):
            self.shell_channel_thread = _Thread()

    async def serve(self, end: socket.socket) -> None:
        """Answers requests, one after the other; the process ends when nobody asks any more."""
        self.io_loop = IOLoop.current()
        inbox, arrived = wire.Inbox(), asyncio.Event()
        requests: deque[bytes] = deque()

        def take() -> None:
            self.end_in_a_fork()
            packet = end.recv(wire.PACKET + 1)
            if not packet:
                os._exit(0)
            request = inbox.take(packet)
            if request is not None:
                requests.append(request)
                arrived.set()

        asyncio.get_running_loop().add_reader(end, take)
        while True:
            # Notebooks that tidy up cancel every task that there is.
            with contextlib.suppress(asyncio.CancelledError):
                await arrived.wait()
            arrived.clear()
            while requests:
                request = requests.popleft()
                if request.startswith(wire.PLANS):
                    self.take_plans(request)
                else:
                    await self.answer(json.loads(request))

    @staticmethod
    def take_plans(message: bytes) -> None:
        """Keeps for the probe what it is going to be asked for."""
        probe.PLANS.update(json.loads(message[len(wire.PLANS) :]))

    async def answer(self, request: dict[str, Any]) -> None:
        """Answers one request as Jupyter's protocol has it: busy, a reply, idle."""
        self.set_parent([], request)
        self.say("status", execution_state="busy")
        self.pre_handler_hook()
        try:
            kind = request["header"]["msg_type"]
            reply = await self._reply(kind, request["content"])
            self.end_in_a_fork()
            self.session.send(SHELL, kind.replace("request", "reply"), reply, request)
        except KeyboardInterrupt:
            # It came too late for the cell, which is over.
            pass
        finally:
            self.post_handler_hook()
        self.say("status", execution_state="idle")

    def end_in_a_fork(self) -> None:
        """Ends a process that the student's code has forked and that comes out of its cell.

        It would go on as a second kernel, and take requests away from the first.
        """
        if os.getpid() != self.session.owner:
            os._exit(0)

    def say(self, kind: str, **content: Any) -> None:
        """Publishes something about the request that is being answered."""
        self.session.send(IOPUB, kind, content, self.get_parent(SHELL))

    async def _reply(self, kind: str, content: Mapping[str, Any]) -> dict[str, Any]:
        if kind != "execute_request":
            return {"status": "ok", **self.kernel_info}
        self.shell.begin()
        try:
            reply: dict[str, Any] = await self.do_execute(
                content["code"],
                content["silent"],
                content["store_history"],
                content["user_expressions"],
                allow_stdin=False,
            )
        # A notebook may have changed the shell that runs it, or cancelled the task.
        except (Exception, asyncio.CancelledError) as error:
            return {"status": "error", "ename": type(error).__name__, "evalue": str(error)}
        return reply


class _Thread:
    parent_thread = threading.main_thread()


class DirectApp(WarmApp):
    """An application that is whole before the fork, its kernel included."""

    shell_class = QuickShell
    compiler_class = QuickCompiler

    def prepare(self) -> None:
        """Builds the kernel, up to the point where it would run a cell. Starts no thread."""
        sys.modules["ipykernel.debugger"] = _no_debugger()
        super().prepare()
        self.session = DirectSession(parent=self)
        self.iopub_socket = IOPUB
        self.outstream_class = f"{Unread.__module__}.{Unread.__qualname__}"
        self.capture_fd_output = False
        self.init_io()
        self.kernel = DirectKernel.instance(
            parent=self,
            session=self.session,
            iopub_socket=IOPUB,
            log=self.log,
            profile_dir=self.profile_dir,
            user_ns=self.user_ns,
        )
        self.displayhook.get_execution_count = lambda: self.kernel.execution_count
        self.complete()
        # exit() would end the kernel some moments later, in the middle of a call.
        self.kernel.shell.ask_exit = lambda: None  # type: ignore[method-assign]
        self._rehearse_cells()

    def _rehearse_cells(self) -> None:
        """Runs a few cells: what they write to memory now is shared by all kernels."""
        ours, theirs = line.pair()
        loop = asyncio.new_event_loop()
        with ours, theirs, contextlib.closing(loop):
            self.session.open(theirs)
            self.kernel.take_plans(wire.PLANS + _PLANS.encode())
            for source in REHEARSED * TIMES:
                loop.run_until_complete(self.kernel.answer(_silently(source)))
                while select.select([ours], [], [], 0)[0]:
                    ours.recv(wire.PACKET + 1)
        self.session.open(None)
        probe.PLANS.clear()

    def become(self, request: Mapping[str, Any], descriptors: Sequence[int]) -> None:
        """Becomes a kernel of its own, asked over the one descriptor."""
        self.end = socket.socket(fileno=descriptors[0])
        self.session.open(self.end)
        self.init_signal()
        self.kernel.say("status", execution_state="starting")

    def start(self) -> None:
        """Runs cells until nobody asks for more."""
        loop = asyncio.new_event_loop()
        asyncio.set_event_loop(loop)
        loop.run_until_complete(self.kernel.serve(self.end))


def _no_debugger() -> ModuleType:
    """What stands for ipykernel's debugger: megabytes that each fork would share, for nobody."""
    nothing = ModuleType("ipykernel.debugger")
    vars(nothing).update(_is_debugpy_available=False, Debugger=object)
    return nothing


def _silently(source: str) -> dict[str, Any]:
    """A request to run a cell and remember nothing of it."""
    content = {"code": source, "silent": True, "store_history": False, "user_expressions": {}}
    return {"header": {"msg_type": "execute_request", "msg_id": ""}, "content": content}
