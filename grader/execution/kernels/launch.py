"""Starts one kernel: confines it, watches over it, ties its life to its parent's.

Run as text by the interpreter that a course chose, so standard library only, Python 3.8 on:
    python -c TEXT SHARE [ipykernel's own arguments, or `try`]
SHARE is JSON: the layers that are on, and what they need. The runner has made the namespaces;
here come a pid namespace, a /proc, limits, Landlock, the filter, and rights are given up, all
before anything of the student's runs.
"""

import base64
import ctypes
import json
import os
import runpy
import signal
import sys

PR_SET_PDEATHSIG, PR_SET_SECCOMP, PR_CAPBSET_DROP = 1, 22, 24
PR_SET_CHILD_SUBREAPER, PR_SET_NO_NEW_PRIVS, SECCOMP_MODE_FILTER = 36, 38, 2
CLONE_NEWNS, CLONE_NEWPID = 0x00020000, 0x20000000
MS_NOSUID, MS_NODEV, MS_NOEXEC = 2, 4, 8
CAPABILITY_VERSION_3 = 0x20080522
LANDLOCK_RESTRICT_SELF = 446
MOST_PROCESSES, MOST_FILES, LARGEST_FILE = 256, 1024, 256 * 1024 * 1024
SECONDS_BETWEEN_LOOKS = 0.05


def call(name, *arguments):
    libc = ctypes.CDLL(None, use_errno=True)
    if getattr(libc, name)(*arguments) == -1:
        number = ctypes.get_errno()
        raise OSError(number, "%s: %s" % (name, os.strerror(number)))


def limit(share):
    try:
        import resource
    except ImportError:
        # Not every system can: `grader doctor` says so.
        return
    limits = {"RLIMIT_CORE": 0, "RLIMIT_AS": share.get("memory") or resource.RLIM_INFINITY}
    if "limits" in share["layers"]:
        limits["RLIMIT_NOFILE"] = MOST_FILES
        limits["RLIMIT_FSIZE"] = LARGEST_FILE
        limits["RLIMIT_CPU"] = share.get("cpu_seconds") or resource.RLIM_INFINITY
        if "processes" in share["layers"]:
            # Outside a user namespace this would count all that the user runs.
            limits["RLIMIT_NPROC"] = MOST_PROCESSES
    for name, most in limits.items():
        try:
            resource.setrlimit(getattr(resource, name), (most, most))
        except (ValueError, OSError):
            pass


def die_with_parent():
    if sys.platform == "linux":
        call("prctl", PR_SET_PDEATHSIG, signal.SIGKILL)


def enter_pid_namespace():
    """Goes on in a child that is process 1 of its own; this one waits, and ends with it."""
    call("unshare", CLONE_NEWPID | CLONE_NEWNS)
    child = os.fork()
    if child:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        _, status = os.waitpid(child, 0)
        os._exit(exit_code(status))
    die_with_parent()
    call("mount", b"proc", b"/proc", b"proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, None)


def leave_process_group():
    """Goes on in a child that a kill of the whole group spares: it has daemons to end then."""
    child = os.fork()
    if child:
        signal.signal(signal.SIGINT, lambda *_: os.killpg(child, signal.SIGINT))
        _, status = os.waitpid(child, 0)
        os._exit(exit_code(status))
    os.setsid()


def exit_code(status):
    return os.WEXITSTATUS(status) if os.WIFEXITED(status) else 128 + os.WTERMSIG(status)


def go_on_in_a_child(share):
    """The student's code runs in the child; this process watches, and takes all down at the end."""
    own_namespace = "processes" in share["layers"]
    if not own_namespace:
        call("prctl", PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})
    child = os.fork()
    if not child:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGCHLD})
        die_with_parent()
        return
    # An interrupt of the group is meant for the student's code.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    code = watched(child, share.get("memory") if "limits" in share["layers"] else None)
    if not own_namespace:
        kill_descendants()
    os._exit(code)


def watched(child, memory):
    """The child's exit code; 137 if all took more than `memory` bytes, or the parent is gone."""
    parent = os.getppid()
    while os.getppid() == parent:
        signal.sigtimedwait({signal.SIGCHLD}, SECONDS_BETWEEN_LOOKS)
        while True:
            try:
                ended, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return 0
            if ended == child:
                return exit_code(status)
            if not ended:
                break
        if memory and resident() > memory and resident(shared_once=True) > memory:
            break
    return 137


def processes():
    """All below this process but not itself, by /proc: parents come from its `status` files."""
    parents = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open("/proc/%s/stat" % name) as said:
                    parents[int(name)] = int(said.read().rsplit(")", 1)[1].split()[1])
            except (OSError, ValueError, IndexError):
                pass
    found, fresh = set(), {os.getpid()}
    while fresh:
        fresh = {process for process, parent in parents.items() if parent in fresh} - found
        found |= fresh
    return found


def resident(shared_once=False):
    """Bytes of memory that belong to the student's processes."""
    kibibytes = 0
    wanted = ("Pss_Anon:", "Pss_Shmem:") if shared_once else ("RssAnon:", "RssShmem:")
    file = "/proc/%d/smaps_rollup" if shared_once else "/proc/%d/status"
    for process in processes():
        try:
            with open(file % process) as said:
                for line in said:
                    if line.startswith(wanted):
                        kibibytes += int(line.split()[1])
        except (OSError, ValueError):
            pass
    return 1024 * kibibytes


def kill_descendants():
    """Until none is left: whoever leaves its parent becomes a child of this process."""
    for _ in range(1000):
        left = processes()
        if not left:
            return
        for process in left:
            try:
                os.kill(process, signal.SIGKILL)
            except OSError:
                pass
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            pass


def give_up_rights():
    for capability in range(64):
        try:
            call("prctl", PR_CAPBSET_DROP, capability, 0, 0, 0)
        except OSError:
            break
    header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0)
    none = (ctypes.c_uint32 * 6)()
    call("capset", header, none)


class Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p)]


def confine(share):
    layers = share["layers"]
    limit(share)
    if "rights" in layers:
        give_up_rights()
    if {"rights", "landlock", "syscalls"} & set(layers):
        call("prctl", PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    if "landlock" in layers:
        call("syscall", LANDLOCK_RESTRICT_SELF, share["landlock"], 0)
        os.close(share["landlock"])
    if "syscalls" in layers:
        instructions = base64.b64decode(share["filter"])
        program = Program(len(instructions) // 8, instructions)
        call("prctl", PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(program), 0, 0)


def main():
    share = json.loads(sys.argv.pop(1))
    die_with_parent()
    if "processes" in share["layers"]:
        enter_pid_namespace()
    elif share["layers"]:
        leave_process_group()
    if share["layers"]:
        go_on_in_a_child(share)
        # ipykernel would look for a parent that it can't see, and end itself.
        os.environ["JPY_PARENT_PID"] = "1"
    confine(share)
    if sys.argv[1:] != ["try"]:
        runpy.run_module("ipykernel_launcher", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
