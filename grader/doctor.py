"""What this machine offers: versions, kernel start, limits, and what keeps students' code apart."""

import os
import platform
import shutil
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from time import monotonic

from grader.execution import Settings, execute, warm_up
from grader.execution.isolation import (
    LAYERS,
    Confinement,
    Layer,
    confinement_here,
    problems_here,
    visible_for,
)
from grader.execution.kernels.server import can_fork
from grader.submission import Notebook

PACKAGES = ("numpy", "pandas", "pyarrow", "nbformat", "nbclient", "nbconvert", "ipykernel")
_NAMESPACES = "Linux where users may make namespaces (sysctl user.max_user_namespaces, AppArmor)"
MENDS: Mapping[Layer, str] = {
    "files": _NAMESPACES,
    "network": _NAMESPACES,
    "processes": _NAMESPACES,
    "rights": "Linux",
    "syscalls": "Linux on x86_64 or aarch64, with seccomp",
    "landlock": "Linux 5.13 or later, with lsm=landlock",
    "limits": "Linux",
}


@dataclass(frozen=True)
class Symptom:
    """One thing looked at: whether this machine has it, what was seen, and how to get it."""

    subject: str
    present: bool
    seen: str
    mend: str = ""


def examine_machine(settings: Settings) -> Iterator[Symptom]:
    """Everything that grading depends on, each thing tried rather than read from a setting."""
    yield Symptom("Python", sys.version_info >= (3, 11), platform.python_version(), "3.11 or later")
    for package in PACKAGES:
        yield _package(package)
    yield _kernel(settings)
    yield Symptom("separate processes", True, "a runner and a kernel for each submission")
    yield _memory_limit(settings)
    yield from _layers()


def _layers() -> Iterator[Symptom]:
    for layer, problem in problems_here().items():
        yield Symptom(f"sandbox: {layer}", not problem, problem or LAYERS[layer], MENDS[layer])
    enough = confinement_here((), ()).isolated
    seen = "files and network are out of reach" if enough else "files or network can be reached"
    yield Symptom("sandbox, in all", enough, seen, "grade on Linux, or with --sandbox off")


def _package(name: str) -> Symptom:
    try:
        return Symptom(name, True, version(name))
    except PackageNotFoundError:
        return Symptom(name, False, "not installed", f"pip install {name}")


def _kernel(settings: Settings) -> Symptom:
    """Starts a kernel as `grade` would: confined as far as this machine can."""
    if shutil.which(settings.python) is None:
        mend = "the path of a Python with ipykernel and numpy"
        return Symptom("kernel", False, f"{settings.python}: no interpreter is there", mend)
    mend = f"{settings.python} -m pip install ipykernel numpy"
    try:
        confined = confinement_here(visible_for(settings.python), ())
        settings = replace(settings, confinement=confined if confined.isolated else Confinement())
        warm_up(settings)
        started = monotonic()
        ran = execute(Notebook(((1, "import numpy"),)), (), settings)
    except OSError as error:
        return Symptom("kernel", False, f"{settings.python}: {error}", mend)
    seen = f"answers after {monotonic() - started:.2f} s, forked from one that is warm"
    if ran.status != "ok":
        return Symptom("kernel", False, f"{settings.python}: {ran.status}", mend)
    return Symptom("kernel", True, seen if can_fork() else f"answers after {ran.seconds:.1f} s")


def _memory_limit(settings: Settings) -> Symptom:
    if os.name == "nt" or sys.platform == "darwin":
        return Symptom("memory limit", False, "not enforced on this system", "grade on Linux")
    return Symptom("memory limit", True, f"{settings.memory_bytes / 2**30:g} GiB a kernel")
