"""A forked kernel in the runner's hands: to nbclient, a kernel manager and a kernel client.

They are all that nbclient asks of the two, over one wire to the kernel and a line to the process
above it.
"""

import asyncio
import json
import signal
import sys
from collections import deque
from collections.abc import Mapping
from queue import Empty
from typing import Any

from jupyter_client.asynchronous.client import AsyncKernelClient
from jupyter_client.jsonutil import json_default
from nbclient.exceptions import DeadKernelError

from grader.execution.client import MOST_MESSAGES, SECONDS_TO_START, Flood
from grader.execution.kernels import line, wire
from grader.execution.kernels.provisioner import WarmProvisioner

MOST_PACKETS_AT_ONCE = 64


class DirectManager:
    """The life of one kernel of the warm process's that is asked over `control`.

    scratch: the folder that holds the kernel's home and working folder, where it is confined to
    none of its own.
    """

    def __init__(self, control: int, scratch: str) -> None:
        self.provisioner = WarmProvisioner(control=control, scratch=scratch)
        self.speaker: DirectClient | None = None

    def start_kernel(self, folder: str, environment: Mapping[str, str]) -> None:
        """Asks for the kernel. Raises OSError where there is no warm process."""
        self.wire, theirs = line.pair()
        self.provisioner.fork(sys.executable, {}, [theirs], environment, folder)

    @property
    def has_kernel(self) -> bool:
        """Whether it was started, and not ended."""
        return self.provisioner.has_process

    async def is_alive(self) -> bool:
        """Whether the kernel runs."""
        return await self.provisioner.poll() is None

    async def interrupt_kernel(self) -> None:
        """Raises KeyboardInterrupt in what the kernel runs."""
        await self.provisioner.send_signal(signal.SIGINT)

    def client(self) -> "DirectClient":
        """A client of the kernel: the only one, as there is one wire."""
        self.speaker = DirectClient(self)
        return self.speaker

    def close(self) -> None:
        """Nothing is said over the wire any more."""
        if self.speaker is not None:
            self.speaker.stop_channels()
        self.wire.close()


class DirectChannel:
    """One of the two kinds of what a kernel says, in the order in which it comes."""

    def __init__(self, client: "DirectClient") -> None:
        self.client = client
        self.arrived: deque[dict[str, Any]] = deque()
        self.news: asyncio.Future[None] | None = None

    def is_alive(self) -> bool:
        """A channel needs no more than the client's wire."""
        return True

    def send(self, message: Mapping[str, Any]) -> None:
        """Sends a request to the kernel."""
        self.client.send(message)

    async def get_msg(self, timeout: float | None = None) -> dict[str, Any]:
        """The next message.

        Raises Empty where none comes in so many seconds, Flood once there were too many, and
        DeadKernelError once nobody is at the other end.
        """
        while not self.arrived:
            if self.client.trouble is not None:
                raise self.client.trouble
            self.client.listen()
            loop = asyncio.get_running_loop()
            self.news = loop.create_future()
            late = None if timeout is None else loop.call_later(timeout, self._give_up, self.news)
            try:
                await self.news
            finally:
                if late is not None:
                    late.cancel()
        return self.arrived.popleft()

    def wake(self) -> None:
        """Whoever waits looks again."""
        if self.news is not None and not self.news.done():
            self.news.set_result(None)

    @staticmethod
    def _give_up(news: "asyncio.Future[None]") -> None:
        if not news.done():
            news.set_exception(Empty())


class DirectClient(AsyncKernelClient):
    """Asks the kernel over its manager's wire."""

    trouble: Exception | None = None
    messages_left = MOST_MESSAGES

    def __init__(self, manager: DirectManager) -> None:
        super().__init__()
        self.manager, self.wire = manager, manager.wire
        self.wire.setblocking(False)
        self.inbox = wire.Inbox()
        self.going_out: deque[bytes] = deque()
        self._shell_channel, self._iopub_channel = DirectChannel(self), DirectChannel(self)
        self.listening = False

    async def is_alive(self) -> bool:
        """Whether the kernel runs."""
        return await self.manager.is_alive()

    def start_channels(self, *_: Any, **__: Any) -> None:
        """There is nothing to start."""
        self.allow_stdin = False

    def stop_channels(self) -> None:
        """Nobody reads the wire any more."""
        if self.listening:
            self.loop.remove_reader(self.wire)
            self.loop.remove_writer(self.wire)

    def allow(self, messages: int) -> None:
        """From now on so many messages are read."""
        self.messages_left = messages

    async def wait_for_ready(self, timeout: float | None = None) -> None:
        """Waits for the kernel's first word. Raises RuntimeError where it dies before."""
        try:
            await self.iopub_channel.get_msg(timeout=timeout or SECONDS_TO_START)
        except (DeadKernelError, Empty):
            raise RuntimeError("the kernel did not answer") from None

    def kernel_info(self, *_: Any, **__: Any) -> str:
        """Asks no kernel: nbclient notes the language of its notebook, and that is known."""
        asked: str = self.session.msg_header("kernel_info_request")["msg_id"]
        content = {"language_info": {"name": "python"}}
        self._shell_channel.arrived.append(_message("kernel_info_reply", asked, content))
        return asked

    async def hand_over(self, plans: str) -> None:
        """Gives the kernel's probe what it is going to be asked for, in JSON."""
        self._send(wire.PLANS + plans.encode())

    def listen(self) -> None:
        """Reads the wire whenever this thread's event loop runs."""
        if not self.listening:
            self.listening = True
            self.loop = asyncio.get_running_loop()
            self.loop.add_reader(self.wire, self._read)

    def send(self, message: Mapping[str, Any]) -> None:
        """Sends a request, as fast as the kernel takes it."""
        self._send(json.dumps(message, default=json_default).encode())

    def _send(self, text: bytes) -> None:
        self.listen()
        self.going_out.extend(wire.packets(text))
        self._write()

    def _write(self) -> None:
        try:
            while self.going_out:
                self.wire.send(self.going_out[0])
                self.going_out.popleft()
        except BlockingIOError:
            self.loop.add_writer(self.wire, self._write)
            return
        except OSError:
            self._stop(DeadKernelError("Kernel died"))
        self.loop.remove_writer(self.wire)

    def _read(self) -> None:
        for _ in range(MOST_PACKETS_AT_ONCE):
            try:
                packet = self.wire.recv(wire.PACKET + 1)
            except BlockingIOError:
                return
            except OSError:
                packet = b""
            if not packet:
                self._stop(DeadKernelError("Kernel died"))
                return
            together = self.inbox.take(packet)
            texts = [] if together is None else together.split(wire.BETWEEN, wire.MOST_TOGETHER)
            for text in texts:
                self._take(text)
                if self.trouble is not None:
                    return

    def _take(self, text: bytes) -> None:
        self.messages_left -= 1
        if self.messages_left < 0:
            self._stop(Flood())
            return
        message = parsed(text)
        if message is not None:
            on_shell = message.pop("channel") == "shell"
            channel = self.shell_channel if on_shell else self.iopub_channel
            channel.arrived.append(message)
            channel.wake()

    def _stop(self, trouble: Exception) -> None:
        self.trouble = trouble
        self.going_out.clear()
        self.stop_channels()
        for channel in (self.shell_channel, self.iopub_channel):
            channel.wake()


def parsed(text: bytes) -> dict[str, Any] | None:
    """A message of Jupyter's, from what a stranger says; None for anything of another form."""
    try:
        said = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(said, dict):
        return None
    kind, content, parent = said.get("msg_type"), said.get("content"), said.get("parent")
    if not isinstance(kind, str) or not isinstance(content, dict):
        return None
    return {"channel": said.get("channel"), **_message(kind, parent, content)}


def _message(kind: str, parent: Any, content: dict[str, Any]) -> dict[str, Any]:
    return {
        "msg_type": kind,
        "header": {"msg_type": kind},
        "parent_header": {"msg_id": parent},
        "metadata": {},
        "content": content,
    }
