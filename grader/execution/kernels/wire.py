"""Jupyter's messages over one socket without a name: how they are cut into packets and kept whole.

A packet goes out as a whole or not at all. So a sender who is interrupted loses the message that
it was sending, and none after it; and several processes may write without mixing their bytes.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator

PACKET = 48 * 1024
LARGEST = 16 * 1024 * 1024
# How a message begins that is none of Jupyter's: what the probe is going to be asked for.
PLANS = b"plans:"
# Stands between messages that go out together, and in none of them.
BETWEEN, MOST_TOGETHER = b"\n", 16
_FIRST, _LAST = 1, 2


def packets(message: bytes) -> Iterator[bytes]:
    """The packets of a message, in order."""
    for start in range(0, len(message) or 1, PACKET):
        end = start + PACKET
        place = (_FIRST if start == 0 else 0) | (_LAST if end >= len(message) else 0)
        yield bytes((place,)) + message[start:end]


def send(end: socket.socket, message: bytes) -> None:
    """Sends a message over an end that waits until there is room."""
    for packet in packets(message):
        end.send(packet)


class Inbox:
    """Puts packets together again, and forgets what is too large or was never finished."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._size = LARGEST + 1

    def take(self, packet: bytes) -> bytes | None:
        """The message that this packet completes, if it does."""
        place = packet[0]
        if place & _FIRST:
            self._parts, self._size = [], 0
        self._size += len(packet)
        if self._size > LARGEST:
            # Nothing more is kept until another message begins.
            self._parts = []
            return None
        self._parts.append(packet[1:])
        if not place & _LAST:
            return None
        message = b"".join(self._parts)
        self._parts, self._size = [], LARGEST + 1
        return message
