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

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        """The specification of the grader's kernel, whatever the name."""
        # exit() and quit() ask a person's front end to close; here they must not end the kernel
        # some moments later, in the middle of somebody else's call.
        stay = "--IPKernelApp.exec_lines=get_ipython().keepkernel_on_exit = True"
        launch = [self.python, str(LAUNCHER), str(self.memory_bytes)]
        argv = [*launch, "-f", "{connection_file}", stay]
        return KernelSpec(argv=argv, display_name="grader", language="python")
