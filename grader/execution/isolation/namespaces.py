"""Namespaces: first those that all kernels of a warm process share, then those of each kernel."""

from __future__ import annotations

import fcntl
import os
import signal
import socket
import struct
from pathlib import Path

from grader.execution.isolation import private_root, system
from grader.execution.isolation.confinement import NAMESPACES, Confinement

NOBODY = 65534
_SIOCGIFFLAGS, _SIOCSIFFLAGS, _IFF_UP = 0x8913, 0x8914, 1


def enter_shared(confinement: Confinement, mount_point: str) -> None:
    """Moves this process, whose only thread this must be, out of sight of the machine's files.

    It goes on in a child, as root of a user namespace in which it owns nothing but itself. The
    machine's root becomes nobody first: it could write to /proc/sys without any capability, and
    no limit on processes would hold for it. Raises OSError where the system does not allow it.
    """
    if not confinement.layers & NAMESPACES:
        return
    if _may_mount():
        if "files" in confinement.layers:
            private_root.enter(Path(mount_point), confinement)
        become_nobody()
        _enter_user_namespace(system.CLONE_NEWNS)
    else:
        _enter_user_namespace(system.CLONE_NEWNS)
        if "files" in confinement.layers:
            private_root.enter(Path(mount_point), confinement)
    if "processes" in confinement.layers:
        _go_on_as_process_one()


def _go_on_as_process_one() -> None:
    """Only where a pid namespace is its own may a process make another for each of its children."""
    system.call("unshare", system.CLONE_NEWPID)
    parent = os.getpid()
    child = os.fork()
    if child:
        _, status = os.waitpid(child, 0)
        os._exit(os.WEXITSTATUS(status) if os.WIFEXITED(status) else 1)
    system.prctl(system.PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() not in (0, parent):
        os._exit(1)


def _may_mount() -> bool:
    """Whether this is the machine's root, with its rights; it has mounts of its own then."""
    if os.geteuid() != 0:
        return False
    try:
        system.call("unshare", system.CLONE_NEWNS)
    except PermissionError:
        return False
    return True


def become_nobody() -> None:
    """Gives up the machine's root for good."""
    os.setgroups([])
    os.setresgid(NOBODY, NOBODY, NOBODY)
    os.setresuid(NOBODY, NOBODY, NOBODY)
    # Without this, the files of this process in /proc would stay root's.
    system.prctl(system.PR_SET_DUMPABLE)


def _enter_user_namespace(more: int = 0) -> None:
    user, group = os.geteuid(), os.getegid()
    system.call("unshare", system.CLONE_NEWUSER | more)
    # At once and unbuffered, as these files ask for; and pathlib would cost each kernel more.
    maps = {"setgroups": "deny", "uid_map": f"0 {user} 1", "gid_map": f"0 {group} 1"}
    for name, said in maps.items():
        with open(f"/proc/self/{name}", "wb", buffering=0) as file:
            file.write(said.encode())


def fork_in_own_processes(own: bool) -> int:
    """os.fork(); if `own`, the child is process 1 of a pid namespace of its own."""
    return _forked("unshare", system.CLONE_NEWPID) if own else os.fork()


def fork_beside(process: int) -> int:
    """os.fork(), the child being in the pid namespace of the process with that descriptor."""
    return _forked("setns", process, system.CLONE_NEWPID)


def _forked(entering: str, *arguments: int) -> int:
    """os.fork(), with the child in the pid namespace that a system call enters."""
    back = os.open("/proc/self/ns/pid", os.O_RDONLY | os.O_CLOEXEC)
    child = -1
    try:
        system.call(entering, *arguments)
        child = os.fork()
        return child
    finally:
        if child != 0:
            system.call("setns", back, system.CLONE_NEWPID)
        os.close(back)


def enter_own(confinement: Confinement) -> None:
    """The namespaces of one kernel: what it mounts, sends and counts is its own."""
    if not confinement.layers & NAMESPACES:
        return
    system.call("unshare", _spaces(confinement))
    private_root.mount_own(confinement)
    if "network" in confinement.layers:
        socket.sethostname("notebook")
        _raise_loopback()
    # Limits on processes are counted by user and user namespace; and mounts stay the outer one's.
    _enter_user_namespace()


def join(process: int, confinement: Confinement) -> None:
    """Enters those that the process with that descriptor has made its own, but for processes.

    The caller must have one thread only.
    """
    system.call("setns", process, _spaces(confinement))
    system.call("setns", process, system.CLONE_NEWUSER)


def _spaces(confinement: Confinement) -> int:
    if "network" not in confinement.layers:
        return system.CLONE_NEWNS
    others = system.CLONE_NEWIPC | system.CLONE_NEWUTS | system.CLONE_NEWCGROUP
    return system.CLONE_NEWNS | system.CLONE_NEWNET | others


def _raise_loopback() -> None:
    """Notebooks may talk to themselves over 127.0.0.1; there is no other network in here."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        request = struct.pack("16sH14s", b"lo", 0, b"")
        answer = fcntl.ioctl(any_socket, _SIOCGIFFLAGS, request)
        flags = struct.unpack("16sH14s", answer)[1]
        request = struct.pack("16sH14s", b"lo", flags | _IFF_UP, b"")
        fcntl.ioctl(any_socket, _SIOCSIFFLAGS, request)
