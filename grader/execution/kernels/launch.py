"""Starts one kernel: bounds it, ties its life to its parent's, becomes ipykernel.

Run as text by the interpreter that a course chose, so standard library only, Python 3.8 on:
    python -c TEXT MEMORY_BYTES isolated|plain [ipykernel's own arguments, or `try`]
With `isolated`, the runner has made the namespaces; here a pid namespace and a /proc come in
addition, and all rights over them are given up before anything of the student's runs.
"""

import ctypes
import os
import runpy
import signal
import sys

PR_SET_PDEATHSIG, PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS = 1, 24, 38
CLONE_NEWNS, CLONE_NEWPID = 0x00020000, 0x20000000
MS_NOSUID, MS_NODEV, MS_NOEXEC = 2, 4, 8
CAPABILITY_VERSION_3 = 0x20080522
MOST_PROCESSES, MOST_FILES, LARGEST_FILE = 256, 1024, 256 * 1024 * 1024


def call(name, *arguments):
    libc = ctypes.CDLL(None, use_errno=True)
    if getattr(libc, name)(*arguments) == -1:
        number = ctypes.get_errno()
        raise OSError(number, "%s: %s" % (name, os.strerror(number)))


def limit(memory, isolated):
    try:
        import resource
    except ImportError:
        # Not every system can: `grader doctor` says so.
        return
    limits = {"RLIMIT_CORE": 0, "RLIMIT_AS": memory or resource.RLIM_INFINITY}
    if isolated:
        limits["RLIMIT_NPROC"] = MOST_PROCESSES
        limits["RLIMIT_NOFILE"] = MOST_FILES
        limits["RLIMIT_FSIZE"] = LARGEST_FILE
    for name, most in limits.items():
        try:
            resource.setrlimit(getattr(resource, name), (most, most))
        except (ValueError, OSError):
            pass


def die_with_parent():
    if sys.platform == "linux":
        call("prctl", PR_SET_PDEATHSIG, signal.SIGKILL)


def become_first_process():
    """Goes on in a child that is process 1 of its own; this one waits, and ends with it."""
    call("unshare", CLONE_NEWPID | CLONE_NEWNS)
    child = os.fork()
    if child:
        # An interrupt of the group is meant for the student's code.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        _, status = os.waitpid(child, 0)
        os._exit(os.WEXITSTATUS(status) if os.WIFEXITED(status) else 1)
    die_with_parent()
    call("mount", b"proc", b"/proc", b"proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, None)


def give_up_rights():
    call("prctl", PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    for capability in range(64):
        try:
            call("prctl", PR_CAPBSET_DROP, capability, 0, 0, 0)
        except OSError:
            break
    header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0)
    none = (ctypes.c_uint32 * 6)()
    call("capset", header, none)


if __name__ == "__main__":
    memory, isolated = int(sys.argv.pop(1)), sys.argv.pop(1) == "isolated"
    die_with_parent()
    if isolated:
        become_first_process()
        give_up_rights()
        # ipykernel would look for a parent that it can't see, and end itself.
        os.environ["JPY_PARENT_PID"] = "1"
    limit(memory, isolated)
    if sys.argv[1:] != ["try"]:
        runpy.run_module("ipykernel_launcher", run_name="__main__", alter_sys=True)
