"""Runners: one does a job after another, as long as all is well."""

import os
import signal
import sys
from pathlib import Path

import pytest

from grader.answer_key import AnswerKey
from grader.engines.mapping import mapped
from grader.execution import execute, runners
from grader.execution.runners import dismiss, server_of_runners
from grader.options import Options, settings_for
from grader.submission import Notebook
from tests.notebooks import RIGHT
from tests.processes import children

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="forked on Linux only")


@pytest.fixture(autouse=True)
def none_rests() -> None:
    dismiss()


def status(key: AnswerKey, *cells: str) -> str:
    """How a right notebook ends after these cells; every function must have answered."""
    notebook = Notebook(tuple(enumerate((*RIGHT, *cells), start=1)))
    found = execute(
        notebook, key.calls, settings_for(key.course, Options(cell_seconds=2, sandbox="off"))
    )
    answers = (answer for of_task in found.answers.values() for answer in of_task.values())
    assert {answer.kind for answer in answers} == {"returned"}
    return found.status


def alive() -> set[int]:
    """The runners that there are; one that has ended may not have been buried yet."""
    server = server_of_runners()
    return {child for child in children(server) if b") Z " not in stat_of(child)}


def stat_of(process: int) -> bytes:
    try:
        return Path(f"/proc/{process}/stat").read_bytes()
    except OSError:
        return b") Z "


def runner_of(key: AnswerKey, *cells: str) -> int:
    """The runner that rests after a run of its own; the tests before may have left others."""
    before = alive()
    status(key, *cells)
    (new,) = alive() - before
    return new


def test_one_runner_does_all_that_end_well(backprop_key: AnswerKey) -> None:
    runner = runner_of(backprop_key)
    known = alive()
    assert status(backprop_key) == "ok"
    assert status(backprop_key, "1 / 0") == "errors"
    # Those of the tests before may end any moment; none has come.
    assert runner in alive() <= known


@pytest.mark.parametrize(
    ("cell", "ends"),
    [("import os; os._exit(1)", "died"), ("while True: pass", "timeout")],
    ids=["died", "timeout"],
)
def test_what_one_notebook_does_is_not_the_next_ones_concern(
    backprop_key: AnswerKey, cell: str, ends: str
) -> None:
    assert status(backprop_key, cell) == ends
    assert status(backprop_key) == "ok"


def test_one_whose_kernel_died_does_no_other_job(backprop_key: AnswerKey) -> None:
    runner = runner_of(backprop_key)
    status(backprop_key, "import os; os._exit(1)")
    assert runner not in alive()


def test_one_that_died_while_it_rested_is_replaced(backprop_key: AnswerKey) -> None:
    os.kill(runner_of(backprop_key), signal.SIGKILL)
    assert status(backprop_key) == "ok"


def test_one_that_is_not_confined_does_no_job_that_asks_for_it(
    backprop_key: AnswerKey,
) -> None:
    runner = runner_of(backprop_key)
    known = alive()
    settings = settings_for(backprop_key.course, Options(sandbox="auto"))
    if not settings.confinement.layers:
        pytest.skip("this machine does not isolate")
    execute(Notebook(((1, "1"),)), backprop_key.calls, settings)
    assert runner not in alive()
    assert alive() - known


def test_a_process_that_is_forked_has_runners_of_its_own(backprop_key: AnswerKey) -> None:
    runner = runner_of(backprop_key)
    assert mapped(lambda _: status(backprop_key), range(4), jobs=2) == ["ok"] * 4
    known = alive()
    assert status(backprop_key) == "ok"
    assert runner in alive() <= known


def test_it_holds_no_more_files_after_many_jobs(backprop_key: AnswerKey) -> None:
    files = Path(f"/proc/{runner_of(backprop_key)}/fd")
    status(backprop_key)
    before = len(list(files.iterdir()))
    for _ in range(4):
        status(backprop_key, "while True: print('a line')" if _ == 2 else "1")
    assert not files.exists() or len(list(files.iterdir())) == before


def test_it_does_so_many_jobs_and_no_more(
    backprop_key: AnswerKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runners, "MOST_JOBS", 2)
    runner = runner_of(backprop_key)
    status(backprop_key)
    assert runner not in alive()
