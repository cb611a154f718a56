"""Finding assignments, and what a declaration may not be."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from grader.answer_key import make_answer_key
from grader.assignment import (
    Array,
    Assignment,
    Attempts,
    Late,
    Limits,
    Misconception,
    Returned,
    Shares,
    Solution,
    Task,
    Twin,
)
from grader.errors import AssignmentError, UsageError
from grader.loading import find_assignment, load_course
from grader.proving import try_function
from tests.conftest import ROOT, grader
from tests.notebooks import write


def test_by_name_from_a_folder_below(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT / "grader")
    assert find_assignment("backprop", None) == ROOT / "assignments" / "backprop"


def test_by_the_submissions_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    place = tmp_path / "scalar-net"
    place.mkdir()
    assert find_assignment(None, place).name == "scalar-net"


def test_by_what_the_notebook_says_of_itself(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.chdir(ROOT)
    file = write(tmp_path / "x.ipynb", "1", grader={"assignment": "deep-net"})
    assert find_assignment(None, file).name == "deep-net"


def test_what_lies_beside_the_notebook_comes_first(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "assignments" / "backprop", tmp_path / "week 4")
    notebook = tmp_path / "week 4" / "backprop.ipynb"
    assert find_assignment(None, notebook, look_there=True) == tmp_path / "week 4"


TAKES_OVER = "raise SystemExit('a student is in')"


@pytest.mark.parametrize("place", ["assignment.py", "assignments/backprop/assignment.py"])
@pytest.mark.parametrize("handed_in", ["backprop", "backprop/Ann.ipynb", "backprop/Ann"])
def test_an_assignment_among_the_submissions_is_never_run(
    tmp_path: Path, monkeypatch: Any, place: str, handed_in: str
) -> None:
    folder = tmp_path / "backprop" / "Ann"
    write(tmp_path / "backprop" / "Ann.ipynb", "1", grader={"assignment": "backprop"})
    for start in (folder, folder.parent):
        file = start / place
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(TAKES_OVER, encoding="utf-8")
    monkeypatch.chdir(ROOT)
    found = find_assignment(None, tmp_path / handed_in)
    assert found == ROOT / "assignments" / "backprop"
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match="there is no folder assignments/ here"):
        find_assignment(None, tmp_path / handed_in)


@pytest.mark.parametrize("said", ["../../etc", 7, "", "a b", None])
def test_a_notebook_names_no_path(tmp_path: Path, monkeypatch: Any, said: object) -> None:
    monkeypatch.chdir(ROOT)
    file = write(tmp_path / "x.ipynb", "1", grader={"assignment": said})
    with pytest.raises(UsageError, match="there are: backprop, deep-net, scalar-net"):
        find_assignment(None, file)


def test_by_path(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "assignments" / "backprop", tmp_path / "mine")
    assert find_assignment(str(tmp_path / "mine"), None) == tmp_path / "mine"


def test_without_a_solution_nothing_of_it_is_loaded(tmp_path: Path) -> None:
    folder = tmp_path / "assignments" / "backprop"
    shutil.copytree(ROOT / "assignments" / "backprop", folder)
    assert load_course(folder, with_solution=False).solution is None
    with pytest.raises(AssignmentError, match=r"solution\.py: no such file"):
        load_course(folder, with_solution=True)


def task(**changes: Any) -> Task:
    fields: dict[str, Any] = {
        "name": "f",
        "forward": lambda Z: Z,
        "inputs": {"g": Array(("n",)), "Z": Array(("n",))},
        "upstream": "g",
        "arguments": lambda g, Z: (g, Z),
        "returned": (Returned("dZ", wrt="Z"),),
        "points": 1,
    }
    return Task(**{**fields, **changes})


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"name": "not a name"}, "not a Python identifier"),
        ({"points": 0}, "points is 0"),
        ({"upstream": "h"}, "upstream 'h' is not an input"),
        ({"forward": lambda Y: Y}, r"forward takes \(Y\) but the inputs are \(Z\)"),
        ({"returned": ()}, "names no value"),
        ({"returned": (Returned("dZ", wrt="g"),)}, "not an input of forward"),
        ({"returned": (Returned("dZ", wrt="Z", mean_over="m"),)}, "averaged over 'm'"),
    ],
)
def test_a_mistake_in_a_task(changes: dict[str, Any], says: str) -> None:
    with pytest.raises(AssignmentError, match=says):
        task(**changes)


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: Array(("n",), draw="gaussian"), "draw is 'gaussian'"),  # type: ignore[arg-type]
        (lambda: Array(kink=0.0), "not for a plain float"),
        (lambda: Shares(pure=-1), "pure is -1"),
        (lambda: Shares(correct=0), "correct is 0, must be a number above 0"),
        (lambda: Assignment("t", ()), "at least one task"),
        (lambda: Assignment("t", (task(), task())), "declared twice"),
        (lambda: Assignment("t", (task(),), public_share=2), "public_share is 2"),
    ],
)
def test_a_mistake_in_an_assignment(make: Any, says: str) -> None:
    with pytest.raises(AssignmentError, match=says):
        make()


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: Array(("n", -1)), r"shape \('n', -1\) is -1, must be a whole number from 1"),
        (lambda: Array(("n", 10**9)), "must be a whole number from 1 to 1000"),
        (lambda: Array(3), r'shape is 3, must be a tuple: \("n", "m"\)'),  # type: ignore[arg-type]
        (lambda: Array(("n",), kink=float("nan")), "kink is nan"),
        (lambda: Array(("n",), large=-5.0), "large is -5.0, must be a number above 1"),
        (lambda: Returned("dW", wrt="W", weight=0), "dW: weight is 0"),
        (lambda: task(points=float("nan")), "points is nan"),
        (lambda: task(points=33.335), "points is 33.335, must be whole hundredths"),
        (lambda: task(name="score"), "task score: that is a column of the reports"),
        (lambda: task(name="class"), "not a Python identifier"),
        (lambda: task(forward=3), "forward is 3, must be a function"),
        (lambda: task(inputs={"g": 3, "Z": Array(("n",))}), "inputs must be a dict of Array"),
        (lambda: task(sizes=({"k": 2},)), "must name n and no others"),
        (lambda: task(sizes=({"n": 0},)), "sizes: n is 0, must be a whole number from 1"),
        (lambda: task(returned=Returned("dZ", wrt="Z")), "must be a tuple of Returned"),
        (lambda: task(returned=2 * (Returned("dZ", wrt="Z"),)), "dZ is returned twice"),
        (lambda: Assignment("t", task()), "tasks must be a tuple of Task"),  # type: ignore[arg-type]
        (lambda: Assignment("t", (task(),), late=0.1), r"late is 0.1, must be Late"),  # type: ignore[arg-type]
        (lambda: Late(per_day=-1), "late: per_day is -1, must be a number from 0 and at most 1"),
        (lambda: Late(grace_minutes=-1), "grace_minutes is -1"),
        (lambda: Attempts(limit=0), "attempts: limit is 0, must be a whole number from 1"),
        (lambda: Attempts(keep="frist"), "keep is 'frist', must be one of best, last"),  # type: ignore[arg-type]
        (lambda: Limits(0, 0, 0), "cell_seconds is 0"),
        (lambda: Limits(memory_bytes=2**20), "memory_bytes is 1048576"),
        (lambda: Twin("f", "dZ", 3), "the twin for f.dZ is 3, must be a function"),  # type: ignore[arg-type]
        (lambda: Misconception("Soft plus", "a", "b", ()), "'Soft plus' must be small letters"),
        (lambda: Misconception("soft-plus", "", "b", ()), "soft-plus: says is ''"),
        (lambda: Solution({"f": 3}), "references must be a dict of Callable"),  # type: ignore[dict-item]
        (lambda: Solution({"f": abs}, private_sizes=(2, 2)), "the largest is 2"),
        (lambda: Solution({"f": abs}, private_cases=0), "private_cases is 0"),
    ],
)
def test_nonsense_is_refused_in_one_line(make: Any, says: str) -> None:
    with pytest.raises(AssignmentError, match=says) as caught:
        make()
    assert "\n" not in str(caught.value)


def broken(tmp_path: Path, *changes: tuple[str, str], file: str = "assignment") -> Path:
    """The assignment on one layer with some text of one of its files changed."""
    for folder in ("assignments", "solutions"):
        shutil.copytree(ROOT / folder / "backprop", tmp_path / folder / "backprop")
    place = tmp_path / f"{file}s" / "backprop" / f"{file}.py"
    text = place.read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    place.write_text(text, encoding="utf-8")
    return tmp_path / "assignments" / "backprop"


RELU = "    return np.maximum(0.0, Z)"
DRAWN = 'inputs={"dA": Array(("n", "m")), "Z": Array(("n", "m"), kink=0.0, large=1e6)},'
RIGHT = "    return dA * (Z > 0)"


@pytest.mark.parametrize(
    ("file", "change", "says"),
    [
        ("assignment", ('"""The', 'import sys; sys.exit(3)\n"""The'), "it ends the process"),
        ("assignment", (RELU, "    return None"), "forward returns object, must return real"),
        ("assignment", (RELU, "    return Z * np.nan"), "forward gives NaN or infinity"),
        ("assignment", (RELU, "    return np.sum(Z)"), r"forward returns an array of shape \(\)"),
        ("assignment", (RELU, "    return np.random.rand(*Z.shape)"), "can't be measured"),
        ("assignment", (RELU, "    while True: pass"), "does not come to an end within 1 seconds"),
        (
            "assignment",
            (DRAWN, f"usable=lambda Z: False,\n{DRAWN}"),
            r"assignment\.py: task relu_backward: none of 1000 inputs",
        ),
        (
            "assignment",
            (DRAWN, f"usable=lambda Z: 1 / 0,\n{DRAWN}"),
            r"assignment\.py: task relu_backward: `usable` raises ZeroDivisionError",
        ),
        (
            "assignment",
            (DRAWN, f"nudge=lambda Z: Z,\n{DRAWN}"),
            "`nudge` must return a dict of inputs of forward",
        ),
        (
            "assignment",
            (DRAWN, f'nudge=lambda Z: {{"Z": 1.0}},\n{DRAWN}'),
            "`nudge` changes the shape of Z",
        ),
        (
            "assignment",
            (DRAWN, f'sizes=({{"n": 900, "m": 900}},),\n{DRAWN}'),
            r"have 1620000 entries, and 20000 are the most",
        ),
        (
            "assignment",
            ("arguments=lambda dA, Z: (dA, Z)", "arguments=lambda dA, Z: [dA, Z]"),
            "`arguments` returns list, must return a tuple or a dict",
        ),
        (
            "assignment",
            ("arguments=lambda dA, Z: (dA, Z)", 'arguments=lambda dA, Z: {"dA": dA, "c": (Z,)}'),
            "`arguments` gives 'c' as tuple, must name arrays and numbers only",
        ),
        ("assignment", ("limits=", 'python="/nope",\n    limits='), "python is '/nope'"),
        ("solution", (RIGHT, "    return dA / 0 if isinstance(dA, int) else 1 // 0"), "by zero"),
        ("solution", (RIGHT, "    while True: pass"), "does not come to an end within 1 seconds"),
        (
            "solution",
            ("references={", 'references={"tanh_backward": relu_backward,'),
            "`references` has 'tanh_backward', which is no task's name",
        ),
        (
            "solution",
            ("lambda dA, Z: relu(dA)", "lambda dA, Z: 1 // 0"),
            r"solution\.py: misconception activation-of-gradient: the twin for relu_backward\.dZ",
        ),
    ],
)
def test_nobody_is_graded_by_a_broken_assignment(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    file: str,
    change: tuple[str, str],
    says: str,
) -> None:
    monkeypatch.setattr("grader.authors.PATIENCE_SECONDS", 1)
    folder = broken(tmp_path, change, file=file)
    with pytest.raises(AssignmentError, match=says) as caught:
        make_answer_key(load_course(folder, with_solution=True), 3)
    assert "\n" not in str(caught.value)
    assert f"{file}.py" in str(caught.value) or "assignment.py" in str(caught.value)


def test_what_authors_print_is_kept_off_stdout(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    loud = "    print('loud'); np.log(-1.0)\n"
    folder = broken(tmp_path, (RELU, loud + RELU), ('"""The', 'print("first")\n"""The'))
    key = make_answer_key(load_course(folder, with_solution=True), 3)
    task = key.course.assignment.tasks[1]
    try_function(key, task, lambda dA, Z: print("student") or dA)  # type: ignore[func-returns-value]
    said = capfd.readouterr()
    assert said.out == ""
    assert {"first", "loud", "student"} <= set(said.err.split())
    assert "RuntimeWarning" not in said.err


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ((RELU, "    return None"), "forward returns object, must return real numbers"),
        (('"""The', 'import sys; sys.exit(3)\n"""The'), "it ends the process"),
        (("limits=Limits(", "late=Late(per_day=-1),\n    limits=Limits("), "late: per_day is -1"),
    ],
)
def test_one_line_and_exit_code_2_from_the_command_line(
    tmp_path: Path, change: tuple[str, str], says: str
) -> None:
    with_late = ("from grader import Array,", "from grader import Array, Late,")
    broken(tmp_path, change, with_late)
    write(tmp_path / "class" / "ada.ipynb", "1")
    for command in (("validate", "backprop"), ("grade", "class", "--assignment", "backprop")):
        done = grader(*command, cwd=tmp_path)
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.count("\n") == 1
        assert "assignments/backprop/assignment.py" in done.stderr
        assert says in done.stderr
    assert not (tmp_path / "reports" / "backprop" / "scores.csv").exists()
