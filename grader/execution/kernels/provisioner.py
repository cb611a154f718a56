"""A jupyter_client provisioner that forks Python kernels from a warm process.

Any kernel specification may name it: `{"metadata": {"kernel_provisioner": {"provisioner_name":
"grader-warm"}}}`. Kernels that are no ipykernel, and systems without fork, start as usual.
"""

import asyncio
import contextlib
import os
import signal
import socket
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning.local_provisioner import LocalProvisioner
from traitlets import Integer, Unicode

from grader.execution.isolation import Confinement
from grader.execution.isolation.supervisor import INTERRUPT, KILLED
from grader.execution.kernels import line
from grader.execution.kernels.server import WarmProcess, can_fork, warm_process
from grader.execution.kernels.warm import Setup

PORTS = ("shell_port", "iopub_port", "stdin_port", "control_port", "hb_port")


class WarmProvisioner(LocalProvisioner):
    """Life of one kernel: a line to its supervisor, which ends the kernel when the line closes."""

    control = Integer(
        -1, help="The socket over which a warm process is asked; one is started if there is none."
    ).tag(config=True)
    scratch = Unicode("", help="The folder that holds the kernel's home and working folder.").tag(
        config=True
    )

    line: socket.socket | None = None
    exit_code: int | None = None

    @property
    def has_process(self) -> bool:
        """Whether the kernel was started and has not been waited for."""
        return self.line is not None or super().has_process

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        """Asks the warm process for a kernel, whose sockets listen from the start."""
        if not can_fork() or "ipykernel_launcher" not in cmd:
            return await super().launch_kernel(cmd, **kwargs)
        environment = {str(k): str(v) for k, v in kwargs.get("env", os.environ).items()}
        info: dict[str, Any] = dict(self.connection_info)
        if isinstance(info["key"], bytes):
            info["key"] = info["key"].decode()
        where = {"connection": info, "ports": [info[name] for name in PORTS]}
        sockets = [_listening(info, name) for name in PORTS]
        self.fork(cmd[0], where, sockets, environment, kwargs.get("cwd") or os.getcwd())
        return self.connection_info

    def fork(
        self,
        python: str,
        where: Mapping[str, Any],
        sockets: Sequence[socket.socket],
        environment: Mapping[str, str],
        folder: str,
    ) -> None:
        """Asks the warm process for a kernel.

        where: what the kernel is told of how it is spoken to. sockets: what it is given for that;
        they are closed here. Raises OSError where there is no warm process.
        """
        self.exit_code = None
        request = {
            **where,
            "environment": dict(environment),
            "scratch": self.scratch,
            "folder": folder,
        }
        try:
            self.line = self._asked(python, environment)
            line.send(self.line, request, [end.fileno() for end in sockets])
        finally:
            for end in sockets:
                end.close()
        self.line.setblocking(False)

    def _asked(self, python: str, environment: Mapping[str, str]) -> socket.socket:
        if self.control < 0:
            return line.ask(_own_warm_process(python, environment).control)
        with socket.socket(fileno=os.dup(self.control)) as control:
            return line.ask(control)

    async def poll(self) -> int | None:
        """The exit code, None while the kernel runs."""
        if self.line is None:
            return await super().poll() if self.exit_code is None else self.exit_code
        with contextlib.suppress(BlockingIOError):
            self._ended(self.line.recv(1))
        return self.exit_code

    async def wait(self) -> int | None:
        """Waits for the end of the kernel and of all that it started."""
        if self.line is None:
            return await super().wait() if self.exit_code is None else self.exit_code
        loop = asyncio.get_running_loop()
        try:
            said = await loop.sock_recv(self.line, 1)
        except OSError:
            said = b""
        self._ended(said)
        return self.exit_code

    def _ended(self, said: bytes) -> None:
        assert self.line is not None
        self.exit_code = said[0] if said else KILLED
        self.line.close()
        self.line = None

    async def send_signal(self, signum: int) -> None:
        """Interrupts the kernel, or ends it: its supervisor knows no other signal."""
        if self.line is None:
            await super().send_signal(signum)
        elif signum == signal.SIGINT:
            with contextlib.suppress(OSError):
                self.line.send(INTERRUPT)
        elif signum != 0:
            with contextlib.suppress(OSError):
                self.line.shutdown(socket.SHUT_WR)

    async def kill(self, restart: bool = False) -> None:
        """Ends the kernel and all that it started."""
        if self.line is None:
            await super().kill(restart)
        else:
            await self.send_signal(signal.SIGTERM)

    async def cleanup(self, restart: bool = False) -> None:
        """Leaves no socket behind, nor in the way of a kernel that is started again."""
        if self.exit_code is not None and self.connection_info.get("transport") == "ipc":
            info: dict[str, Any] = dict(self.connection_info)
            for name in PORTS:
                Path(f"{info['ip']}-{info[name]}").unlink(missing_ok=True)
        await super().cleanup(restart)

    async def terminate(self, restart: bool = False) -> None:
        """The same as `kill`."""
        await self.kill(restart)


def _listening(info: dict[str, Any], name: str) -> socket.socket:
    """A socket that listens where clients of the kernel will connect to."""
    port = info[name]
    if info["transport"] == "ipc":
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(f"{info['ip']}-{port}")
    else:
        listener = socket.create_server((info["ip"], port))
    listener.listen()
    # zmq takes the socket as it is.
    listener.setblocking(False)
    return listener


def _own_warm_process(python: str, environment: Mapping[str, str]) -> WarmProcess:
    """A warm process that confines nothing, for those who have not brought one."""
    setup = Setup(Confinement(), {}, memory=-1, cpu_seconds=-1, direct=False)
    return warm_process(python, setup, lambda _: dict(environment))
