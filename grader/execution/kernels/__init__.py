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
        argv = [self.python, str(LAUNCHER), str(self.memory_bytes), "-f", "{connection_file}"]
        return KernelSpec(argv=argv, display_name="grader", language="python")
