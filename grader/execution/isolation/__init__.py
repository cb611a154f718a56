"""Keeps a runner and its kernel from everything they have no business with, where Linux can.

`enter` is called by the runner before it starts a kernel: new user, mount, network, ipc and
uts namespaces; a private root of bounded size that shows system libraries and the interpreter,
read-only, and nothing else. The kernel's launcher adds a pid namespace, a /proc of its own, and
gives up all capabilities. Whether a machine allows it is found by trying, never by settings.
"""

import subprocess
import sys
from functools import cache
from pathlib import Path

from grader.execution.isolation.namespaces import enter_namespaces
from grader.execution.isolation.private_root import enter_private_root

__all__ = ["enter", "problem_here", "visible_for"]


def enter(mount_point: Path, visible: tuple[str, ...]) -> None:
    """Isolates this process, whose only thread this must be; what it has open stays open.

    Raises OSError where the system does not allow it. `visible` folders are seen read-only.
    """
    enter_namespaces()
    enter_private_root(mount_point, visible)


@cache
def problem_here() -> str:
    """Why this machine does not isolate, "" where it does: tried in a process of its own."""
    if sys.platform != "linux":
        return "only Linux can"
    command = [sys.executable, "-m", "grader.execution.isolation"]
    try:
        tried = subprocess.run(
            command, capture_output=True, text=True, timeout=30, stdin=subprocess.DEVNULL
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    return "" if tried.returncode == 0 else tried.stderr.strip()[-200:] or "refused"


@cache
def visible_for(python: str) -> tuple[str, ...]:
    """The folders that an interpreter needs to see: its environment and its installation."""
    said = "import sys; print(sys.prefix, sys.base_prefix, sys.base_exec_prefix, sep='\\n')"
    done = subprocess.run(
        [python, "-c", said], capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL
    )
    return tuple(dict.fromkeys(done.stdout.split("\n")[:-1]))
