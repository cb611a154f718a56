"""Whatever numbers come back, the judge makes a verdict of them that can be kept and reported."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from grader.answer_key import AnswerKey
from grader.execution import Answer, Definition, Execution, Leaf
from grader.execution.answers import Tree
from grader.gradebook import Handin
from grader.judging import Judge
from grader.reports import frames
from grader.reports.files import write_frame
from grader.standings import Standing
from grader.submission import Notebook
from grader.verdict import Verdict

DTYPES = st.sampled_from(
    [np.dtype(name) for name in ("?", "u1", "i1", "u8", "i8", "f2", "f4", "f8", "g", "F", "D", "G")]
)
ARRAYS = DTYPES.flatmap(
    lambda dtype: arrays.arrays(dtype, arrays.array_shapes(min_dims=0, max_dims=4, min_side=0))
)
LEAVES = st.one_of(ARRAYS.map(lambda a: Leaf(a, "ndarray")), st.just(Leaf(None, "text")))
TREES: st.SearchStrategy[Tree] = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner)
)


def verdict_on(key: AnswerKey, answers: dict[str, dict[str, Tree]]) -> Verdict:
    """The verdict on a kernel that answered so."""
    said = {
        task: {case: Answer("returned", tree) for case, tree in trees.items()}
        for task, trees in answers.items()
    }
    found = {task: Definition(True, True, "function", "") for task in answers}
    execution = Execution("ok", (), (), (), found, said, {}, 1.0)
    return Judge(key).verdict(Notebook(((1, "1"),)), execution)


def can_be_kept(verdict: Verdict, key: AnswerKey, folder: Path) -> None:
    kept = Verdict.from_json(verdict.to_json())
    assert kept.cents() == verdict.cents() == 0
    rows = [Standing(Handin("ada", "", "ada.ipynb", ""), kept, 1, 0)]
    write_frame(frames.scores_frame(key.course.assignment, rows), folder, "scores")
    write_frame(frames.checks_frame(rows), folder, "checks")


@given(trees=st.lists(TREES, min_size=1, max_size=4))
@settings(max_examples=60, deadline=None)
def test_anything_that_comes_back_is_judged(
    trees: list[Tree], backprop_key: AnswerKey, tmp_path_factory: pytest.TempPathFactory
) -> None:
    answers = {
        task: {case: trees[number % len(trees)] for number, case in enumerate(truths)}
        for task, truths in backprop_key.truths.items()
    }
    can_be_kept(verdict_on(backprop_key, answers), backprop_key, tmp_path_factory.mktemp("out"))


@pytest.mark.parametrize("number", [0.0, 1e308, -1e308, 5e-324, np.inf, -np.inf, np.nan, 65504.0])
@pytest.mark.parametrize("dtype", ["?", "u1", "i8", "u8", "f2", "f4", "f8", "g", "F", "D", "G"])
def test_any_number_of_any_kind_is_judged(
    dtype: str, number: float, backprop_key: AnswerKey, tmp_path: Path
) -> None:
    answers: dict[str, dict[str, Tree]] = {}
    for task, truths in backprop_key.truths.items():
        answers[task] = {}
        for case, truth in truths.items():
            with np.errstate(all="ignore"):
                leaves = [
                    Leaf(np.full(gradient.value.shape, number).astype(dtype), "ndarray")
                    for gradient in truth.gradient.values()
                ]
            answers[task][case] = leaves[0] if len(leaves) == 1 else list(leaves)
    can_be_kept(verdict_on(backprop_key, answers), backprop_key, tmp_path)
