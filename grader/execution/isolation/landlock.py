"""Landlock: what a process may reach of the files that it sees, by rules it can't take back.

The numbers are those of linux/landlock.h; what the running kernel does not know is left out.
"""

from __future__ import annotations

import ctypes
import os
import stat
import struct
from collections.abc import Iterable

from grader.execution.isolation.system import call

_CREATE, _ADD_RULE, _RESTRICT_SELF, _VERSION, _BENEATH = 444, 445, 446, 1, 1

_EXECUTE, _WRITE, _READ, _LIST, _TRUNCATE, _IOCTL = 1, 2, 4, 8, 1 << 14, 1 << 15
_FILE_RIGHTS = _EXECUTE | _WRITE | _READ | _TRUNCATE | _IOCTL
_RIGHTS_BY_VERSION = {1: (1 << 13) - 1, 2: 1 << 13, 3: _TRUNCATE, 5: _IOCTL}
_TCP, _SCOPES = 3, 3
_TCP_SINCE, _SCOPES_SINCE = 4, 6
_NO_DEVICES = ~(1 << 6 | 1 << 11)


def version() -> int:
    """Which version of Landlock the running kernel has, 0 if none."""
    try:
        return call("syscall", _CREATE, None, ctypes.c_size_t(0), _VERSION)
    except OSError:
        return 0


def restrict(readable: Iterable[str], writable: Iterable[str], *, tcp: bool) -> None:
    """Leaves this process these paths, and for TCP what `tcp` says; it must have no_new_privs.

    Signals and abstract sockets end at its border. Paths that are not there are passed over.
    Raises OSError where the kernel has no Landlock.
    """
    known = version()
    if not known:
        raise OSError("the kernel has no Landlock")
    files = sum(bits for since, bits in _RIGHTS_BY_VERSION.items() if since <= known)
    network = _TCP if known >= _TCP_SINCE and not tcp else 0
    scopes = _SCOPES if known >= _SCOPES_SINCE else 0
    handled = struct.pack("=QQQ", files, network, scopes)
    size = 8 if known < _TCP_SINCE else 16 if known < _SCOPES_SINCE else 24
    rules = call("syscall", _CREATE, handled, ctypes.c_size_t(size), 0)
    try:
        for path in readable:
            _allow(rules, path, files & (_EXECUTE | _READ | _LIST))
        for path in writable:
            _allow(rules, path, files & _NO_DEVICES)
        call("syscall", _RESTRICT_SELF, rules, 0)
    finally:
        os.close(rules)


def _allow(rules: int, path: str, rights: int) -> None:
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        rights = rights if stat.S_ISDIR(os.fstat(place).st_mode) else rights & _FILE_RIGHTS
        call("syscall", _ADD_RULE, rules, _BENEATH, struct.pack("=Qi", rights, place), 0)
    finally:
        os.close(place)
