"""Warm processes, asked for by several threads at once."""

import sys
from threading import Thread

import pytest

from grader.answer_key import AnswerKey
from grader.execution.kernels.server import can_fork
from grader.execution.settings import warm_process_for
from grader.options import Options, settings_for

pytestmark = pytest.mark.skipif(not can_fork(), reason=f"{sys.platform} does not fork kernels")

SECONDS = 60


def test_whoever_waits_for_one_gets_it(backprop_key: AnswerKey) -> None:
    # Memory that no other test asks for: this warm process is new, and not ready yet.
    options = Options(memory_bytes=777 * 2**20, sandbox="off")
    warm = warm_process_for(settings_for(backprop_key.course, options))
    controls = []
    waiting = [Thread(target=lambda: controls.append(warm.control), daemon=True) for _ in range(4)]
    for thread in waiting:
        thread.start()
    for thread in waiting:
        thread.join(SECONDS)
    assert len({id(control) for control in controls}) == 1
    assert len(controls) == len(waiting)
    warm.close()
