"""A forked kernel, asked over a wire, runs cells as one that is started from cold does."""

import sys

import pytest

from grader.answer_key import AnswerKey
from grader.execution import Settings, execute, runners, session, settings
from grader.execution.kernels.server import can_fork
from grader.submission import Notebook
from tests.notebooks import RIGHT

SETTINGS = Settings(sys.executable, cell_seconds=20, total_seconds=90, memory_bytes=2 * 1024**3)

PLAIN = [
    "import asyncio, contextlib, inspect, io, logging, os, signal, subprocess, sys, threading",
    "sys.stdout.write('x'); sys.stdout.flush()\n"
    "assert sys.stdout.encoding.lower() == 'utf-8' and not sys.stdout.isatty()",
    "print('x', file=sys.stderr)\nprint(*range(100_000))",
    "subprocess.run([sys.executable, '-c', 'print(1)'], stdout=sys.stdout, check=True)",
    "await asyncio.sleep(0.01)",
    "task = asyncio.create_task(asyncio.sleep(0, 'done'))",
    "assert await task == 'done'",
    "%%capture out\nprint('captured')\ndisplay('shown')",
    "assert out.stdout == 'captured\\n' and len(out.outputs) == 1",
    "!echo hello",
    "listing = !echo a b\nassert list(listing) == ['a b']",
    "%%bash\necho hello",
    "%time 1 + 1\n%timeit -n1 -r1 1 + 1",
    "from IPython.display import HTML, clear_output, display\n"
    "display(HTML('<b>bold</b>'))\nclear_output(wait=True)\n"
    "handle = display('x', display_id=True)\nhandle.update('y')",
    "t = threading.Thread(target=lambda: (print('x'), display('y')))\nt.start()\nt.join()",
    "import multiprocessing\nprocess = multiprocessing.get_context('fork').Process("
    "target=print, args=('x',))\nprocess.start()\nprocess.join()\nassert process.exitcode == 0",
    "pid = os.fork()\nif pid == 0:\n    print('x')\n    os._exit(0)\n"
    "assert not os.waitpid(pid, 0)[1]",
    "os.fork()",
    "assert os.getpid()",
    "logging.basicConfig(stream=sys.stdout, force=True)\nlogging.warning('x')",
    "with contextlib.redirect_stdout(io.StringIO()) as text:\n    print('kept')\n"
    "assert text.getvalue() == 'kept\\n'",
    "41 + 1",
    "assert _ == 42 and 42 in Out.values() and In[-2] == '41 + 1'",
    "def function():\n    return 'a line'\nassert 'a line' in inspect.getsource(function)",
    "import faulthandler\nfaulthandler.enable()\nimport warnings\nwarnings.warn('careful')",
    "from comm import create_comm\ncreate_comm(target_name='nobody').close()",
    "kernel = get_ipython().kernel\nassert kernel.get_parent()['header']['msg_type']",
    "%matplotlib inline\nimport matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()",
    "%load_ext autoreload\n%autoreload 2",
    "for _ in range(100):\n    kernel.say('status', execution_state='busy')"
    " if hasattr(kernel, 'say') else None",
    "kernel.session.send(kernel.iopub_socket, 'display_data', {'of no': 'form'})",
    "assert signal.getsignal(signal.SIGINT) is signal.default_int_handler",
    "exit()",
    "get_ipython().run_cell('again = 1')\nassert again == 1",
    "get_ipython().input_transformers_post.append("
    "lambda lines: [line.replace('WORD', '7') for line in lines])",
    "assert WORD == 7",
]
RAISING = {
    "input()": "StdinNotImplementedError",
    "1 / 0": "ZeroDivisionError",
    "asyncio.run(asyncio.sleep(0))": "RuntimeError",
    "sys.exit(3)": "SystemExit",
    "raise KeyboardInterrupt": "KeyboardInterrupt",
    "print('never closed'": "SyntaxError",
    "await asyncio.wait_for(asyncio.sleep(5), 0.01)": "TimeoutError",
    "%no_such_magic": "UsageError",
    "assert sys.stdin is None": "AssertionError",
    "sys.stdout.write(b'bytes')": "TypeError",
    "get_ipython().transform_cell(1)": "AttributeError",
}


@pytest.fixture(params=["forked", "cold"])
def how(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == "forked" and not can_fork():
        pytest.skip("kernels are not forked on this system")
    if request.param == "cold":
        for module in (runners, session, settings):
            monkeypatch.setattr(module, "can_fork", lambda: False)
    return str(request.param)


def errors(key: AnswerKey, *cells: str) -> list[tuple[int, str, str]]:
    execution = execute(Notebook(tuple(enumerate(cells, start=1))), key.calls, SETTINGS)
    assert not execution.slow and not execution.deadly
    return [(error.index, error.name, error.text) for error in execution.errors]


def test_what_works_in_a_notebook_works(how: str, backprop_key: AnswerKey) -> None:
    assert errors(backprop_key, *PLAIN) == []


def test_what_raises_raises_the_same(how: str, backprop_key: AnswerKey) -> None:
    found = errors(backprop_key, PLAIN[0], *RAISING)
    assert [name for _, name, _ in found] == list(RAISING.values())


def test_what_stands_below_the_line_that_this_machine_failed_is_run(
    how: str, backprop_key: AnswerKey
) -> None:
    cells = (
        "def far_away():\n\n\n\n    import not_on_this_machine",
        "a = 1\nfar_away()\nb = 2",
        "assert b == 2",
        "try:\n    far_away()\nexcept ImportError as error:\n"
        "    raise FileNotFoundError('data.csv') from error\nc = 3",
        "assert c == 3",
        "%xmode Verbose\nopen('data.csv')\nd = 4",
        "assert d == 4",
        "await asyncio.sleep(0)\nimport asyncio",
    )
    found = errors(backprop_key, *cells)
    assert [(index, name) for index, name, _ in found] == [
        (2, "ModuleNotFoundError"),
        (4, "FileNotFoundError"),
        (6, "FileNotFoundError"),
        (8, "NameError"),
    ]


@pytest.mark.skipif(not can_fork(), reason="kernels are not forked on this system")
def test_what_is_shown_however_much_costs_nothing(backprop_key: AnswerKey) -> None:
    flood = "for number in range(30_000):\n    display(number)"
    assert errors(backprop_key, "x = 1", flood, "assert x == 1") == []


@pytest.mark.skipif(not can_fork(), reason="kernels are not forked on this system")
def test_a_notebook_that_cancels_every_task_goes_on(backprop_key: AnswerKey) -> None:
    cancel = "import asyncio\nfor task in asyncio.all_tasks():\n    task.cancel()"
    awaiting = f"{cancel}\nawait asyncio.sleep(1)"
    found = errors(backprop_key, cancel, "1", awaiting, "assert 1 == 1")
    assert [(index, name) for index, name, _ in found] == [(3, "CancelledError")]


def test_the_probe_answers_the_same(how: str, backprop_key: AnswerKey) -> None:
    cells = tuple(enumerate(RIGHT, start=1))
    answers = execute(Notebook(cells), backprop_key.calls, SETTINGS).answers
    for of_case in answers.values():
        assert {answer.kind for answer in of_case.values()} == {"returned"}
        assert {answer.after for answer in of_case.values()} == {None}
