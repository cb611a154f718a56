"""The runner's client of a kernel's five sockets: jupyter_client's, with a bound on what it reads.

For kernels that are started from cold; those that are forked are asked by `direct_client`.
"""

import contextlib
from pathlib import Path
from queue import Empty
from time import monotonic
from typing import Any

import zmq.asyncio
from jupyter_client.asynchronous.client import AsyncKernelClient
from jupyter_client.channels import AsyncZMQSocketChannel
from jupyter_core.utils import ensure_async
from traitlets import Type

MOST_MESSAGES = 20_000
LARGEST_MESSAGE = 16 * 1024 * 1024
MOST_WAITING = 2_000
SECONDS_TO_START = 60.0
SECONDS_TO_ANSWER = 0.25
SECONDS_TO_LISTEN_AGAIN = 3.0
PROBE = (Path(__file__).parent / "probe.py").read_text(encoding="utf-8")


class Flood(Exception):
    """The kernel sent more messages than a notebook has any use for."""


class BoundedChannel(AsyncZMQSocketChannel):
    """A channel of jupyter_client's on which only so many messages are read at all."""

    messages_left = MOST_MESSAGES

    async def get_msg(  # type: ignore[override]
        self, *args: Any, **kwargs: Any
    ) -> dict[str, Any]:
        """The next message; raises Flood once there were too many."""
        if self.messages_left <= 0:
            raise Flood
        message: dict[str, Any] = await super().get_msg(*args, **kwargs)
        self.messages_left -= 1
        return message


class BoundedClient(AsyncKernelClient):
    """jupyter_client's client, with a bound on what a kernel may send it."""

    iopub_channel_class = Type(BoundedChannel)

    def start_channels(self, *_: Any, **__: Any) -> None:
        """The two channels that are used; the kernel's end is noticed by its provisioner."""
        super().start_channels(stdin=False, hb=False, control=False)

    def allow(self, messages: int) -> None:
        """From now on so many messages are read."""
        self.iopub_channel.messages_left = messages

    async def hand_over(self, plans: str) -> None:
        """Gives the kernel the probe, and the probe what it is going to be asked for, in JSON.

        A flood of output may have broken a channel: raises RuntimeError where it stays so.
        """
        await self.wait_for_ready(SECONDS_TO_LISTEN_AGAIN)
        # Students shadow names such as `input` or `compile`; hardly anyone shadows __import__.
        kernel, builtins = "__import__('IPython').get_ipython().kernel", "__import__('builtins')"
        probe, compiled = f"{kernel}.grader_probe", f"{builtins}.compile({PROBE!r}, '', 'exec')"
        self.execute(
            f"{probe} = __import__('types').ModuleType('grader_probe')\n"
            f"{builtins}.exec({compiled}, {probe}.__dict__)\n"
            f"{probe}.PLANS.update({probe}.json.loads({plans!r}))",
            silent=True,
        )

    async def wait_for_ready(self, timeout: float | None = None) -> None:
        """Waits until the kernel was heard on both channels: nothing that it says is lost then.

        Raises RuntimeError where it dies before, or takes too long.
        """
        deadline = monotonic() + (timeout or SECONDS_TO_START)
        channels = {self.shell_channel, self.iopub_channel}
        while channels:
            self.kernel_info()
            for channel in tuple(channels):
                with contextlib.suppress(Empty):
                    await ensure_async(channel.get_msg(timeout=SECONDS_TO_ANSWER))
                    channels.discard(channel)
            if channels and (monotonic() > deadline or not await self.is_alive()):
                raise RuntimeError("the kernel did not answer")


def bounded_context() -> zmq.asyncio.Context:
    """Sockets made in this context drop what is larger than a message may be, before it is read."""
    context = zmq.asyncio.Context()
    context.setsockopt(zmq.MAXMSGSIZE, LARGEST_MESSAGE)
    context.setsockopt(zmq.RCVHWM, MOST_WAITING)
    return context
