"""Tries to isolate a process and its child, and says why not if it can't: `python -m` this."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from grader.execution.isolation import enter
from grader.execution.kernels import LAUNCHER


def tried() -> int:
    """The exit code of a process that was isolated, 1 where it could not be."""
    launcher = LAUNCHER.read_text(encoding="utf-8")
    try:
        enter(Path(folder), (sys.prefix, sys.base_prefix))
        done = subprocess.run([sys.executable, "-c", launcher, "0", "isolated", "try"])
    except OSError as error:
        print(error, file=sys.stderr)
        return 1
    return done.returncode


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="grader-try-") as folder:
        # Only a process with one thread may enter a user namespace, and numpy brought several.
        child = os.fork()
        if child == 0:
            os._exit(tried())
        _, status = os.waitpid(child, 0)
    sys.exit(os.waitstatus_to_exitcode(status))
