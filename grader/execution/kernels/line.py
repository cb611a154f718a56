"""What is said between a provisioner and the warm process: one request with its sockets."""

from __future__ import annotations

import array
import json
import socket
import struct
from collections.abc import Mapping, Sequence
from typing import Any

LARGEST = 64 * 1024 * 1024
MOST_DESCRIPTORS = 16


def send(line: socket.socket, request: Mapping[str, Any], descriptors: Sequence[int]) -> None:
    """Sends a request, and open file descriptors with it."""
    data = json.dumps(request).encode()
    packed = array.array("i", descriptors).tobytes()
    ancillary = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, packed)] if descriptors else []
    line.sendmsg([struct.pack("!I", len(data))], ancillary)
    line.sendall(data)


def receive(line: socket.socket) -> tuple[dict[str, Any], list[int]]:
    """The request that was sent, and the descriptors. Raises OSError where it breaks off."""
    descriptors = array.array("i")
    room = socket.CMSG_SPACE(MOST_DESCRIPTORS * descriptors.itemsize)
    head, ancillary, _, _ = line.recvmsg(4, room)
    for level, kind, data in ancillary:
        if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
            descriptors.frombytes(data[: len(data) - len(data) % descriptors.itemsize])
    (size,) = struct.unpack("!I", head + _exactly(line, 4 - len(head)))
    if size > LARGEST:
        raise OSError("a request that is too large")
    return json.loads(_exactly(line, size)), list(descriptors)


def _exactly(line: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        part = line.recv(size - len(data))
        if not part:
            raise OSError("the request broke off")
        data += part
    return data
