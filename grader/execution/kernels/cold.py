"""Which kernel runs students' code: always ours to say, never the notebook's metadata."""

from jupyter_client.kernelspec import KernelSpec, KernelSpecManager

KERNEL_NAME = "grader"


class FixedKernelSpecManager(KernelSpecManager):
    """Answers every kernel name with the one kernel that the grader starts."""

    def __init__(self, python: str) -> None:
        super().__init__()
        self.python = python

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        """The specification of the grader's kernel, whatever the name."""
        # exit() and quit() would end the kernel some moments later, in the middle of a call.
        stay = "--IPKernelApp.exec_lines=get_ipython().ask_exit = lambda: None"
        return KernelSpec(
            argv=[self.python, "-m", "ipykernel_launcher", "-f", "{connection_file}", stay],
            display_name="grader",
            language="python",
        )
