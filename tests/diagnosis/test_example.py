"""The smallest failing example: which entries are marked, and what it never says."""

from typing import Any

import numpy as np

from grader.answer_key import AnswerKey
from grader.diagnosis import Finding
from tests.classes import graded, relu, sigmoid


def finding(key: AnswerKey, **functions: Any) -> Finding:
    (found,) = graded(key, "ada", **functions).verdict.findings
    return found


def test_marks_the_wrong_entries_and_no_others(backprop_key: AnswerKey) -> None:
    def last_entry_off(dA: Any, Z: Any) -> Any:
        dZ = relu(dA, Z)
        dZ[-1, -1] += 0.5
        return dZ

    example = finding(backprop_key, relu_backward=last_entry_off).example
    assert example is not None
    marks = np.array(example.off)
    assert marks.shape == np.shape(example.got)
    assert marks[-1, -1] == 4
    assert marks.sum() == 4


def test_marks_what_is_not_a_number(backprop_key: AnswerKey) -> None:
    def first_is_nan(dA: Any, Z: Any) -> Any:
        dZ = relu(dA, Z)
        dZ[0, 0] = np.nan
        return dZ

    example = finding(backprop_key, relu_backward=first_is_nan).example
    assert example is not None
    assert np.argwhere(example.off).tolist() == [[0, 0]]


def test_marks_nothing_where_the_shape_is_wrong(backprop_key: AnswerKey) -> None:
    example = finding(backprop_key, relu_backward=lambda dA, Z: relu(dA, Z).ravel()).example
    assert example is not None
    assert example.off is None


def test_does_not_hold_what_is_expected(backprop_key: AnswerKey) -> None:
    found = finding(backprop_key, sigmoid_backward=lambda dA, Z: 3 * sigmoid(dA, Z))
    assert found.example is not None
    wanted = sigmoid(*(np.array(found.example.inputs[name]) for name in ("dA", "Z")))
    for number in wanted.ravel():
        assert f"{number:.6g}" not in repr(found)


def test_numbers_that_are_not_real_are_named_and_can_be_kept(backprop_key: AnswerKey) -> None:
    standing = graded(backprop_key, "ada", relu_backward=lambda dA, Z: relu(dA, Z) + 0j)
    (found,) = standing.verdict.findings
    assert found.example is not None
    assert all(entry.endswith("0j") for row in found.example.got for entry in row)
    assert "complex" in standing.verdict.to_json()
