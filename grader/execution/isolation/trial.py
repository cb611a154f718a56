"""Tries the layers on this machine: `main()` prints, as JSON, why each can't be had here."""

from __future__ import annotations

import json
import os
import socket
import sys
from typing import AbstractSet

from grader.execution.isolation.confinement import LAYERS, Confinement, Layer
from grader.execution.isolation.namespaces import (
    enter_own,
    enter_shared,
    fork_beside,
    fork_in_own_processes,
    join,
)
from grader.execution.isolation.rights import confine
from grader.execution.isolation.system import pidfd_open

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
        alone = "processes" in confinement.layers
        ours, theirs = socket.socketpair()
        child = fork_in_own_processes(alone)
        if child == 0:
            ours.close()
            enter_own(confinement)
            theirs.send(b"!")
            if alone:
                # What is made is there for as long as this process.
                theirs.recv(1)
                os._exit(0)
        theirs.close()
        if child and not alone:
            os.waitpid(child, 0)
        elif not child or (ours.recv(1) and _beside(child, confinement)):
            confine(confinement, "/tmp", MEMORY, CPU_SECONDS)
            said = "done"
    except OSError as error:
        said = str(error)
    finally:
        os.write(writer, said[:LONGEST].encode())
        os._exit(0)


def _beside(supervisor: int, confinement: Confinement) -> bool:
    """Forks a process into the namespaces of another: true there, in the end false here."""
    descriptor = pidfd_open(supervisor)
    child = fork_beside(descriptor)
    if child == 0:
        join(descriptor, confinement)
        return True
    os.waitpid(child, 0)
    return False
