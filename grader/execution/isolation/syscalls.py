"""The seccomp filter: system calls that no notebook needs, and that break out of sandboxes.

Classic BPF, put together by hand as seccomp(2) describes it, so that any interpreter can
install it without a library. A call that is denied fails with an error, and nothing dies.
"""

from __future__ import annotations

import ctypes
import errno
import platform
import struct
from collections.abc import Iterator, Mapping
from functools import lru_cache

from grader.execution.isolation.system import PR_SET_SECCOMP, call

_ARCHITECTURES: Mapping[str, tuple[int, int]] = {
    # As linux/audit.h numbers them, and the column of the tables below.
    "x86_64": (0xC000003E, 0),
    "aarch64": (0xC00000B7, 1),
}
_DENIED: Mapping[str, tuple[int | None, int | None]] = {
    # Other processes' memory and descriptors.
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "process_madvise": (440, 440),
    "pidfd_getfd": (438, 438),
    "kcmp": (312, 272),
    # Mounts, roots and namespaces.
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "open_tree": (428, 428),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fspick": (433, 433),
    "mount_setattr": (442, 442),
    "unshare": (272, 97),
    "setns": (308, 268),
    "name_to_handle_at": (303, 264),
    "open_by_handle_at": (304, 265),
    "fanotify_init": (300, 262),
    # Parts of Linux from which sandboxes were left.
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    # Memory that no limit counts.
    "memfd_create": (319, 279),
    "memfd_secret": (447, 447),
    "shmget": (29, 194),
    "msgget": (68, 186),
    "mq_open": (240, 180),
    # Cores that other kernels are kept to.
    "sched_setaffinity": (203, 122),
    # The machine itself.
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "delete_module": (176, 106),
    "kexec_load": (246, 104),
    "kexec_file_load": (320, 294),
    "reboot": (169, 142),
    "swapon": (167, 224),
    "swapoff": (168, 225),
    "quotactl": (179, 60),
    "acct": (163, 89),
    "settimeofday": (164, 170),
    "clock_settime": (227, 112),
    "adjtimex": (159, 171),
    "clock_adjtime": (305, 266),
    "sethostname": (170, 161),
    "setdomainname": (171, 162),
    "vhangup": (153, 58),
    "lookup_dcookie": (212, 18),
    "personality": (135, 92),
    "iopl": (172, None),
    "ioperm": (173, None),
}
_CLONE, _CLONE3, _SOCKET, _SOCKETPAIR = (56, 220), (435, 435), (41, 198), (53, 199)
_NEW_NAMESPACES = 0x7E020080
_X32 = 0x40000000
_UNIX, _INET, _INET6, _NETLINK = 1, 2, 10, 16

_FILTER = 2
_NUMBER, _ARCHITECTURE, _FIRST_ARGUMENT = 0, 4, 16
_LOAD, _RETURN = 0x20, 0x06
_IF_EQUAL, _IF_AT_LEAST, _IF_ANY_BIT = 0x15, 0x35, 0x45
_ALLOW, _ERROR, _KILL = 0x7FFF0000, 0x00050000, 0x80000000


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p)]


def install_filter(*, inet: bool) -> None:
    """Filters this process' system calls for good; it must have no_new_privs. Raises OSError."""
    instructions = filter_program(inet=inet)
    program = _Program(len(instructions) // 8, instructions)
    call("prctl", PR_SET_SECCOMP, _FILTER, ctypes.byref(program), 0, 0)


@lru_cache
def filter_program(*, inet: bool) -> bytes:
    """The filter as an array of `struct sock_filter`.

    inet: whether internet sockets may be made, as they may where there is no network.
    Raises OSError on a processor whose system call numbers are not known here.
    """
    if platform.machine() not in _ARCHITECTURES:
        raise OSError(f"seccomp: system calls of {platform.machine()} are not known")
    architecture, column = _ARCHITECTURES[platform.machine()]
    families = (_UNIX, _INET, _INET6, _NETLINK) if inet else (_UNIX, _NETLINK)
    return b"".join(_instructions(architecture, column, families))


def _instructions(architecture: int, column: int, families: tuple[int, ...]) -> Iterator[bytes]:
    yield _step(_LOAD, _ARCHITECTURE)
    yield _step(_IF_EQUAL, architecture, yes=1)
    yield _step(_RETURN, _KILL)
    yield _step(_LOAD, _NUMBER)
    if architecture == _ARCHITECTURES["x86_64"][0]:
        yield from _if(_IF_AT_LEAST, _X32, errno.ENOSYS)
    for numbers in _DENIED.values():
        number = numbers[column]
        if number is not None:
            yield from _if(_IF_EQUAL, number, errno.EPERM)
    # A filter can't look into clone3's arguments; libc then falls back to clone.
    yield from _if(_IF_EQUAL, _CLONE3[column], errno.ENOSYS)
    yield _step(_IF_EQUAL, _CLONE[column], no=4)
    yield _step(_LOAD, _FIRST_ARGUMENT)
    yield from _if(_IF_ANY_BIT, _NEW_NAMESPACES, errno.EPERM)
    yield _step(_RETURN, _ALLOW)
    # Other families of sockets, such as vsock, are not covered by network namespaces.
    yield _step(_IF_EQUAL, _SOCKET[column], yes=1)
    yield _step(_IF_EQUAL, _SOCKETPAIR[column], no=len(families) + 2)
    yield _step(_LOAD, _FIRST_ARGUMENT)
    for place, family in enumerate(families):
        yield _step(_IF_EQUAL, family, yes=len(families) - place)
    yield _step(_RETURN, _ERROR | errno.EAFNOSUPPORT)
    yield _step(_RETURN, _ALLOW)


def _if(test: int, value: int, error: int) -> Iterator[bytes]:
    """Two instructions: where the test holds, the call fails with `error`."""
    yield _step(test, value, no=1)
    yield _step(_RETURN, _ERROR | error)


def _step(code: int, value: int, yes: int = 0, no: int = 0) -> bytes:
    return struct.pack("=HBBI", code, yes, no, value)
