"""The gate: whatever ends, nothing of it is left, and the next notebook finds a new one."""

import os
import signal
from pathlib import Path

import pytest

from grader.answer_key import AnswerKey
from grader.execution import Execution, execute
from grader.execution.isolation import problems_here
from grader.execution.kernels import server
from grader.execution.runners import dismiss
from grader.execution.settings import warm_process_for
from grader.options import Options, settings_for
from grader.submission import Notebook
from tests.notebooks import RIGHT
from tests.processes import children, comes_true

pytestmark = pytest.mark.skipif(
    bool(problems_here()["processes"]), reason="this machine has no pid namespaces"
)


def run(key: AnswerKey) -> Execution:
    settings = settings_for(key.course, Options(sandbox="auto"))
    return execute(Notebook(tuple(enumerate(RIGHT, start=1))), key.calls, settings)


def of_this_machine(key: AnswerKey) -> tuple[int, int, int]:
    """The outer process, the gate and the warm one, once a kernel was had from them."""
    assert run(key).status == "ok"
    outer = warm_process_for(settings_for(key.course, Options(sandbox="auto"))).process.pid
    (gate,) = children(outer)
    return outer, gate, children(gate)[0]


@pytest.mark.parametrize("which", ["gate", "warm process"])
def test_one_that_dies_takes_all_along_and_is_replaced(backprop_key: AnswerKey, which: str) -> None:
    outer, gate, warm = of_this_machine(backprop_key)
    os.kill(gate if which == "gate" else warm, signal.SIGKILL)
    assert comes_true(lambda: outer not in server.running())
    assert comes_true(lambda: not any(Path(f"/proc/{one}").exists() for one in (gate, warm)))
    assert run(backprop_key).status == "ok"


def test_no_kernel_and_no_supervisor_is_left_unburied(backprop_key: AnswerKey) -> None:
    _, gate, warm = of_this_machine(backprop_key)
    dismiss()
    assert comes_true(lambda: children(gate) == [warm] and not children(warm))
