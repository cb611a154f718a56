"""Keeps a kernel from everything it has no business with, as far as this machine can.

What runs in the processes that are confined is handed to them as text, so the modules here use
the standard library alone. What a machine allows is found by trying, never by settings.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from functools import cache
from typing import cast

from grader.execution.isolation.confinement import LAYERS, NAMESPACES, Confinement, Layer
from grader.execution.shipped import ISOLATION, program

__all__ = ["LAYERS", "Confinement", "Layer", "confinement_here", "problems_here", "visible_for"]


def confinement_here(visible: tuple[str, ...], hidden: tuple[str, ...]) -> Confinement:
    """All layers that this machine has; without the namespaces if it has not all of them."""
    here = {layer for layer, problem in problems_here().items() if not problem}
    layers = here if here >= NAMESPACES else here - NAMESPACES
    return Confinement(frozenset(layers), visible, hidden)


@cache
def problems_here() -> Mapping[Layer, str]:
    """Why this machine lacks a layer, "" where it has it: tried in processes of their own."""
    if sys.platform != "linux":
        return dict.fromkeys(LAYERS, "only Linux has it")
    text = program((*ISOLATION, "isolation.trial"), "isolation.trial")
    with tempfile.TemporaryDirectory(prefix="grader-try-") as folder:
        command = [sys.executable, "-c", text, folder, *visible_for(sys.executable)]
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
