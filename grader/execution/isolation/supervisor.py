"""Watches over one kernel, from a process above it: passes interrupts on, and ends it for good.

Where there is a pid namespace this is its process 1, and when it ends, all in it is dead.
Elsewhere whatever leaves its parent becomes a child of this process, which kills them all.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
from typing import NoReturn

INTERRUPT = b"i"
KILLED = 137
MILLISECONDS_BETWEEN_LOOKS = 50


def supervise(
    kernel: int, end: int, line: socket.socket, memory: int | None, alone: bool
) -> NoReturn:
    """Ends with the kernel, or when `line` closes, or when more than `memory` bytes are used.

    kernel: its process id. end: a descriptor of it. line: INTERRUPT comes in, the kernel's exit
    code goes out as one byte: KILLED where it is not this process's child.
    alone: this is process 1 of a pid namespace, with the kernel in it.
    """
    # An interrupt from outside comes over the line, and goes to the student's group alone.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    code = _watched(kernel, end, line, memory, alone)
    if alone:
        _kill_all_others(end)
    else:
        _kill_descendants()
    with contextlib.suppress(OSError):
        line.send(bytes([code]))
    os._exit(code)


def _watched(kernel: int, end: int, line: socket.socket, memory: int | None, alone: bool) -> int:
    poll = select.poll()
    poll.register(end, select.POLLIN)
    poll.register(line, select.POLLIN)
    while True:
        happened = {descriptor for descriptor, _ in poll.poll(MILLISECONDS_BETWEEN_LOOKS)}
        code = _reaped(kernel)
        if end in happened:
            return KILLED if code is None else code
        if line.fileno() in happened and not _obeyed(line, kernel):
            return KILLED
        if memory and _resident(alone) > memory and _resident(alone, shared_once=True) > memory:
            return KILLED


def _obeyed(line: socket.socket, kernel: int) -> bool:
    """Does what is asked over the line; False where nobody is there any more."""
    try:
        asked = line.recv(64)
    except OSError:
        return False
    if INTERRUPT in asked:
        with contextlib.suppress(OSError):
            os.killpg(kernel, signal.SIGINT)
    return bool(asked)


def _reaped(kernel: int) -> int | None:
    """Buries the dead; the kernel's exit code once it is among them."""
    while True:
        try:
            ended, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return None
        if not ended:
            return None
        if ended == kernel:
            if os.WIFEXITED(status):
                return os.WEXITSTATUS(status)
            return 128 + os.WTERMSIG(status)


def descendants() -> set[int]:
    """All below this process but not itself."""
    parents = {}
    for process in _processes():
        with contextlib.suppress(OSError), open(f"/proc/{process}/stat") as said:
            parents[process] = int(said.read().rsplit(")", 1)[1].split()[1])
    found: set[int] = set()
    fresh = {os.getpid()}
    while fresh:
        fresh = {process for process, parent in parents.items() if parent in fresh} - found
        found |= fresh
    return found


def _processes() -> list[int]:
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]


def _resident(alone: bool, shared_once: bool = False) -> int:
    """Bytes of memory that belong to the student's processes."""
    wanted = ("Pss_Anon:", "Pss_Shmem:") if shared_once else ("RssAnon:", "RssShmem:")
    file = "smaps_rollup" if shared_once else "status"
    kibibytes = 0
    for process in {*_processes()} - {os.getpid()} if alone else descendants():
        with contextlib.suppress(OSError), open(f"/proc/{process}/{file}") as said:
            kibibytes += sum(int(line.split()[1]) for line in said if line.startswith(wanted))
    return 1024 * kibibytes


def _kill_all_others(end: int) -> None:
    """In a pid namespace of its own; they would die with this process, but a moment later."""
    with contextlib.suppress(OSError):
        os.kill(-1, signal.SIGKILL)
    with contextlib.suppress(ChildProcessError):
        while True:
            os.waitpid(-1, 0)
    # The kernel may be another's child.
    ended = select.poll()
    ended.register(end, select.POLLIN)
    ended.poll()


def _kill_descendants() -> None:
    """Until none is left: some may fork while others are killed."""
    for _ in range(1000):
        left = descendants()
        if not left:
            return
        for process in left:
            with contextlib.suppress(OSError):
                os.kill(process, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
