"""What a student's code can see and do where this machine isolates it: next to nothing."""

import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from grader.answer_key import AnswerKey
from grader.execution import Execution, Settings, execute
from grader.execution.isolation import Layer, confinement_here, visible_for
from grader.submission import Notebook
from tests.conftest import ROOT
from tests.processes import comes_true

CONFINED = confinement_here(visible_for(sys.executable), ())
pytestmark = pytest.mark.skipif(not CONFINED.isolated, reason="this machine does not isolate")


def isolated(key: AnswerKey, *cells: str, without: frozenset[Layer] = frozenset()) -> Execution:
    confinement = replace(CONFINED, layers=CONFINED.layers - without)
    settings = Settings(sys.executable, 20, 60, 1024**3, confinement=confinement)
    return execute(Notebook(tuple(enumerate(cells, start=1))), key.calls, settings)


def holds(key: AnswerKey, *cells: str, without: frozenset[Layer] = frozenset()) -> None:
    execution = isolated(key, "import os, subprocess, socket, sys", *cells, without=without)
    assert execution.errors == ()
    assert execution.status == "ok"


def test_no_file_of_the_project_or_of_the_user(backprop_key: AnswerKey, tmp_path: Path) -> None:
    secret = tmp_path / "canary"
    secret.write_text("secret")
    hidden = [
        ROOT / "solutions",
        ROOT / "submissions",
        ROOT / "grader",
        secret,
        Path.home() / ".ssh",
    ]
    holds(
        backprop_key,
        *(f"assert not os.path.exists({str(path)!r})" for path in hidden),
        "assert not os.path.exists('/etc/shadow')",
        "assert 'student' in open('/etc/passwd').read()",
    )


def test_the_interpreter_can_be_read_and_not_written(backprop_key: AnswerKey) -> None:
    tries = (
        "try:\n    open(sys.prefix + '/canary', 'w')\n"
        "except OSError as error:\n    assert error.errno == 30, error\n"
        "else:\n    raise AssertionError('written')"
    )
    holds(backprop_key, "import numpy", tries)
    assert not (Path(sys.prefix) / "canary").exists()


def test_no_network_but_a_loopback_of_its_own(backprop_key: AnswerKey) -> None:
    listener = __import__("socket").create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    tries = (
        f"s = socket.socket()\ntry:\n    s.connect(('127.0.0.1', {port}))\n"
        "except ConnectionRefusedError:\n    pass\nelse:\n    raise AssertionError('connected')"
    )
    with listener:
        holds(backprop_key, tries, "assert [n for _, n in socket.if_nameindex()] == ['lo']")


def test_no_other_process_can_be_seen(backprop_key: AnswerKey) -> None:
    holds(
        backprop_key,
        "others = {int(p) for p in os.listdir('/proc') if p.isdigit()} - {os.getpid()}",
        "assert others == {1}, others",
        "assert b'grader' in open('/proc/1/cmdline', 'rb').read()",
    )


def test_no_rights_are_left(backprop_key: AnswerKey) -> None:
    holds(
        backprop_key,
        "status = dict(l.split(':', 1) for l in open('/proc/self/status') if ':' in l)",
        "assert all(int(status[c], 16) == 0 for c in ('CapEff', 'CapPrm', 'CapInh', 'CapBnd'))",
        "assert status['NoNewPrivs'].strip() == '1'",
        "import ctypes\n"
        "libc = ctypes.CDLL(None, use_errno=True)\n"
        "assert libc.umount2(b'/proc', 2) == -1 and ctypes.get_errno() == 1\n"
        "assert libc.mount(b'none', b'/', None, 4096, None) == -1",
    )


def test_the_machine_s_settings_can_not_be_written(backprop_key: AnswerKey) -> None:
    """As the machine's root could without any capability, and Landlock is not everywhere."""
    tries = (
        "for name in ('core_pattern', 'modprobe', 'hostname'):\n"
        "    try:\n        open(f'/proc/sys/kernel/{name}', 'r+')\n"
        "    except OSError:\n        pass\n"
        "    else:\n        raise AssertionError(name)"
    )
    holds(backprop_key, tries, without=frozenset({"landlock"}))


def test_a_notebook_is_not_the_machine_s_root(backprop_key: AnswerKey) -> None:
    holds(
        backprop_key,
        "inside, outside, count = open('/proc/self/uid_map').read().split()",
        "assert (inside, count) == ('0', '1')",
        "assert os.stat('/proc/sys/kernel/core_pattern').st_uid == 65534",
    )


def test_it_has_so_many_processes_and_no_more(backprop_key: AnswerKey) -> None:
    forks = (
        "children = []\n"
        "try:\n"
        "    for _ in range(400):\n"
        "        child = os.fork()\n"
        "        if child == 0:\n"
        "            import time; time.sleep(20); os._exit(0)\n"
        "        children.append(child)\n"
        "except OSError:\n    pass\n"
        "for child in children:\n    os.kill(child, 9); os.waitpid(child, 0)\n"
        "assert len(children) < 256, len(children)"
    )
    holds(backprop_key, forks)


def test_it_can_not_write_into_the_process_that_watches_it(backprop_key: AnswerKey) -> None:
    tries = (
        "for file in ('mem', 'environ', 'maps'):\n"
        "    try:\n        open(f'/proc/1/{file}', 'rb').read(1)\n"
        "    except OSError:\n        pass\n"
        "    else:\n        raise AssertionError(file)"
    )
    holds(backprop_key, tries, without=frozenset({"syscalls", "landlock"}))


def test_there_is_little_room_to_write(backprop_key: AnswerKey) -> None:
    fills = (
        "written = 0\n"
        "try:\n"
        "    for n in range(10):\n"
        "        with open(f'/tmp/fill-{n}', 'wb') as f:\n"
        "            for _ in range(20):\n"
        "                written += f.write(bytes(10_000_000))\n"
        "except OSError as error:\n"
        "    print(error)\n"
        "assert written < 600_000_000, written"
    )
    holds(backprop_key, fills)


def test_daemons_end_with_the_kernel(backprop_key: AnswerKey) -> None:
    mark = f"canary-{os.getpid()}"
    leaves = f"subprocess.Popen(['setsid', 'setsid', 'sleep', '61'], env={{'MARK': {mark!r}}})"
    holds(backprop_key, leaves)
    # The verdict does not wait for what can no longer change it.
    assert comes_true(lambda: not any(mark.encode() in said for said in environments()))


def environments() -> Iterator[bytes]:
    """Those of all processes that can be looked at."""
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            with suppress(OSError):
                yield (folder / "environ").read_bytes()


def test_shells_and_terminals_work_for_those_who_use_them(backprop_key: AnswerKey) -> None:
    holds(
        backprop_key,
        "!echo hello > here && grep -q hello here",
        "import pty\nmaster, slave = pty.openpty()",
        "import multiprocessing\n"
        "with multiprocessing.get_context('fork').Pool(2) as pool:\n"
        "    assert pool.map(abs, [-1, -2]) == [1, 2]",
    )


def test_nothing_of_it_is_left_on_the_machine(backprop_key: AnswerKey) -> None:
    isolated(backprop_key, "open('/tmp/canary', 'w').write('x')")
    assert not Path("/tmp/canary").exists()
    assert f"grader-run-{os.getpid()}" not in Path("/proc/mounts").read_text()
