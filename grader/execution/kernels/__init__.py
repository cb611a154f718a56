"""Which kernel runs students' code: always ours to say, never the notebook's metadata."""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jupyter_client.kernelspec import KernelSpec, KernelSpecManager

LAUNCHER = Path(__file__).parent / "launch.py"
KERNEL_NAME = "grader"


def launch_command(python: str, launcher: str, share: Mapping[str, Any]) -> list[str]:
    """What starts a kernel: the launcher's text, and its share of the confinement."""
    return [python, "-c", launcher, json.dumps(share)]


class FixedKernelSpecManager(KernelSpecManager):
    """Answers every kernel name with the one kernel that the grader starts."""

    command: tuple[str, ...] = (sys.executable, "-m", "ipykernel_launcher")

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        """The specification of the grader's kernel, whatever the name."""
        # exit() and quit() would end the kernel some moments later, in the middle of a call.
        stay = "--IPKernelApp.exec_lines=get_ipython().ask_exit = lambda: None"
        argv = [*self.command, "-f", "{connection_file}", stay]
        return KernelSpec(argv=argv, display_name="grader", language="python")
