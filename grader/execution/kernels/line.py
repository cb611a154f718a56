"""How a process is asked to fork: over a socket that has no name, so nobody else can ask.

Each who asks gets a line of its own to the child, and sends one request over it. The child runs
on the cores of whoever asked, as one of its own would.
"""

from __future__ import annotations

import array
import contextlib
import json
import os
import select
import socket
import struct
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

LARGEST = 64 * 1024 * 1024
LARGEST_QUESTION = 64 * 1024
MOST_DESCRIPTORS = 16
MILLISECONDS_BETWEEN_LOOKS = 1000
_ROOM = socket.CMSG_SPACE(MOST_DESCRIPTORS * array.array("i").itemsize)


def pair() -> tuple[socket.socket, socket.socket]:
    """The two ends of a socket of packets: a control socket, or a wire.

    The first is for those who ask, the second for the process that forks, or the kernel.
    """
    return socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)


def ask(control: socket.socket) -> socket.socket:
    """A line to a child that is forked for it."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    with theirs:
        cores = json.dumps(sorted(os.sched_getaffinity(0))).encode()
        control.sendmsg([cores], [_rights([theirs.fileno()])])
    return ours


def lines(control: socket.socket) -> Iterator[socket.socket | None]:
    """The line of each who asks, and None after each second in which nobody did.

    What is forked before the next one is taken runs on the cores of whoever asked. It ends where
    nobody can ask any more.
    """
    poll = select.poll()
    poll.register(control, select.POLLIN)
    while True:
        if not poll.poll(MILLISECONDS_BETWEEN_LOOKS):
            yield None
            continue
        said, ancillary, _, _ = control.recvmsg(LARGEST_QUESTION, _ROOM)
        descriptors = _descriptors(ancillary)
        if not said or not descriptors:
            return
        with _on(json.loads(said)):
            yield socket.socket(fileno=descriptors[0])


@contextlib.contextmanager
def _on(cores: Sequence[int]) -> Iterator[None]:
    """This process runs on those cores meanwhile, if it may use any of them."""
    usual = os.sched_getaffinity(0)
    with contextlib.suppress(OSError):
        os.sched_setaffinity(0, cores)
    yield
    os.sched_setaffinity(0, usual)


def send(line: socket.socket, request: Mapping[str, Any], descriptors: Sequence[int]) -> None:
    """Sends a request, and open file descriptors with it."""
    data = json.dumps(request).encode()
    line.sendmsg([struct.pack("!I", len(data))], [_rights(descriptors)] if descriptors else [])
    line.sendall(data)


def receive(line: socket.socket) -> tuple[dict[str, Any], list[int]]:
    """The request that was sent, and the descriptors. Raises OSError where it breaks off."""
    head, ancillary, _, _ = line.recvmsg(4, _ROOM)
    (size,) = struct.unpack("!I", head + _exactly(line, 4 - len(head)))
    if size > LARGEST:
        raise OSError("a request that is too large")
    return json.loads(_exactly(line, size)), _descriptors(ancillary)


def _rights(descriptors: Sequence[int]) -> tuple[int, int, bytes]:
    return socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", descriptors).tobytes()


def _descriptors(ancillary: Sequence[tuple[int, int, bytes]]) -> list[int]:
    found = array.array("i")
    for level, kind, data in ancillary:
        if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
            found.frombytes(data[: len(data) - len(data) % found.itemsize])
    return list(found)


def _exactly(line: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        part = line.recv(size - len(data))
        if not part:
            raise OSError("the request broke off")
        data += part
    return data
