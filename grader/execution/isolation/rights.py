"""What one process gives up for good, before anything of the student's runs in it."""

from __future__ import annotations

import contextlib
import ctypes
import sys

from grader.execution.isolation import landlock, private_root, syscalls
from grader.execution.isolation.confinement import Confinement
from grader.execution.isolation.system import (
    PR_CAPBSET_DROP,
    PR_SET_NO_NEW_PRIVS,
    call,
    prctl,
)

MOST_PROCESSES, MOST_FILES, LARGEST_FILE = 256, 1024, 256 * 1024 * 1024
DEVICES = tuple(f"/dev/{name}" for name in ("null", "zero", "full", "ptmx", "pts", "shm"))
_CAPABILITY_VERSION_3 = 0x20080522


def prepare_to_confine(confinement: Confinement) -> None:
    """What is the same for all processes that will be forked and then confined.

    Raises OSError where the system lacks a layer.
    """
    if "syscalls" in confinement.layers:
        syscalls.filter_program(inet="network" in confinement.layers)


def confine(confinement: Confinement, scratch: str, memory: int, cpu_seconds: int) -> None:
    """Limits this process, takes its rights, and filters what it asks of the system.

    scratch: the folder that it may write to. Raises OSError where the system lacks a layer.
    """
    layers = confinement.layers
    limit(confinement, memory, cpu_seconds)
    if "rights" in layers:
        give_up_capabilities()
    if {"rights", "landlock", "syscalls"} & layers:
        prctl(PR_SET_NO_NEW_PRIVS)
    if "landlock" in layers:
        inside = "files" in layers
        readable = ("/",) if inside else (*private_root.LIBRARIES, *confinement.visible)
        writable = (scratch, *DEVICES) if inside else (scratch, "/dev/null")
        landlock.restrict(readable, writable, tcp="network" in layers)
    if "syscalls" in layers:
        syscalls.install_filter(inet="network" in layers)


def limit(confinement: Confinement, memory: int, cpu_seconds: int) -> None:
    """Limits by rlimits; memory is limited even where nothing is confined, for safety."""
    if sys.platform == "win32":
        return
    import resource

    limits = {"RLIMIT_CORE": 0, "RLIMIT_AS": memory}
    if "limits" in confinement.layers:
        limits["RLIMIT_NOFILE"] = MOST_FILES
        limits["RLIMIT_FSIZE"] = LARGEST_FILE
        limits["RLIMIT_CPU"] = cpu_seconds
        if "processes" in confinement.layers:
            # Outside a user namespace of its own this would count all that the user runs.
            limits["RLIMIT_NPROC"] = MOST_PROCESSES
    for name, most in limits.items():
        # Not every system has every limit: `grader doctor` says so.
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(getattr(resource, name), (most, most))


def give_up_capabilities() -> None:
    """No capability is left, nor can any be gained by running a program."""
    for capability in range(64):
        try:
            prctl(PR_CAPBSET_DROP, capability)
        except OSError:
            break
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
    none = (ctypes.c_uint32 * 6)()
    call("capset", header, none)
