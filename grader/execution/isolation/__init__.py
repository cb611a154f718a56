"""Keeps a runner and its kernel from everything they have no business with, as far as Linux can.

`enter` is called by the runner before it starts a kernel, and says what the kernel's launcher
must add: a process can give up only its own rights. What a machine allows is found by trying.
"""

import base64
import json
import subprocess
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, cast

from grader.execution.isolation import landlock
from grader.execution.isolation.confinement import LAYERS, NAMESPACES, Confinement, Layer
from grader.execution.isolation.namespaces import enter_namespaces
from grader.execution.isolation.private_root import LIBRARIES, enter_private_root
from grader.execution.isolation.syscalls import filter_program

__all__ = [
    "LAYERS", "Confinement", "Layer", "confinement_here", "enter", "problems_here", "visible_for",
]  # fmt: skip


def enter(scratch: Path, confinement: Confinement) -> tuple[Path, dict[str, Any]]:
    """Confines this process, whose only thread this must be; what it has open stays open.

    Returns where the scratch folder is seen from now on, and the launcher's share of the work.
    Raises OSError where the system does not allow it.
    """
    layers = confinement.layers
    if layers & NAMESPACES:
        enter_namespaces(layers)
    if "files" in layers:
        enter_private_root(scratch, confinement)
        scratch = Path("/tmp")
    share: dict[str, Any] = {"layers": sorted(layers)}
    if "syscalls" in layers:
        program = filter_program(inet="network" in layers)
        share["filter"] = base64.b64encode(program).decode("ascii")
    if "landlock" in layers:
        inside = "files" in layers
        seen = ("/",) if inside else (*LIBRARIES, *confinement.visible)
        devices = (f"/dev/{name}" for name in ("null", "zero", "full", "ptmx", "pts", "shm"))
        writable = (str(scratch), *devices) if inside else (str(scratch), "/dev/null")
        share["landlock"] = landlock.ruleset(
            map(Path, seen), map(Path, writable), tcp="network" in layers
        )
    return scratch, share


def confinement_here(visible: tuple[str, ...], hidden: tuple[str, ...]) -> Confinement:
    """All layers that this machine has; without the namespaces if it has not all of them."""
    here = {layer for layer, problem in problems_here().items() if not problem}
    layers = here if here >= NAMESPACES else here - NAMESPACES
    return Confinement(frozenset(layers), visible, hidden)


@cache
def problems_here() -> Mapping[Layer, str]:
    """Why this machine lacks a layer, "" where it has it: each is tried in a process of its own."""
    if sys.platform != "linux":
        return dict.fromkeys(LAYERS, "only Linux has it")
    command = [sys.executable, "-m", "grader.execution.isolation"]
    try:
        tried = subprocess.run(
            command, capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL
        )
        return cast(Mapping[Layer, str], json.loads(tried.stdout))
    except (OSError, ValueError, subprocess.TimeoutExpired) as error:
        return dict.fromkeys(LAYERS, f"trying it failed ({error})")


@cache
def visible_for(python: str) -> tuple[str, ...]:
    """The folders that an interpreter needs to see: its environment and its installation."""
    said = "import sys; print(sys.prefix, sys.base_prefix, sys.base_exec_prefix, sep='\\n')"
    done = subprocess.run(
        [python, "-c", said], capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL
    )
    return tuple(dict.fromkeys(done.stdout.split("\n")[:-1]))
