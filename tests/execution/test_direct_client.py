"""What a kernel may send its client: the client stands it all, and says what is the matter."""

import asyncio
import json
import socket
from collections.abc import Awaitable, Callable, Iterator
from queue import Empty
from typing import Any

import pytest
from nbclient.exceptions import DeadKernelError

from grader.execution.client import Flood
from grader.execution.direct_client import DirectClient, DirectManager
from grader.execution.kernels import line, wire

Ends = tuple[DirectClient, socket.socket]


@pytest.fixture
def ends() -> Iterator[Ends]:
    """A client, and the kernel's end of its wire."""
    manager = DirectManager(control=-1, scratch="")
    manager.wire, theirs = line.pair()
    with manager.wire, theirs:
        theirs.settimeout(5)
        yield manager.client(), theirs


def status(channel: str = "iopub", state: str = "idle") -> bytes:
    content = {"execution_state": state}
    said = {"channel": channel, "msg_type": "status", "parent": "p", "content": content}
    return json.dumps(said).encode()


def run(client: DirectClient, use: Callable[[], Awaitable[Any]]) -> Any:
    async def whole() -> Any:
        try:
            return await use()
        finally:
            client.stop_channels()

    return asyncio.run(whole())


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"no JSON",
        b"\xff\xfe",
        b"[" * 40_000,
        b"[]",
        b"null",
        b'{"msg_type": "status"}',
        b'{"msg_type": 1, "content": {}}',
        b'{"msg_type": "status", "content": []}',
    ],
)
def test_what_is_no_message_is_passed_over(ends: Ends, text: bytes) -> None:
    client, theirs = ends
    wire.send(theirs, text)
    wire.send(theirs, status())
    message = run(client, lambda: client.iopub_channel.get_msg(timeout=5))
    assert message["content"] == {"execution_state": "idle"}


def test_each_channel_has_its_own_messages(ends: Ends) -> None:
    client, theirs = ends
    for channel in ("iopub", "shell", "neither"):
        wire.send(theirs, status(channel, channel))

    async def both() -> list[str]:
        shell = await client.shell_channel.get_msg(timeout=5)
        others = [await client.iopub_channel.get_msg(timeout=5) for _ in range(2)]
        return [message["content"]["execution_state"] for message in (shell, *others)]

    assert run(client, both) == ["shell", "iopub", "neither"]


def test_messages_that_come_together_are_taken_one_by_one(ends: Ends) -> None:
    client, theirs = ends
    client.allow(3)
    together = (status(state="busy"), b"no JSON", status("shell", "reply"), status())
    wire.send(theirs, wire.BETWEEN.join(together))

    async def all_of_them() -> list[str]:
        channels = (client.iopub_channel, client.shell_channel, client.iopub_channel)
        messages = [await channel.get_msg(timeout=5) for channel in channels[:2]]
        with pytest.raises(Flood):
            await channels[2].get_msg(timeout=5)
        return [message["content"]["execution_state"] for message in messages]

    assert run(client, all_of_them) == ["busy", "reply"]


def test_a_packet_of_nothing_but_ends_is_one_packet_of_work(ends: Ends) -> None:
    client, theirs = ends
    wire.send(theirs, wire.BETWEEN * 40_000)
    wire.send(theirs, status())
    client.allow(1_000)
    message = run(client, lambda: client.iopub_channel.get_msg(timeout=5))
    assert message["content"] == {"execution_state": "idle"}


def test_nothing_in_time_is_empty(ends: Ends) -> None:
    client, _ = ends
    with pytest.raises(Empty):
        run(client, lambda: client.shell_channel.get_msg(timeout=0.01))


def test_a_kernel_that_is_gone_is_noticed_at_once(ends: Ends) -> None:
    client, theirs = ends
    wire.send(theirs, status())
    theirs.close()

    async def twice() -> None:
        assert await client.iopub_channel.get_msg(timeout=5)
        await client.iopub_channel.get_msg(timeout=5)

    with pytest.raises(DeadKernelError):
        run(client, twice)


def test_too_many_messages_on_whichever_channel_are_a_flood(ends: Ends) -> None:
    client, theirs = ends
    client.allow(3)
    for channel in ("iopub", "shell", "iopub", "shell"):
        wire.send(theirs, status(channel))

    async def four() -> None:
        for channel in (client.iopub_channel, client.shell_channel) * 2:
            await channel.get_msg(timeout=5)

    with pytest.raises(Flood):
        run(client, four)


def test_a_large_request_goes_out_while_the_kernel_reads(ends: Ends) -> None:
    client, theirs = ends
    code = "#" * 2_000_000

    async def asked() -> Any:
        client.execute(code)
        inbox = wire.Inbox()
        while True:
            packet = await asyncio.to_thread(theirs.recv, wire.PACKET + 1)
            text = inbox.take(packet)
            if text is not None:
                return json.loads(text)

    assert run(client, asked)["content"]["code"] == code


def test_a_request_to_a_kernel_that_is_gone_ends_in_its_death(ends: Ends) -> None:
    client, theirs = ends
    theirs.close()

    async def asked() -> None:
        client.execute("1")
        await client.shell_channel.get_msg(timeout=5)

    with pytest.raises(DeadKernelError):
        run(client, asked)
