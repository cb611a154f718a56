"""A root folder that holds nothing but what Python needs, all of it read-only."""

from __future__ import annotations

import errno
import os
import platform
import struct
from pathlib import Path, PurePath

from grader.execution.isolation.confinement import Confinement
from grader.execution.isolation.system import call

SKELETON_ROOM = "size=4m,nr_inodes=4k,mode=755"
NO_ROOM = "size=4k,nr_inodes=1k,mode=755"
SCRATCH_ROOM = "size=512m,nr_inodes=20k,mode=1777"
SHARED_MEMORY_ROOM = "size=128m,nr_inodes=1k,mode=1777"
SCRATCH = "/tmp"
LIBRARIES = (
    "/usr", "/lib", "/lib32", "/lib64", "/bin", "/sbin",
    "/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d", "/etc/fonts",
    "/etc/localtime", "/etc/alternatives", "/etc/mime.types",
)  # fmt: skip
DEVICES = ("null", "zero", "full", "random", "urandom")
PIVOT_ROOT = {"x86_64": 155, "aarch64": 41, "riscv64": 41}

MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC = 1, 2, 4, 8
MS_REMOUNT, MS_BIND, MS_REC, MS_PRIVATE = 32, 4096, 16384, 1 << 18
MNT_DETACH = 2
MOUNT_SETATTR, AT_FDCWD, AT_RECURSIVE = 442, -100, 0x8000


def enter(mount_point: Path, confinement: Confinement) -> None:
    """Makes a root on a bounded tmpfs at `mount_point`, and moves this process into it."""
    mount("none", "/", None, MS_REC | MS_PRIVATE)
    mount("tmpfs", str(mount_point), "tmpfs", MS_NOSUID | MS_NODEV, SKELETON_ROOM)
    for folder in ("tmp", "dev/pts", "dev/shm", "proc", "etc"):
        (mount_point / folder).mkdir(parents=True)
    _show_all(mount_point, confinement)
    for name in DEVICES:
        _bind(Path("/dev") / name, mount_point / "dev" / name, MS_NOSUID)
    # Each kernel puts a /proc of its own over this one. Linux lets it do so only where the one
    # that is there can be seen in full.
    mount("/proc", str(mount_point / "proc"), None, MS_BIND | MS_REC)
    (mount_point / "dev/ptmx").symlink_to("pts/ptmx")
    (mount_point / "etc/passwd").write_text("student:x:0:0:student:/tmp:/bin/sh\n")
    os.chdir(mount_point)
    number = PIVOT_ROOT.get(platform.machine())
    if number is None:
        raise OSError(f"pivot_root: not known on {platform.machine()}")
    call("syscall", number, b".", b".")
    call("umount2", b".", MNT_DETACH)
    os.chdir("/")
    mount("none", "/", None, MS_REMOUNT | MS_RDONLY | MS_NOSUID | MS_NODEV)
    _mount_scratch(confinement)


def mount_own(confinement: Confinement) -> None:
    """What one kernel has to itself: room to write, shared memory, terminals, its processes."""
    if "files" in confinement.layers:
        _mount_scratch(confinement)
        mount("tmpfs", "/dev/shm", "tmpfs", MS_NOSUID | MS_NODEV, SHARED_MEMORY_ROOM)
        options = "newinstance,ptmxmode=0666,mode=620"
        mount("devpts", "/dev/pts", "devpts", MS_NOSUID | MS_NOEXEC, options)
    if "processes" in confinement.layers:
        mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC)
        mount("/proc/sys", "/proc/sys", None, MS_BIND)
        _restrict("/proc/sys", MS_RDONLY)


def _mount_scratch(confinement: Confinement) -> None:
    """An empty /tmp; but an interpreter may lie in there, and stays in sight."""
    lying_there = [path for path in confinement.visible if _lies_in(path, SCRATCH)]
    kept = [os.open(path, os.O_PATH | os.O_CLOEXEC) for path in lying_there]
    mount("tmpfs", SCRATCH, "tmpfs", MS_NOSUID | MS_NODEV, SCRATCH_ROOM)
    for path, descriptor in zip(lying_there, kept):
        os.makedirs(path, exist_ok=True)
        mount(f"/proc/self/fd/{descriptor}", path, None, MS_BIND | MS_REC)
        os.close(descriptor)


def _show_all(root: Path, confinement: Confinement) -> None:
    """Outer folders first, so that what lies deeper has the last word, shown or hidden."""
    shown = dict.fromkeys((*LIBRARIES, *confinement.visible), True)
    hidden = dict.fromkeys(confinement.hidden, False)
    emptied = []
    for name, is_shown in sorted({**hidden, **shown}.items(), key=lambda item: item[0].count("/")):
        target = _inside(root, Path(name))
        if is_shown:
            show(Path(name), root)
        elif target.is_dir() and any(_lies_in(name, outer) for outer in shown):
            mount("tmpfs", str(target), "tmpfs", MS_NOSUID | MS_NODEV, NO_ROOM)
            emptied.append(target)
    for target in emptied:
        mount("none", str(target), None, MS_REMOUNT | MS_RDONLY | MS_NOSUID | MS_NODEV)


def _lies_in(name: str, outer: str) -> bool:
    return PurePath(outer) in (PurePath(name), *PurePath(name).parents)


def _inside(root: Path, path: Path) -> Path:
    return root / str(path).lstrip("/")


def show(path: Path, root: Path) -> None:
    """Shows a file or folder of the machine in the new root, at the same place, read-only."""
    target = _inside(root, path)
    if not path.exists() or path == Path("/") or target.exists() or target.is_symlink():
        return
    if path.is_symlink():
        target.parent.mkdir(parents=True, exist_ok=True)
        target.symlink_to(os.readlink(path))
        show(path.resolve(), root)
        return
    _bind(path, target, MS_RDONLY | MS_NOSUID | MS_NODEV)


def _bind(source: Path, target: Path, flags: int) -> None:
    if source.is_dir():
        target.mkdir(parents=True, exist_ok=True)
    else:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.touch()
    mount(str(source), str(target), None, MS_BIND | MS_REC)
    _restrict(str(target), flags)


def _restrict(target: str, flags: int) -> None:
    """Sets flags on a mount and on all that are mounted below it; MOUNT_ATTR_* equal MS_* here."""
    attributes = struct.pack("=QQQQ", flags, 0, 0, 0)
    try:
        call("syscall", MOUNT_SETATTR, AT_FDCWD, os.fsencode(target), AT_RECURSIVE, attributes, 32)
    except OSError as error:
        if error.errno != errno.ENOSYS:
            raise
        mount("none", target, None, MS_BIND | MS_REMOUNT | flags)


def mount(source: str, target: str, kind: str | None, flags: int, options: str = "") -> None:
    """mount(2); raises OSError naming the target."""
    try:
        call(
            "mount",
            source.encode(),
            target.encode(),
            kind.encode() if kind else None,
            flags,
            options.encode() if options else None,
        )
    except OSError as error:
        raise OSError(error.errno, f"{error.strerror} ({kind or source} on {target})") from None
