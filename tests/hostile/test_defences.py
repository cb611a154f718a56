"""Each defence, switched off: the attack that it stops then gets what it came for."""

import csv
import gc
import os
import re
import shutil
import sys
import warnings
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import nbformat
import numpy as np
import pytest
from nbconvert.preprocessors import ExecutePreprocessor

from grader import submission
from grader.answer_key import AnswerKey
from grader.execution import Execution, Settings, answers, execute, session
from grader.execution.isolation import confinement_here, visible_for
from grader.execution.isolation.confinement import NAMESPACES
from grader.execution.kernels import server
from grader.execution.settings import clean_environment
from grader.gradebook import Handin
from grader.judging import Judge
from grader.reports import console, files, frames, junit
from grader.scored_checks import ScoredChecks
from grader.standings import Standing
from grader.submission import Notebook, Unreadable, find_submissions, read_notebook
from grader.verdict import Verdict
from tests.hostile.attack import TASKS, Attack
from tests.hostile.families import ATTACKS
from tests.hostile.scene import Scene, adopting, descendants, end, scene
from tests.processes import comes_true

CONFINED = confinement_here(visible_for(sys.executable), ())
LAYERED = {name: attack for name, attack in ATTACKS.items() if attack.off}
# Later Pythons stand JSON of any depth that they write.
READS_DEEP = sys.version_info >= (3, 12)
FOOLING = {name: attack for name, attack in ATTACKS.items() if attack.fools}

pytestmark = [
    pytest.mark.xdist_group("hostile defences"),
    pytest.mark.skipif(not CONFINED.isolated, reason="this machine does not isolate"),
]

# What a grader does that compares inside of the student's process, in several ways.
NAIVE = """import numpy as np
_Z, _dA = np.array([[1.0, -2.0], [3.0, -4.0]]), np.array([[1.0, 2.0], [3.0, 4.0]])
_got = relu_backward(_dA, _Z)
_want = _dA * (_Z > 0)
class Fooled(Exception):
    pass
def _passes(question):
    try:
        return question() in (None, True)
    except Exception:
        return False
if any(map(_passes, (
    lambda: bool(np.allclose(_got, _want)),
    lambda: bool((_got == _want).all()),
    lambda: bool(np.max(np.abs(_got - _want)) < 1e-9),
    lambda: np.testing.assert_allclose(_got, _want),
    lambda: all(abs(float(a - b)) < 1e-9 for a, b in zip(np.ravel(_got), np.ravel(_want))),
))):
    raise Fooled"""


@pytest.fixture(autouse=True)
def nothing_open() -> Iterator[None]:
    """What a broken run leaves open is closed at once, without a word."""
    yield
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        gc.collect()


@pytest.fixture(scope="module")
def school(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    with scene(tmp_path_factory.mktemp("hostile")) as made:
        yield made


def run(
    attack: Attack,
    school: Scene,
    key: AnswerKey,
    *more: str,
    off: frozenset[str] = frozenset(),
    memory: int = 2**30,
) -> Execution:
    """Executes the committed notebook, without some layers of confinement."""
    cells = read_notebook(attack.file.read_bytes(), TASKS).cells
    notebook = Notebook((*cells, *((1000 + n, cell) for n, cell in enumerate(more))))
    confinement = replace(CONFINED, layers=CONFINED.layers - off)
    helpers = (str(school.where),)
    settings = Settings(sys.executable, 8, 40, memory, helpers=helpers, confinement=confinement)
    return execute(notebook, key.calls, settings)


def verdict_on(attack: Attack, school: Scene, key: AnswerKey) -> Verdict:
    cells = read_notebook(attack.file.read_bytes(), TASKS)
    return Judge(key).verdict(cells, run(attack, school, key))


def everywhere(patch: pytest.MonkeyPatch, name: str, value: Any) -> None:
    """Replaces a name in each module of the grader that knows it."""
    modules = [m for where, m in list(sys.modules.items()) if where.startswith("grader.")]
    holders = [module for module in modules if name in vars(module)]
    assert holders
    for module in holders:
        patch.setattr(module, name, value)


@pytest.mark.parametrize("attack", LAYERED.values(), ids=LAYERED)
def test_without_its_layers_it_gets_what_it_came_for(
    attack: Attack, school: Scene, backprop_key: AnswerKey
) -> None:
    """Where several layers stop the same attack, all that do are off."""
    heard = len(school.heard)
    execution = run(attack, school, backprop_key, off=attack.off)
    got = [error for error in execution.errors if error.name == "Got"]
    assert got or comes_true(lambda: len(school.heard) > heard), execution.errors


def test_without_namespaces_no_kernel_can_be_asked_for(
    school: Scene, backprop_key: AnswerKey
) -> None:
    execution = run(ATTACKS["ask-for-a-kernel"], school, backprop_key, off=NAMESPACES)
    taken = school.temporary / "taken"
    was_made = taken.exists()
    shutil.rmtree(taken, ignore_errors=True)
    assert execution.status == "ok"
    assert not was_made


@pytest.mark.parametrize("name", ["daemon", "listen"])
def test_without_a_supervisor_that_kills_a_daemon_lives_on(
    name: str, school: Scene, backprop_key: AnswerKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pid namespace does the same where there is one, so it is off too."""
    sent, spared = server.program, "def _kill_descendants() -> None:\\n    return\\n"
    monkeypatch.setattr(
        server,
        "program",
        lambda *what: sent(*what).replace("def _kill_descendants() -> None:\\n", spared),
    )
    with adopting():
        before = descendants(os.getpid())
        run(ATTACKS[name], school, backprop_key, off=CONFINED.layers, memory=2**30 + 1)

        def left() -> set[int]:
            return {p for p in descendants(os.getpid()) - before if works_in_a_scratch(p)}

        lives_on = comes_true(lambda: bool(left()))
        end(left())
    assert lives_on


def works_in_a_scratch(process: int) -> bool:
    """Whether it was left by a notebook: the folder of a run is where it works."""
    try:
        return "grader-run-" in str(Path(f"/proc/{process}/cwd").readlink())
    except OSError:
        return False


@pytest.mark.parametrize("attack", FOOLING.values(), ids=FOOLING)
def test_a_grader_that_compares_in_the_kernel_is_fooled(
    attack: Attack, school: Scene, backprop_key: AnswerKey
) -> None:
    """The defence is that the judge compares elsewhere; the batch shows that it is not fooled."""
    execution = run(attack, school, backprop_key, NAIVE)
    assert "Fooled" in [error.name for error in execution.errors]


def test_with_an_environment_that_is_not_clean_it_is_stolen(
    school: Scene, backprop_key: AnswerKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = {"SECRET": school.canaries["environment"]}
    clean = clean_environment
    everywhere(monkeypatch, "clean_environment", lambda home: {**clean(home), **secret})
    execution = run(ATTACKS["steal-environment"], school, backprop_key)
    assert school.canaries["environment"] in [error.text for error in execution.errors]


def test_with_numpys_own_reader_a_header_takes_all_memory(
    school: Scene, backprop_key: AnswerKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answers, "_array", read_by_numpy(allow_pickle=False))
    with pytest.raises(MemoryError):
        run(ATTACKS["header-of-a-quadrillion"], school, backprop_key)


@pytest.mark.filterwarnings("ignore")
def test_with_pickles_allowed_code_runs_in_the_judge(
    school: Scene, backprop_key: AnswerKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answers, "_array", read_by_numpy(allow_pickle=True))
    run(ATTACKS["pickle-in-an-array"], school, backprop_key)
    proof = school.school / "unpickled"
    assert proof.exists()
    proof.unlink()


def read_by_numpy(*, allow_pickle: bool) -> Callable[[Any], np.ndarray]:
    import base64
    import io

    return lambda said: np.load(io.BytesIO(base64.b64decode(said)), allow_pickle=allow_pickle)


def test_with_no_bound_on_depth_trees_of_any_depth_are_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tree: dict[str, Any] = {"kind": "none"}
    for _ in range(40):
        tree = {"kind": "tuple", "items": [tree]}
    with pytest.raises(answers.Malformed):
        answers._tree(tree, 0)
    monkeypatch.setattr(answers, "DEEPEST", 1000)
    assert answers._tree(tree, 0)


@pytest.mark.parametrize("most", [1_000, 10**9])
def test_without_a_bound_on_events_all_of_a_flood_is_read(
    most: int, school: Scene, backprop_key: AnswerKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[Any] = []
    take = session._Session._take
    monkeypatch.setattr(
        session._Session, "_take", lambda self, event: (read.append(None), take(self, event))[1]
    )
    monkeypatch.setattr(session, "MOST_EVENTS", most)
    run(ATTACKS["flood-of-answers"], school, backprop_key)
    assert (len(read) > 10_000) == (most > 10_000)


def test_if_the_last_answer_counted_an_answer_could_be_taken_back(
    school: Scene, backprop_key: AnswerKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    attack = ATTACKS["send-before-the-call-returns"]
    assert verdict_on(attack, school, backprop_key).cents(task="relu_backward") == 0

    class Refilled(dict[str, str]):
        def pop(self, key: str, *default: str) -> str:  # type: ignore[override]
            return self[key]

    make = session._Session.__init__

    def refilled(self: Any, *arguments: Any) -> None:
        make(self, *arguments)
        self.outstanding = {task: Refilled(calls) for task, calls in self.outstanding.items()}

    result = session._Session.result

    def emptied(self: Any) -> Execution:
        self.outstanding = {task: {} for task in self.outstanding}
        return result(self)

    monkeypatch.setattr(session._Session, "__init__", refilled)
    monkeypatch.setattr(session._Session, "result", emptied)
    assert verdict_on(attack, school, backprop_key).cents(task="relu_backward") > 0


@pytest.mark.parametrize("cleans", [True, False])
def test_without_cleaning_escapes_reach_the_reader(
    cleans: bool, school: Scene, backprop_key: AnswerKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not cleans:
        everywhere(monkeypatch, "clean", lambda text, limit: text[:limit])
    verdict = verdict_on(ATTACKS["inject-terminal"], school, backprop_key)
    assert any("\x1b" in row.message for row in verdict.checks) != cleans


def rows(key: AnswerKey, student: str, message: str) -> list[Standing]:
    execution = Execution("ok", (), (), (), {}, {task: {} for task in TASKS}, {}, 1.0)
    verdict = replace(Judge(key).verdict(Notebook(()), execution), message=message)
    checks = ScoredChecks.of(
        row._replace(message=message, outcome="failed") for row in verdict.checks
    )
    handin = Handin(student, "", f"{student}.ipynb", "")
    return [Standing(handin, replace(verdict, checks=checks), 1, 0)]


@pytest.mark.parametrize("delimiter", [",", ";"])
def test_without_defusing_cells_are_formulas(
    delimiter: str, backprop_key: AnswerKey, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    name = ATTACKS["name-of-a-formula"].row

    def formulas() -> list[str]:
        standings = rows(backprop_key, name, "x")
        frame = frames.scores_frame(backprop_key.course.assignment, standings)
        files.write_frame(frame, tmp_path, "scores")
        with (tmp_path / "scores.csv").open(newline="") as stream:
            cells = [cell for row in csv.reader(stream, delimiter=delimiter) for cell in row]
        return [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))]

    assert formulas() == []
    monkeypatch.setattr(files, "_FORMULA", re.compile("(?!)"))
    assert formulas()


def test_without_a_filter_a_character_breaks_the_xml(
    backprop_key: AnswerKey, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    standings = rows(backprop_key, "ada", "\x0b<b>\ufffe")
    scores = frames.scores_frame(backprop_key.course.assignment, standings)
    checks = frames.checks_frame(standings)
    junit.write_junit(scores, checks, tmp_path / "good.xml")
    assert ElementTree.parse(tmp_path / "good.xml")
    monkeypatch.setattr(junit, "_NOT_XML", re.compile("(?!)"))
    junit.write_junit(scores, checks, tmp_path / "bad.xml")
    with pytest.raises(ElementTree.ParseError):
        ElementTree.parse(tmp_path / "bad.xml")


@pytest.mark.parametrize("pattern", ["_COMMAND", "_COMMAND_ANYWHERE"])
def test_without_breaking_them_lines_are_commands(
    pattern: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    name = ATTACKS["name-of-a-command"].row

    def commands() -> list[str]:
        console.console().print(f"  {name}")
        lines = capsys.readouterr().out.splitlines()
        return [line for line in lines if line.lstrip().startswith("::") or "##[" in line]

    assert commands() == []
    monkeypatch.setattr(console, pattern, re.compile("(?!)()"))
    assert commands()


def test_without_a_filter_names_bear_escapes(
    school: Scene, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    attack = ATTACKS["name-with-escapes"]
    (tmp_path / attack.file_name).write_bytes(attack.file.read_bytes())
    assert find_submissions(tmp_path)[0].student == attack.row
    everywhere(monkeypatch, "_HIDDEN", ())
    assert "\x1b" in find_submissions(tmp_path)[0].student


@pytest.mark.parametrize("name", ["link-to-the-solution", "link-to-another-student"])
def test_without_a_look_at_links_they_are_followed(
    name: str, school: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    school.hand_in(ATTACKS[name])

    def handed_in() -> submission.Submission:
        return next(s for s in find_submissions(school.submissions) if s.student == name)

    try:
        with pytest.raises(Unreadable, match="is a link"):
            handed_in().read()
        everywhere(monkeypatch, "_is_elsewhere", lambda path: False)
        assert school.canaries["submission"].encode() in handed_in().read()
    finally:
        (school.submissions / f"{name}.ipynb").unlink()


@pytest.mark.parametrize(
    ("name", "bound"), [("deep-metadata", "DEEPEST"), ("thousands-of-cells", "MOST_CELLS")]
)
def test_without_its_bound_a_notebook_is_read(
    name: str, bound: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = ATTACKS[name].file.read_bytes()
    with pytest.raises(Unreadable):
        read_notebook(data)
    everywhere(monkeypatch, bound, 10**6)
    assert read_notebook(data).cells


def test_without_its_bound_a_notebook_of_many_values_is_parsed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    data = b'{"metadata": [' + b",".join([b"0"] * 2_000_001) + b'], "cells": []}'
    with pytest.raises(Unreadable, match="values"):
        read_notebook(data)
    everywhere(monkeypatch, "MOST_VALUES", 10**9)
    with pytest.raises(Unreadable, match="no code"):
        read_notebook(data)


def naive(attack: Attack, cell_seconds: int = 20) -> nbformat.NotebookNode:
    """What running the notebook with nbconvert alone makes of it, in this very process."""
    notebook = nbformat.read(attack.file, as_version=4)
    run = ExecutePreprocessor(timeout=cell_seconds, allow_errors=True)
    return run.preprocess(notebook, {"metadata": {"path": str(attack.file.parent)}})[0]


def test_nbconvert_alone_launches_what_the_notebook_names(
    school: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JUPYTER_PATH", str(school.school / "jupyter"))
    with pytest.raises(RuntimeError):
        naive(ATTACKS["choose-the-kernel"])
    proof = school.school / "launched"
    assert proof.exists()
    proof.unlink()


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("deep-display", marks=pytest.mark.skipif(READS_DEEP, reason="it is read")),
        "malformed-display",
    ],
)
def test_nbconvert_alone_is_broken_by_what_a_kernel_sends(name: str, school: Scene) -> None:
    """The wall is that a runner dies of it, and not the judge."""
    with pytest.raises(Exception):  # noqa: B017
        naive(ATTACKS[name])
