"""Starts one kernel: bounds its memory, ties its life to its parent's, becomes ipykernel.

Run as a script by the interpreter that a course chose, so standard library only, Python 3.8 on.
Usage: launch.py MEMORY_BYTES [ipykernel's own arguments]
"""

import runpy
import sys


def limit_memory(size):
    try:
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (size, size))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    except (ImportError, ValueError, OSError):
        # Not every system can: `grader doctor` says so.
        pass


def die_with_parent():
    if sys.platform == "linux":
        import ctypes
        import signal

        PR_SET_PDEATHSIG = 1
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


if __name__ == "__main__":
    memory = int(sys.argv.pop(1))
    # The folder of this file has no business on a student's path.
    sys.path.pop(0)
    die_with_parent()
    limit_memory(memory)
    runpy.run_module("ipykernel_launcher", run_name="__main__", alter_sys=True)
