"""Tries the layers on this machine: `main()` prints, as JSON, why each can't be had here."""

from __future__ import annotations

import json
import os
import sys
from typing import AbstractSet

from grader.execution.isolation.confinement import LAYERS, Confinement, Layer
from grader.execution.isolation.namespaces import enter_own, enter_shared, fork_in_own_processes
from grader.execution.isolation.rights import confine

LONGEST = 200
MEMORY, CPU_SECONDS = 2 * 1024**3, 60


def main() -> None:
    """Tries all of them at once, and each by itself only where that fails."""
    folder, *visible = sys.argv[1:]
    if not _problem_with(frozenset(LAYERS), folder, visible):
        print(json.dumps(dict.fromkeys(LAYERS, "")))
        return
    found = {layer: _problem_with(frozenset((layer,)), folder, visible) for layer in LAYERS}
    print(json.dumps(found))


def _problem_with(layers: AbstractSet[Layer], folder: str, visible: list[str]) -> str:
    """Why a process can't be confined by these layers, "" where it can."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        confinement = Confinement(frozenset(layers), tuple(visible))
        _confined(confinement, folder, writer)
    os.close(writer)
    with os.fdopen(reader) as heard:
        said = heard.read()
    os.waitpid(child, 0)
    return "" if said == "done" else said or "a process ended on the way"


def _confined(confinement: Confinement, folder: str, writer: int) -> None:
    """Takes a process all the way that a kernel's goes, and says how it went."""
    said = ""
    try:
        enter_shared(confinement, folder)
        child = fork_in_own_processes("processes" in confinement.layers)
        if child == 0:
            enter_own(confinement)
            confine(confinement, "/tmp", MEMORY, CPU_SECONDS)
            said = "done"
        else:
            os.waitpid(child, 0)
    except OSError as error:
        said = str(error)
    finally:
        os.write(writer, said[:LONGEST].encode())
        os._exit(0)
