"""Real notebooks in real kernels: what runs, how it ends, and what is still asked afterwards."""

import os
import sys
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from grader.answer_key import AnswerKey
from grader.execution import Execution, Leaf, Settings, execute, session
from grader.execution.isolation import Confinement, confinement_here, visible_for
from grader.execution.kernels.server import can_fork
from grader.execution.runners import dismiss
from grader.execution.session import NotStarted
from grader.submission import Notebook
from tests.notebooks import IMPORTS, LINEAR, RELU, RIGHT, SIGMOID

SETTINGS = Settings(sys.executable, cell_seconds=3, total_seconds=40, memory_bytes=2 * 1024**3)
CONFINED = confinement_here(visible_for(sys.executable), ())


@pytest.fixture(autouse=True, params=["plain", "isolated"])
def how(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every test here holds with isolation and without it."""
    if request.param == "isolated" and not CONFINED.isolated:
        pytest.skip("this machine does not isolate")
    confinement = CONFINED if request.param == "isolated" else Confinement()
    chosen = replace(SETTINGS, confinement=confinement)
    monkeypatch.setattr(sys.modules[__name__], "SETTINGS", chosen)


@contextmanager
def kept_to(cores: Collection[int]) -> Iterator[None]:
    """This process keeps to those cores meanwhile, as do runners that are started for it."""
    usual = os.sched_getaffinity(0)
    dismiss()
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, usual)
        dismiss()


def run(key: AnswerKey, *cells: str, **changes: Any) -> Execution:
    notebook = Notebook(tuple(enumerate(cells, start=1)))
    return execute(notebook, key.calls, replace(SETTINGS, **changes))


def kinds(execution: Execution) -> dict[str, set[str]]:
    return {task: {a.kind for a in answers.values()} for task, answers in execution.answers.items()}


ALL_RETURNED = {
    "linear_backward": {"returned"},
    "relu_backward": {"returned"},
    "sigmoid_backward": {"returned"},
}


def test_a_right_notebook_answers_everything(backprop_key: AnswerKey) -> None:
    execution = run(backprop_key, *RIGHT)
    assert execution.status == "ok"
    assert kinds(execution) == ALL_RETURNED


@pytest.mark.skipif(not can_fork(), reason="kernels are children of this process here")
def test_a_kernel_runs_on_the_cores_of_whoever_asks_for_it(backprop_key: AnswerKey) -> None:
    usual = sorted(os.sched_getaffinity(0))
    for cores in (usual[-1:], usual):
        with kept_to(cores):
            execution = run(backprop_key, "import os\nraise ValueError(os.sched_getaffinity(0))")
        assert [error.text for error in execution.errors] == [str(set(cores))]


def test_a_cell_that_raises_does_not_stop_the_rest(backprop_key: AnswerKey) -> None:
    execution = run(backprop_key, IMPORTS, "1 / 0", LINEAR, "input()", RELU, SIGMOID, "nothing")
    assert execution.status == "errors"
    assert kinds(execution) == ALL_RETURNED
    found = [(error.index, error.name) for error in execution.errors]
    assert found == [(2, "ZeroDivisionError"), (4, "StdinNotImplementedError"), (7, "NameError")]


def test_a_cell_that_can_not_be_taken_apart_costs_only_itself(backprop_key: AnswerKey) -> None:
    """IPython itself gives such a cell up."""
    magics = "np.dot?\n" * 501 + "1 / 0"
    cells = (IMPORTS, magics, LINEAR, RELU, SIGMOID)
    execution = run(backprop_key, *cells, cell_seconds=30, total_seconds=90)
    assert [(error.index, error.name) for error in execution.errors] == [(2, "RuntimeError")]
    assert kinds(execution) == ALL_RETURNED


def test_a_deadly_cell_is_not_taken_apart_by_the_judge(backprop_key: AnswerKey) -> None:
    """IPython reads such a cell once for each of its magics: it would be at that for minutes."""
    deadly = "!true\n" * 490 + "x = 1\n" * 20_000
    kills = "get_ipython().transform_cell = lambda *_, **__: __import__('os')._exit(1)"
    execution = run(backprop_key, IMPORTS, kills, deadly, total_seconds=10)
    assert execution.deadly == (3,)
    assert execution.seconds < 20


def test_a_missing_module_costs_only_its_own_import(backprop_key: AnswerKey) -> None:
    imports = "import h5py_is_not_here\nfrom testCases_v4a import *\nimport numpy as np"
    execution = run(backprop_key, imports, LINEAR)
    assert execution.status == "errors"
    assert kinds(execution)["linear_backward"] == {"returned"}
    assert not execution.definitions["relu_backward"].found
    assert kinds(execution)["relu_backward"] == {"unanswered"}


def test_the_last_definition_counts(backprop_key: AnswerKey) -> None:
    wrong = "def relu_backward(dA, cache):\n    return None"
    execution = run(backprop_key, IMPORTS, wrong, RELU)
    answer = execution.answers["relu_backward"]["by-hand"]
    assert answer.returned.array.shape == (2, 2)  # type: ignore[union-attr]


def test_an_endless_cell_is_interrupted_and_the_rest_runs(backprop_key: AnswerKey) -> None:
    execution = run(backprop_key, IMPORTS, LINEAR, "while True: pass", RELU, SIGMOID)
    assert execution.status == "timeout"
    assert execution.slow == (3,)
    assert kinds(execution) == ALL_RETURNED


def test_a_cell_deaf_to_interrupts_is_killed_and_left_out(backprop_key: AnswerKey) -> None:
    deaf = (
        "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\n"
        "while True: pass\ndef left(): pass"
    )
    execution = run(backprop_key, IMPORTS, LINEAR, deaf, RELU, SIGMOID)
    assert execution.status == "timeout"
    assert kinds(execution) == ALL_RETURNED


def test_a_cell_that_kills_the_kernel_keeps_its_definitions(backprop_key: AnswerKey) -> None:
    execution = run(backprop_key, IMPORTS, RELU + "\nimport os\nos._exit(1)", LINEAR)
    assert execution.status == "died"
    assert execution.deadly == (2,)
    assert kinds(execution)["relu_backward"] == {"returned"}
    assert kinds(execution)["linear_backward"] == {"returned"}


def test_a_function_that_hangs_costs_only_itself(backprop_key: AnswerKey) -> None:
    hangs = "def relu_backward(dA, cache):\n    while True: pass"
    execution = run(backprop_key, IMPORTS, LINEAR, hangs, SIGMOID)
    assert execution.status == "timeout"
    assert kinds(execution) == {**ALL_RETURNED, "relu_backward": {"timeout"}}


def test_answers_before_a_kill_stand(backprop_key: AnswerKey) -> None:
    kills = (
        "calls = []\ndef relu_backward(dA, cache):\n"
        "    calls.append(1)\n    import os\n"
        "    return dA * (cache > 0) if len(calls) < 4 else os._exit(1)"
    )
    execution = run(backprop_key, IMPORTS, LINEAR, kills, SIGMOID)
    assert execution.status == "died"
    of_relu = [answer.kind for answer in execution.answers["relu_backward"].values()]
    assert of_relu.count("returned") == 3
    assert set(of_relu) == {"returned", "died"}
    assert (
        kinds(execution)["sigmoid_backward"] == kinds(execution)["linear_backward"] == {"returned"}
    )


def test_memory_is_bounded(backprop_key: AnswerKey) -> None:
    hungry = "hoard = np.ones((40, 1024, 1024, 16))"
    execution = run(backprop_key, IMPORTS, hungry, LINEAR)
    assert [error.name for error in execution.errors] == ["MemoryError"]
    assert kinds(execution)["linear_backward"] == {"returned"}


def test_the_whole_runs_out_of_time_and_what_was_defined_is_judged(
    backprop_key: AnswerKey,
) -> None:
    slow = "import time\ntime.sleep(2.5)"
    execution = run(backprop_key, IMPORTS, LINEAR, *[slow] * 6, RELU, total_seconds=10)
    assert execution.status == "timeout"
    assert kinds(execution)["linear_backward"] == {"returned"}


def test_a_function_that_raises_tells_its_own_line(backprop_key: AnswerKey) -> None:
    raises = (
        "def helper(Z):\n    return np.dot(Z, np.ones(99))\n"
        "def relu_backward(dA, cache):\n    return helper(cache)"
    )
    execution = run(backprop_key, IMPORTS, raises)
    raised = execution.answers["relu_backward"]["by-hand"].raised
    assert raised is not None
    assert (raised.name, raised.function, raised.number) == ("ValueError", "helper", 2)
    assert raised.line == "return np.dot(Z, np.ones(99))"


NO_TEXT = """
class ShapeError(Exception):
    def __str__(self):
        return ("not", "text")
def linear_backward(dZ, cache):
    raise ShapeError
"""
NO_ARRAY = """
class Evil:
    def __array__(self, *_, **__):
        raise SystemExit
def linear_backward(dZ, cache):
    return Evil(), {Evil: 1}, Evil
"""
NO_KEY = """
class Key:
    def __str__(self):
        raise SystemExit
def linear_backward(dZ, cache):
    return {Key(): 1}
"""


@pytest.mark.parametrize(
    ("cell", "raised"),
    [(NO_TEXT, "ShapeError"), (NO_ARRAY, "SystemExit"), (NO_KEY, None)],
    ids=["no text", "no array", "no key"],
)
def test_whatever_a_function_gives_it_costs_only_itself(
    backprop_key: AnswerKey, cell: str, raised: str | None
) -> None:
    execution = run(backprop_key, IMPORTS, cell, RELU, SIGMOID)
    answer = execution.answers["linear_backward"]["by-hand"]
    assert (answer.raised.name if answer.raised else None) == raised
    assert kinds(execution) == {
        **ALL_RETURNED, "linear_backward": {"raised" if raised else "returned"},
    }  # fmt: skip


def test_a_function_that_interrupts_itself_costs_only_itself(backprop_key: AnswerKey) -> None:
    cell = "def linear_backward(dZ, cache):\n    raise KeyboardInterrupt"
    execution = run(backprop_key, IMPORTS, cell, RELU, SIGMOID)
    assert kinds(execution) == {**ALL_RETURNED, "linear_backward": {"unanswered"}}


@pytest.mark.parametrize(
    ("returned", "shape"),
    [
        ("np.zeros((250, 250))", (250, 250)),
        ("np.zeros((1,) * 9)", None),
        ("np.zeros((10 ** 8, 0))", None),
        ("np.zeros((2000, 2000))", None),
        ("(np.zeros((300, 300)),) * 10", None),
    ],
    ids=["large", "many dimensions", "empty", "too large", "too large together"],
)
def test_every_answer_arrives_however_large(
    backprop_key: AnswerKey, returned: str, shape: tuple[int, ...] | None
) -> None:
    cell = f"def relu_backward(dA, cache):\n    return {returned}"
    execution = run(backprop_key, IMPORTS, LINEAR, cell, SIGMOID)
    assert kinds(execution) == ALL_RETURNED
    for answer in execution.answers["relu_backward"].values():
        assert isinstance(answer.returned, Leaf)
        if shape is None:
            assert answer.returned.array is None
            assert "too large to send" in answer.returned.type
        else:
            assert answer.returned.array is not None
            assert answer.returned.array.shape == shape


def test_a_function_that_ends_the_process_politely_only_raises(backprop_key: AnswerKey) -> None:
    execution = run(backprop_key, IMPORTS, "def relu_backward(dA, Z):\n    raise SystemExit(0)")
    assert kinds(execution)["relu_backward"] == {"raised"}


def test_prints_and_shadowed_builtins_do_no_harm(backprop_key: AnswerKey) -> None:
    noisy = (
        "def relu_backward(dA, cache):\n"
        "    print('x' * 100_000)\n    return dA * (cache > 0)\n"
        "input = list = sum = max = min = str = type = len = exec = compile = None"
    )
    execution = run(backprop_key, IMPORTS, noisy)
    assert kinds(execution)["relu_backward"] == {"returned"}


def test_a_flood_of_output_is_dropped(backprop_key: AnswerKey) -> None:
    flood = "for _ in range(20_000):\n    print('x' * 1000)"
    execution = run(backprop_key, IMPORTS, flood, LINEAR)
    assert kinds(execution)["linear_backward"] == {"returned"}


def test_helper_files_lie_in_the_working_directory(backprop_key: AnswerKey, tmp_path: Path) -> None:
    helper = tmp_path / "helper_of_course.py"
    helper.write_text("def relu(Z):\n    return Z\n")
    execution = run(backprop_key, "from helper_of_course import relu", helpers=(str(helper),))
    assert execution.errors == ()


def test_the_callers_environment_is_not_the_students(
    backprop_key: AnswerKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_TOKEN", "canary")
    found = "import os\nassert 'SECRET_TOKEN' not in os.environ\nassert os.getcwd() != '/'"
    assert run(backprop_key, found).status == "ok"


def test_inputs_arrive_in_the_layout_of_their_case(backprop_key: AnswerKey) -> None:
    tells = (
        "def relu_backward(dA, cache):\n"
        "    f = cache.flags\n"
        "    return np.array([f.c_contiguous, f.f_contiguous, f.writeable, f.owndata]) + 0.0"
    )
    answers = run(backprop_key, IMPORTS, tells).answers["relu_backward"]

    def flags(case: str) -> list[float]:
        return answers[case].returned.array.tolist()[:3]  # type: ignore[union-attr]

    assert flags("drawn-1") == [1, 0, 1]
    assert flags("fortran-order") == [0, 1, 1]
    assert flags("strided") == [0, 0, 1]


def test_nothing_in_the_kernel_tells_public_from_private(backprop_key: AnswerKey) -> None:
    for calls in backprop_key.calls:
        inputs = calls.plan
        for name in set(calls.cases.values()) - {"strided"}:  # a layout is called so, too
            assert f'"{name}"' not in inputs


STRANGE = {
    "exit()": "exit()\nimport time\ntime.sleep(0.3)",
    "quit()": "quit()\nimport time\ntime.sleep(0.3)",
    "sys.exit": "import sys\nsys.exit(3)",
    "numpy raises on overflow": "np.seterr(all='raise')",
    "warnings are errors": "import warnings\nwarnings.simplefilter('error')",
    "print is gone": "print = display = None",
    "stdout is elsewhere": "import io, sys\nsys.stdout = io.StringIO()",
    "stdout is closed": "import sys\nsys.stdout.close()",
    "the path is empty": "import sys\nsys.path.clear()",
    "json is a variable": "json = base64 = warnings = io = inspect = None",
    "another folder": "import os\nos.chdir('/')",
    "a thread that goes on": (
        "import threading, time\n"
        "threading.Thread(target=time.sleep, args=(60,), daemon=False).start()"
    ),
    "an event loop": "import asyncio\nawait asyncio.sleep(0.01)",
    "a progress bar": "for i in range(500): print(i, end='\\r')",
    "asks the debugger": "breakpoint()",
    "forks": "import os\nif os.fork() == 0: os._exit(0)",
    "captured": "%%capture\nx = 1",
    "a shell": "!exit 3",
    "no such magic": "%no_such_magic",
    "no such cell magic": "%%no_such_magic\nx = 1",
    "seeds": "np.random.seed(0)",
    "numpy prints otherwise": "np.set_printoptions(legacy='1.13')",
    "recursion is deep": "import sys\nsys.setrecursionlimit(100_000)",
    "signals are ignored": "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)",
}


@pytest.mark.parametrize("habit", STRANGE)
def test_a_strange_habit_costs_no_right_function_anything(
    backprop_key: AnswerKey, habit: str
) -> None:
    execution = run(backprop_key, *RIGHT, STRANGE[habit])
    assert kinds(execution) == ALL_RETURNED, execution.errors
    assert execution.status in ("ok", "errors")


ENVIRONMENTS = {
    "colab": "from google.colab import drive\ndrive.mount('/content/drive')\nimport numpy as np",
    "seaborn": "import no_seaborn as sns\nsns.set()\nimport numpy as np",
    "one line": "import h5py_is_not_here; import numpy as np",
    "one statement": "import h5py_is_not_here, numpy as np",
    "an extension": "%load_ext lab_black_is_not_here\nimport numpy as np",
    "a backend": "%matplotlib widget\nimport numpy as np",
    "an old magic": "%tensorflow_version 1.x\nimport numpy as np",
    "captured": "%%capture\nimport h5py_is_not_here\nimport numpy as np",
    "a file": "open('/content/data.h5')\nimport numpy as np",
    "within a block": "if True:\n    import ipdb_is_not_here\nimport numpy as np",
}


@pytest.mark.parametrize("habit", ENVIRONMENTS)
def test_what_the_machine_lacks_costs_itself_alone(backprop_key: AnswerKey, habit: str) -> None:
    execution = run(backprop_key, ENVIRONMENTS[habit], LINEAR, RELU, SIGMOID)
    assert kinds(execution) == ALL_RETURNED, execution.errors
    assert execution.status == "errors"


def test_what_is_printed_takes_no_memory(backprop_key: AnswerKey) -> None:
    more_than_there_is = "for _ in range(400_000):\n    print('x' * 10_000)"
    execution = run(backprop_key, *RIGHT, more_than_there_is, cell_seconds=20)
    assert execution.status == "ok"
    assert kinds(execution) == ALL_RETURNED


def test_an_endless_flood_costs_itself_alone(backprop_key: AnswerKey) -> None:
    execution = run(backprop_key, *RIGHT, "while True: print('x' * 10_000)")
    assert execution.status in ("timeout", "died")
    assert kinds(execution) == ALL_RETURNED


def test_a_call_that_heeds_nothing_is_known_to_have_been_made(backprop_key: AnswerKey) -> None:
    hangs = "import re\ndef relu_backward(dA, Z):\n    return re.match(r'(a+)+$', 'a' * 40 + 'b')"
    execution = run(backprop_key, IMPORTS, hangs, SIGMOID)
    assert execution.lost == {"relu_backward": "timeout"}
    assert "relu_backward" in execution.asked
    assert kinds(execution)["sigmoid_backward"] == {"returned"}


def test_a_function_that_is_slow_and_hides_interrupts_is_asked_again(
    backprop_key: AnswerKey,
) -> None:
    slow = (
        "import time\ncalls = []\ndef relu_backward(dA, Z):\n    calls.append(1)\n"
        "    try:\n        time.sleep(2.2 if len(calls) == 1 else 0)\n"
        "    except:\n        return None\n    return dA * (Z > 0)"
    )
    execution = run(backprop_key, IMPORTS, LINEAR, slow, SIGMOID)
    assert kinds(execution) == ALL_RETURNED
    leaves = [a.returned for a in execution.answers["relu_backward"].values()]
    assert all(leaf.array is not None for leaf in leaves)  # type: ignore[union-attr]


def test_names_that_were_not_imported_are_known(backprop_key: AnswerKey) -> None:
    execution = run(backprop_key, "from dnn_utils_v9 import sigmoid as s, relu\nimport numpy as np")
    assert execution.missing == {"s", "relu"}


def test_a_machine_that_starts_no_kernel_is_not_the_student_s_fault(
    backprop_key: AnswerKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "_events", lambda *_: iter(()))
    with pytest.raises(NotStarted):
        run(backprop_key, *RIGHT)
