"""Which kernel runs students' code: always ours to say, never the notebook's metadata."""

import sys
from pathlib import Path

from jupyter_client.kernelspec import KernelSpec, KernelSpecManager

LAUNCHER = Path(__file__).parent / "launch.py"
KERNEL_NAME = "grader"


class FixedKernelSpecManager(KernelSpecManager):
    """Answers every kernel name with the one kernel that the grader starts."""

    python = sys.executable
    memory_bytes = 2 * 1024**3
    isolated = False
    launcher = ""

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        """The specification of the grader's kernel, whatever the name."""
        # exit() and quit() would end the kernel some moments later, in the middle of a call.
        stay = "--IPKernelApp.exec_lines=get_ipython().ask_exit = lambda: None"
        how = "isolated" if self.isolated else "plain"
        launch = [self.python, "-c", self.launcher, str(self.memory_bytes), how]
        argv = [*launch, "-f", "{connection_file}", stay]
        return KernelSpec(argv=argv, display_name="grader", language="python")
