"""Tries each layer on this machine, and prints why it lacks one, as JSON: `python -m` this."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from grader.execution.isolation import LAYERS, Confinement, Layer, enter
from grader.execution.kernels import LAUNCHER, launch_command

LONGEST = 200


def problem_with(layer: Layer) -> str:
    """Why a process can't be confined by this layer, "" where it can."""
    reader, writer = os.pipe()
    with tempfile.TemporaryDirectory(prefix="grader-try-") as folder:
        # Only a process with one thread may enter namespaces, and it never leaves them.
        child = os.fork()
        if child == 0:
            os.write(writer, _tried(Path(folder), layer)[:LONGEST].encode())
            os._exit(0)
        os.close(writer)
        with os.fdopen(reader) as heard:
            problem = heard.read()
        os.waitpid(child, 0)
    return problem


def _tried(folder: Path, layer: Layer) -> str:
    launcher = LAUNCHER.read_text(encoding="utf-8")
    try:
        _, share = enter(folder, Confinement(frozenset({layer}), (sys.prefix, sys.base_prefix)))
        kept = [share["landlock"]] if "landlock" in share else []
        command = launch_command(sys.executable, launcher, share)
        done = subprocess.run(
            [*command, "try"], pass_fds=kept, capture_output=True, text=True, timeout=20
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    return "" if done.returncode == 0 else done.stderr.strip().split("\n")[-1] or "refused"


if __name__ == "__main__":
    print(json.dumps({layer: problem_with(layer) for layer in LAYERS}))
