"""A loss that is an average says so by its numbers, and mistakes in the average are named."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from grader.answer_key import AnswerKey, make_answer_key
from grader.assignment import Array, Assignment, Course, Returned, Solution, Task
from grader.diagnosis.averages import averaged_over
from tests.diagnosis.test_mistakes import named


def of_loss(forward: Any) -> Task:
    """A task whose forward function gives the loss itself; `mean_over` is left out."""
    return Task(
        name="slope",
        forward=forward,
        inputs={"W": Array(("k", "n")), "X": Array(("n", "m")), "Y": Array(("k", "m"))},
        arguments=lambda W, X, Y: (W, X, Y),
        returned=(Returned("dW", wrt="W"),),
        points=10,
    )


def of_examples(W: Any, X: Any, Y: Any) -> Any:
    return np.sum((W @ X - Y) ** 2) / X.shape[1]


def of_entries(W: Any, X: Any, Y: Any) -> Any:
    return np.mean((W @ X - Y) ** 2)


def summed(W: Any, X: Any, Y: Any) -> Any:
    return np.sum((W @ X - Y) ** 2)


def for_three_examples(W: Any, X: Any, Y: Any) -> Any:
    if X.shape[1] > 3:
        raise ValueError("three examples at most")
    return of_examples(W, X, Y)


@pytest.mark.parametrize(
    ("forward", "symbols"),
    [
        (of_examples, ("m",)),
        (of_entries, ("k", "m")),
        (summed, ()),
        (for_three_examples, ()),
    ],
)
def test_a_loss_is_an_average_over_what_may_come_twice(forward: Any, symbols: Any) -> None:
    draw = np.random.default_rng(1).normal
    inputs = {"W": draw(size=(2, 4)), "X": draw(size=(4, 3)), "Y": draw(size=(2, 3))}
    assert averaged_over(of_loss(forward), inputs) == symbols


def key_for(task: Task, right: Any) -> AnswerKey:
    assignment = Assignment("a loss", (task,))
    course = Course("loss", Path(), assignment, Solution({task.name: right}), None)
    return make_answer_key(course, 3)


def times(factor: Any) -> Any:
    return lambda W, X, Y: 2 * (W @ X - Y) @ X.T * factor(len(Y), len(X), X.shape[1])


@pytest.mark.parametrize(
    ("ids", "factor"),
    [
        ("missing-1-over-m", lambda k, n, m: 1.0),
        ("wrong-m", lambda k, n, m: 1 / n),
        ("extra-1-over-m", lambda k, n, m: 1 / m / m),
        ("extra-m", lambda k, n, m: n / m),
        ("missing-1-over-m sign-flipped", lambda k, n, m: -1.0),
    ],
)
def test_a_mistake_in_an_average_that_is_not_declared(ids: str, factor: Any) -> None:
    key = key_for(of_loss(of_examples), times(lambda k, n, m: 1 / m))
    assert named(key, "slope", times(factor)) == {"dW": {ids}}


@pytest.mark.parametrize(
    "factor", [lambda k, n, m: 1.0, lambda k, n, m: 1 / m, lambda k, n, m: 1 / k]
)
def test_of_an_average_over_two_sizes_either_or_both_may_be_forgotten(factor: Any) -> None:
    key = key_for(of_loss(of_entries), times(lambda k, n, m: 1 / m / k))
    assert named(key, "slope", times(factor)) == {"dW": {"missing-1-over-m"}}


def test_a_sum_that_is_multiplied_by_a_size_misses_no_average() -> None:
    key = key_for(of_loss(summed), times(lambda k, n, m: 1.0))
    assert named(key, "slope", times(lambda k, n, m: m)) == {"dW": {"extra-m"}}
