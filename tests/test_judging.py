"""The one message of a verdict; and that what was judged before is not judged again."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader import judging
from grader.answer_key import AnswerKey
from grader.assignment import Task
from grader.execution import Answer, Definition, Execution, Leaf
from grader.execution.answers import Raised
from grader.judging import Judge
from grader.submission import Notebook
from grader.truth import Truth
from tests.conftest import ROOT, grader
from tests.notebooks import write


def test_a_name_that_is_no_function_is_said_in_the_students_row(tmp_path: Path) -> None:
    write(tmp_path / "class" / "ada.ipynb", "relu_backward = 5")
    done = grader(
        *("grade", tmp_path / "class", "--assignment", "backprop", "--out", tmp_path / "out"),
        cwd=ROOT,
    )
    assert done.returncode == 0, done.stderr
    row = pd.read_csv(tmp_path / "out" / "scores.csv").iloc[0]
    assert "relu_backward is an int, not a function" in row["message"]
    assert "not asked" not in row["message"]


NOTEBOOK = Notebook(((1, "1"),))


def right(task: Task, truth: Truth) -> list[np.ndarray]:
    return [truth.expected[value.name].copy() for value in task.returned]


def answered(arrays: list[np.ndarray]) -> Answer:
    leaves = [Leaf(array, "ndarray") for array in arrays]
    return Answer("returned", leaves if len(leaves) > 1 else leaves[0], None)


def right_execution(key: AnswerKey) -> Execution:
    tasks = key.course.assignment.tasks
    answers = {
        task.name: {
            case: answered(right(task, truth)) for case, truth in key.truths[task.name].items()
        }
        for task in tasks
    }
    definitions = {task.name: Definition(True, True, "function", "") for task in tasks}
    return Execution("ok", (), (), (), definitions, answers, {}, 1.0)


CHANGES: dict[str, Callable[[list[np.ndarray]], Answer]] = {
    "nothing": lambda right: answered(right),
    "a bit": lambda right: answered([np.nextafter(array, np.inf) for array in right]),
    "the numbers": lambda right: answered([array + 1 for array in right]),
    "the sign of zeros": lambda right: answered([np.where(a == 0, -0.0, a) for a in right]),
    "the precision": lambda right: answered([array.astype(np.float32) for array in right]),
    "the shape": lambda right: answered([array.T.copy() for array in right]),
    "the arguments": lambda right: replace(answered(right), after=(right[0] + 1,)),
    "a warning": lambda right: replace(answered(right), warnings=("RuntimeWarning: overflow",)),
    "how many": lambda right: answered([*right, right[0]]),
    "the names": lambda right: Answer("returned", {"dW": Leaf(right[0], "ndarray")}, None),
    "silence": lambda right: Answer("unanswered"),
    "an error": lambda right: Answer("raised", raised=Raised("ValueError", "", "", 1, "f")),
}


def changed(execution: Execution, key: AnswerKey, place: int, how: str) -> Execution:
    """The execution with one answer changed in one way."""
    tasks = key.course.assignment.tasks
    task = tasks[place % len(tasks)]
    truths = key.truths[task.name]
    case = [*truths][place % len(truths)]
    of_task = {**execution.answers[task.name], case: CHANGES[how](right(task, truths[case]))}
    return replace(execution, answers={**execution.answers, task.name: of_task})


@given(
    changes=st.lists(
        st.tuples(st.integers(0, 40), st.sampled_from(sorted(CHANGES))), min_size=2, max_size=5
    )
)
@settings(max_examples=25, deadline=None)
def test_what_is_remembered_is_what_would_be_found_anew(
    changes: list[tuple[int, str]], backprop_key: AnswerKey
) -> None:
    remembers = Judge(backprop_key)
    execution = right_execution(backprop_key)
    for place, how in changes:
        execution = changed(execution, backprop_key, place, how)
        found = [judge.verdict(NOTEBOOK, execution) for judge in (remembers, Judge(backprop_key))]
        assert found[0].to_json() == found[1].to_json()


def test_the_same_answers_are_judged_once(
    backprop_key: AnswerKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    judged: list[str] = []
    work = judging.judged_task

    def noted(key: AnswerKey, task: Task, *rest: Any) -> judging.JudgedTask:
        judged.append(task.name)
        return work(key, task, *rest)

    monkeypatch.setattr(judging, "judged_task", noted)
    judge = Judge(backprop_key)
    execution = right_execution(backprop_key)
    names = [task.name for task in backprop_key.course.assignment.tasks]
    verdicts = [judge.verdict(NOTEBOOK, execution), judge.verdict(NOTEBOOK, execution)]
    assert judged == names
    assert {verdict.cents() for verdict in verdicts} == {verdicts[0].most_cents}
    judge.verdict(NOTEBOOK, changed(execution, backprop_key, 0, "a bit"))
    assert judged == [*names, names[0]]


def test_why_a_function_could_not_be_asked_is_not_taken_from_another_student(
    backprop_key: AnswerKey,
) -> None:
    judge = Judge(backprop_key)
    nothing = Execution("ok", (), (), (), {}, {}, {}, 1.0)
    said = {
        judge.verdict(Notebook(((number, source),)), execution).message
        for number, source in ((1, "1"), (2, "def relu_backward(:"))
        for execution in (nothing, replace(nothing, lost={"relu_backward": "died"}))
    }
    assert len(said) >= 3


@pytest.mark.parametrize(
    "number",
    [np.longdouble("1e4000"), -np.longdouble("1e4000"), np.finfo(float).max, np.inf, np.nan],
    ids=str,
)
@pytest.mark.filterwarnings("error")
def test_numbers_of_any_size_are_judged_without_a_warning(
    backprop_key: AnswerKey, number: Any
) -> None:
    execution = right_execution(backprop_key)
    signs = np.array([1, -1])
    answers = {
        task.name: {
            case: answered([np.resize(signs, a.shape) * number + a for a in right(task, truth)])
            for case, truth in backprop_key.truths[task.name].items()
        }
        for task in backprop_key.course.assignment.tasks
    }
    verdict = Judge(backprop_key).verdict(NOTEBOOK, replace(execution, answers=answers))
    assert verdict.cents() == 0
