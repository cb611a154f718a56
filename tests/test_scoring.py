"""Points: earned by right values and nothing else, adding up to the cent."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.answer_key import AnswerKey
from grader.proving import try_function
from grader.scored_checks import ScoredCheck
from grader.scoring import allocated


@given(st.integers(0, 100_000), st.lists(st.floats(0.01, 100), min_size=1, max_size=50))
def test_parts_add_up_exactly_and_are_near_their_weights(total: int, weights: list[float]) -> None:
    parts = allocated(total, weights)
    assert sum(parts) == total
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part - total * weight / sum(weights)) <= 1


def test_equal_weights_put_the_first_ahead() -> None:
    assert allocated(100, [1, 1, 1]) == [34, 33, 33]


def rows_of(key: AnswerKey, name: str, function: Callable[..., Any]) -> list[ScoredCheck]:
    task = next(task for task in key.course.assignment.tasks if task.name == name)
    with np.errstate(all="ignore"):
        return try_function(key, task, function)[2]


def points(rows: list[ScoredCheck], **wanted: str) -> int:
    return sum(
        row.points
        for row in rows
        if all(getattr(row, field) == value for field, value in wanted.items())
    )


def right(dZ: Any, cache: Any) -> Any:
    A_prev, W, _ = cache
    m = dZ.shape[1]
    return W.T @ dZ, dZ @ A_prev.T / m, np.sum(dZ, axis=1, keepdims=True) / m


def without_db(dZ: Any, cache: Any) -> Any:
    dA_prev, dW, _ = right(dZ, cache)
    return dA_prev, dW, np.sum(dZ)


def test_a_right_function_earns_every_cent(backprop_key: AnswerKey) -> None:
    rows = rows_of(backprop_key, "linear_backward", right)
    assert points(rows) == sum(row.max_points for row in rows) == 6000
    assert points(rows, split="public") == 2400
    assert points(rows, split="private") == 3600


def test_a_right_value_earns_its_share_when_another_is_wrong(backprop_key: AnswerKey) -> None:
    rows = rows_of(backprop_key, "linear_backward", without_db)
    assert points(rows, value="dW") == points(rows, value="dA_prev") == 2000
    assert points(rows, value="db") == 0


WORTHLESS = {
    "zeros": lambda dZ, cache: tuple(np.zeros_like(array) for array in cache),
    "noise": lambda dZ, cache: tuple(np.random.default_rng().normal(size=a.shape) for a in cache),
    "NaN": lambda dZ, cache: tuple(np.full_like(array, np.nan) for array in cache),
    "infinity": lambda dZ, cache: tuple(np.full_like(array, np.inf) for array in cache),
    "the inputs": lambda dZ, cache: cache,
    "nothing": lambda dZ, cache: None,
    "float16": lambda dZ, cache: tuple(a.astype(np.float16) for a in right(dZ, cache)),
    "complex": lambda dZ, cache: tuple(a.astype(complex) for a in right(dZ, cache)),
    "objects": lambda dZ, cache: tuple(a.astype(object) for a in right(dZ, cache)),
    "whole numbers": lambda dZ, cache: tuple(a.astype(int) for a in right(dZ, cache)),
    "a scalar": lambda dZ, cache: (1.0, 1.0, 1.0),
    "too few": lambda dZ, cache: right(dZ, cache)[:2],
    "too many": lambda dZ, cache: (*right(dZ, cache), None),
}


@pytest.mark.parametrize("kind", WORTHLESS)
def test_nothing_is_earned_by(backprop_key: AnswerKey, kind: str) -> None:
    assert points(rows_of(backprop_key, "linear_backward", WORTHLESS[kind])) == 0


def test_a_table_of_the_public_answers_earns_nothing(backprop_key: AnswerKey) -> None:
    known = {
        np.asarray(truth.case.inputs["Z"]).tobytes(): truth.expected["dZ"]
        for truth in backprop_key.truths["sigmoid_backward"].values()
        if truth.case.split == "public"
    }
    rows = rows_of(
        backprop_key, "sigmoid_backward", lambda dA, Z: known.get(Z.tobytes(), np.zeros_like(Z))
    )
    assert points(rows) == 0
    assert any(row.outcome == "passed" and row.check == "gradient" for row in rows)


def test_writing_into_dA_costs_purity_alone(backprop_key: AnswerKey) -> None:
    def masks(dA: Any, Z: Any) -> Any:
        dA[Z <= 0] = 0
        return dA

    rows = rows_of(backprop_key, "relu_backward", masks)
    lost = {row.check for row in rows if row.points < row.max_points}
    assert lost == {"pure"}
    assert points(rows) == 1900


def test_overflow_costs_stability_alone(backprop_key: AnswerKey) -> None:
    rows = rows_of(
        backprop_key,
        "sigmoid_backward",
        lambda dA, Z: dA * np.exp(Z) / (1 + np.exp(Z)) ** 2,
    )
    assert {row.check for row in rows if row.points < row.max_points} == {"stable"}


def test_float32_in_and_out_is_right_within_float32(backprop_key: AnswerKey) -> None:
    def single(dZ: Any, cache: Any) -> Any:
        return tuple(array.astype(np.float32) for array in right(dZ, cache))

    assert points(rows_of(backprop_key, "linear_backward", single)) == 6000


def test_an_edge_case_alone_costs_that_edge_alone(backprop_key: AnswerKey) -> None:
    def fails_for_one_example(dA: Any, Z: Any) -> Any:
        return dA * (Z > 0) if Z.shape[1] > 1 else dA

    rows = rows_of(backprop_key, "relu_backward", fails_for_one_example)
    lost = {row.case for row in rows if row.points < row.max_points}
    assert lost == {"by-hand-m=1", "m=1"}
