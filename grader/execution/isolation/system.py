"""System calls that Python has no function for, and the numbers that they take (Linux)."""

from __future__ import annotations

import ctypes
import os

_LIBC = ctypes.CDLL(None, use_errno=True)

CLONE_NEWNS = 0x00020000
CLONE_NEWCGROUP = 0x02000000
CLONE_NEWUTS = 0x04000000
CLONE_NEWIPC = 0x08000000
CLONE_NEWUSER = 0x10000000
CLONE_NEWPID = 0x20000000
CLONE_NEWNET = 0x40000000

# The same on every processor.
_PIDFD_OPEN = 434

PR_SET_PDEATHSIG = 1
PR_SET_DUMPABLE = 4
PR_SET_SECCOMP = 22
PR_CAPBSET_DROP = 24
PR_SET_CHILD_SUBREAPER = 36
PR_SET_NO_NEW_PRIVS = 38


def call(name: str, *arguments: object) -> int:
    """Calls a function of libc that returns -1 on failure; raises OSError naming it then."""
    result = int(getattr(_LIBC, name)(*arguments))
    if result == -1:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")
    return result


def pidfd_open(process: int) -> int:
    """A descriptor of a process: it can be read from once the process has ended."""
    return call("syscall", _PIDFD_OPEN, process, 0)


def prctl(option: int, value: int = 1) -> None:
    """prctl(2) with one argument."""
    call("prctl", option, value, 0, 0, 0)
