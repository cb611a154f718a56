"""Every mistake of the course, by its numbers; and no right function is ever accused."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from grader.answer_key import AnswerKey, make_answer_key
from grader.assignment import Course
from grader.proving import try_function

F = Callable[..., Any]


def sig(Z: Any) -> Any:
    with np.errstate(over="ignore"):
        return 1 / (1 + np.exp(-Z))


def linear(formula: F) -> F:
    """linear_backward from a formula of dZ, A_prev, W, b, m."""

    def linear_backward(dZ: Any, cache: Any) -> Any:
        return formula(dZ, *cache, dZ.shape[1])

    return linear_backward


def with_dA(formula: F) -> F:
    return linear(lambda g, A, W, b, m: (formula(g, A, W, b, m), g @ A.T / m, bias(g, m)))


def with_dW(formula: F) -> F:
    return linear(lambda g, A, W, b, m: (W.T @ g, formula(g, A, W, b, m), bias(g, m)))


def with_db(formula: F) -> F:
    return linear(lambda g, A, W, b, m: (W.T @ g, g @ A.T / m, formula(g, m)))


def bias(g: Any, m: int) -> Any:
    return np.sum(g, axis=1, keepdims=True) / m


def masks_in_place(dA: Any, Z: Any) -> Any:
    dA[Z <= 0] = 0
    return dA


LINEAR = [
    ("dA_prev", "da-repeats-dw", with_dA(lambda g, A, W, b, m: g @ A.T / m)),
    ("dA_prev", "da-has-1-over-m", with_dA(lambda g, A, W, b, m: W.T @ g / m)),
    ("dA_prev", "w-not-transposed", with_dA(lambda g, A, W, b, m: W @ g)),
    ("dA_prev", "w-not-transposed", with_dA(lambda g, A, W, b, m: g @ W)),
    ("dA_prev", "transposed", with_dA(lambda g, A, W, b, m: g.T @ W)),
    ("dA_prev", "sign-flipped", with_dA(lambda g, A, W, b, m: -W.T @ g)),
    ("dA_prev", "constant-factor", with_dA(lambda g, A, W, b, m: 2 * W.T @ g)),
    ("dA_prev", "constant-answer", with_dA(lambda g, A, W, b, m: np.zeros_like(A))),
    ("dA_prev", "constant-answer", with_dA(lambda g, A, W, b, m: np.array([[1.0, -2.0]]))),
    ("dA_prev", "input-returned", with_dA(lambda g, A, W, b, m: A)),
    ("dA_prev", "input-returned", with_dA(lambda g, A, W, b, m: g)),
    ("dA_prev", "da-has-1-over-m w-not-transposed", with_dA(lambda g, A, W, b, m: W @ g / m)),
    ("dA_prev", "da-has-1-over-m sign-flipped", with_dA(lambda g, A, W, b, m: -W.T @ g / m)),
    ("dA_prev", "extra-1-over-m", with_dA(lambda g, A, W, b, m: W.T @ g / len(g))),
    ("dA_prev", "da-repeats-dw missing-1-over-m", with_dA(lambda g, A, W, b, m: g @ A.T)),
    ("dW", "dw-uses-gradient", with_dW(lambda g, A, W, b, m: g @ g.T / m)),
    ("dW", "dw-uses-gradient", with_dW(lambda g, A, W, b, m: g @ (W.T @ g).T / m)),
    ("dW", "dw-uses-gradient missing-1-over-m", with_dW(lambda g, A, W, b, m: g @ (W.T @ g).T)),
    ("dW", "missing-1-over-m", with_dW(lambda g, A, W, b, m: g @ A.T)),
    ("dW", "wrong-m", with_dW(lambda g, A, W, b, m: g @ A.T / len(g))),
    ("dW", "wrong-m", with_dW(lambda g, A, W, b, m: g @ A.T / len(A))),
    ("dW", "transposed", with_dW(lambda g, A, W, b, m: A @ g.T / m)),
    ("dW", "missing-1-over-m transposed", with_dW(lambda g, A, W, b, m: A @ g.T)),
    ("dW", "missing-1-over-m sign-flipped", with_dW(lambda g, A, W, b, m: -g @ A.T)),
    ("dW", "extra-1-over-m", with_dW(lambda g, A, W, b, m: g @ A.T / m / m)),
    ("dW", "another-value extra-1-over-m", with_dW(lambda g, A, W, b, m: W.T @ g / m)),
    ("db", "db-sums-everything", with_db(lambda g, m: np.sum(g) / m)),
    ("db", "db-sums-everything", with_db(lambda g, m: np.sum(g, keepdims=True) / m)),
    ("db", "db-sums-everything missing-1-over-m", with_db(lambda g, m: np.sum(g))),
    ("db", "db-sums-everything wrong-m", with_db(lambda g, m: np.mean(g))),
    ("db", "db-sums-everything wrong-m", with_db(lambda g, m: np.mean(g, keepdims=True))),
    ("db", "db-sums-everything wrong-m", with_db(lambda g, m: np.sum(g) / len(g))),
    ("db", "input-returned", with_db(lambda g, m: g)),
    ("db", "missing-sum", with_db(lambda g, m: g / m)),
    ("db", "", with_db(lambda g, m: np.tile(bias(g, m), (1, m)))),
    ("db", "missing-sum sign-flipped", with_db(lambda g, m: -g / m)),
    ("dW", "missing-sum", with_dW(lambda g, A, W, b, m: g[:, None] * A[None] / m)),
    (
        "dW",
        "missing-1-over-m missing-sum",
        with_dW(lambda g, A, W, b, m: g[:, None] * A[None]),
    ),
    ("db", "db-shape sign-flipped", with_db(lambda g, m: -np.sum(g, axis=1) / m)),
    ("db", "db-shape", with_db(lambda g, m: np.sum(g, axis=1) / m)),
    ("db", "db-shape", with_db(lambda g, m: np.squeeze(bias(g, m)))),
    ("db", "db-shape missing-1-over-m", with_db(lambda g, m: np.sum(g, axis=1))),
    ("db", "db-wrong-axis", with_db(lambda g, m: np.sum(g, axis=0, keepdims=True) / m)),
    ("db", "db-wrong-axis", with_db(lambda g, m: np.mean(g, axis=0))),
    ("db", "missing-1-over-m", with_db(lambda g, m: np.sum(g, axis=1, keepdims=True))),
    ("db", "wrong-m", with_db(lambda g, m: np.sum(g, axis=1, keepdims=True) / len(g))),
]
RELU = [
    ("dZ", "activation-of-gradient", lambda dA, Z: np.maximum(0, dA)),
    ("dZ", "missing-derivative", lambda dA, Z: dA),
    ("dZ", "missing-upstream", lambda dA, Z: np.where(Z > 0, 1.0, 0.0)),
    ("dZ", "missing-upstream", lambda dA, Z: Z > 0),
    ("dZ", "mask-inverted", lambda dA, Z: dA * (Z <= 0)),
    ("dZ", "mask-inverted missing-upstream", lambda dA, Z: 1.0 * (Z <= 0)),
    ("dZ", "mask-inverted sign-flipped", lambda dA, Z: -dA * (Z <= 0)),
    ("dZ", "changes-input", masks_in_place),
    ("dZ", "sign-flipped", lambda dA, Z: -dA * (Z > 0)),
]
SIGMOID = [
    ("dZ", "activation-of-gradient", lambda dA, Z: sig(dA)),
    ("dZ", "derivative-of-wrong-variable", lambda dA, Z: dA * sig(dA) * (1 - sig(dA))),
    ("dZ", "derivative-of-wrong-variable", lambda dA, Z: dA * sig(sig(Z)) * (1 - sig(sig(Z)))),
    ("dZ", "derivative-of-wrong-variable", lambda dA, Z: dA * Z * (1 - Z)),
    ("dZ", "derivative-of-wrong-variable missing-upstream", lambda dA, Z: Z * (1 - Z)),
    (
        "dZ",
        "derivative-of-wrong-variable missing-upstream",
        lambda dA, Z: sig(sig(Z)) * (1 - sig(sig(Z))),
    ),
    ("dZ", "missing-derivative", lambda dA, Z: dA),
    ("dZ", "missing-upstream", lambda dA, Z: sig(Z) * (1 - sig(Z))),
    ("dZ", "sign-flipped", lambda dA, Z: -dA * sig(Z) * (1 - sig(Z))),
    ("dZ", "low-precision", lambda dA, Z: dA * sig(np.float32(Z)) * (1 - sig(np.float32(Z)))),
    ("dZ", "low-precision", lambda dA, Z: dA * (sig(Z) * (1 - sig(Z)) + 1e-8)),
    ("dZ", "low-precision", lambda dA, Z: dA * (sig(Z + 1e-6) - sig(Z - 1e-6)) / 2e-6),
    ("dZ", "", lambda dA, Z: np.float16(dA * sig(Z) * (1 - sig(Z)))),
    ("dZ", "overflow", lambda dA, Z: dA * np.exp(Z) / (1 + np.exp(Z)) ** 2),
]
ALL = [
    *(("linear_backward", *row) for row in LINEAR),
    *(("relu_backward", *row) for row in RELU),
    *(("sigmoid_backward", *row) for row in SIGMOID),
]


def named(key: AnswerKey, name: str, function: F) -> dict[str, set[str]]:
    """The ids named for each value."""
    task = next(task for task in key.course.assignment.tasks if task.name == name)
    _, findings, _ = try_function(key, task, function)
    ids: dict[str, set[str]] = {}
    for finding in findings:
        ids.setdefault(finding.value, set()).add(" ".join(finding.ids))
    return ids


@pytest.mark.parametrize(("task", "value", "ids", "function"), ALL)
def test_names_exactly_the_mistake_that_was_made(
    backprop_key: AnswerKey, task: str, value: str, ids: str, function: F
) -> None:
    assert named(backprop_key, task, function)[value] == {ids}


def test_values_in_another_order_are_called_swapped(backprop_key: AnswerKey) -> None:
    swapped = linear(lambda g, A, W, b, m: (g @ A.T / m, W.T @ g, bias(g, m)))
    found = named(backprop_key, "linear_backward", swapped)
    assert found == {"dA_prev": {"returns-swapped"}, "dW": {"returns-swapped"}}


@pytest.mark.parametrize(
    ("formula", "ids"),
    [
        (
            lambda g, A, W, b, m: (g @ A.T / m, bias(g, m), W.T @ g / m),
            ("", "", "da-has-1-over-m "),
        ),
        (
            lambda g, A, W, b, m: (W.T @ g, bias(g, m) * m, g @ A.T),
            (None, "missing-1-over-m ", "missing-1-over-m "),
        ),
        (lambda g, A, W, b, m: (bias(g, m), g @ A.T / m, W.T @ g), ("", None, "")),
    ],
)
def test_another_order_and_one_more_mistake_are_both_named(
    backprop_key: AnswerKey, formula: F, ids: tuple[str | None, ...]
) -> None:
    expected = {
        value: {f"{name}returns-swapped"}
        for value, name in zip(("dA_prev", "dW", "db"), ids, strict=True)
        if name is not None
    }
    assert named(backprop_key, "linear_backward", linear(formula)) == expected


@pytest.mark.parametrize(
    "function",
    [
        lambda dA, Z: dA * (Z > 0).all(axis=0),
        lambda dA, Z: dA * (Z > 0) if Z.size == 4 else dA * 0,
    ],
)
def test_an_answer_that_changes_anywhere_is_not_constant(backprop: Course, function: F) -> None:
    for seed in range(8):
        found = named(make_answer_key(backprop, seed), "relu_backward", function)
        assert "constant-answer" not in " ".join(found["dZ"])


def test_an_answer_is_constant_whatever_its_size(backprop_key: AnswerKey) -> None:
    zero = np.zeros((), np.int8)
    found = named(
        backprop_key, "relu_backward", lambda dA, Z: np.broadcast_to(zero, (100 + len(Z), 5000))
    )
    assert found == {"dZ": {"constant-answer"}}


def test_only_the_wrong_value_is_accused(backprop_key: AnswerKey) -> None:
    found = named(backprop_key, "linear_backward", with_db(lambda g, m: np.sum(g, axis=1) / m))
    assert set(found) == {"db"}


RIGHT = [
    ("linear_backward", linear(lambda g, A, W, b, m: (W.T @ g, g @ A.T / m, bias(g, m)))),
    (
        "linear_backward",
        linear(
            lambda g, A, W, b, m: [
                np.einsum("ij,ik->jk", W, g),
                np.einsum("ik,jk->ij", g, A) / m,
                g.mean(axis=1)[:, None],
            ]
        ),
    ),
    ("relu_backward", lambda dA, Z: dA * (Z > 0)),
    ("relu_backward", lambda dA, Z: dA * (Z >= 0)),
    ("relu_backward", lambda dA, Z: np.where(Z > 0, dA, 0)),
    ("sigmoid_backward", lambda dA, Z: dA * sig(Z) * (1 - sig(Z))),
    ("sigmoid_backward", lambda dA, Z: dA * sig(Z) * sig(-Z)),
    ("sigmoid_backward", lambda dA, Z: dA * (0.25 / np.cosh(np.clip(Z, -700, 700) / 2) ** 2)),
]


@pytest.mark.parametrize(("task", "function"), RIGHT)
def test_a_right_function_is_never_diagnosed(
    backprop_key: AnswerKey, task: str, function: F
) -> None:
    assert named(backprop_key, task, function) == {}


def test_without_twins_the_general_detectors_still_see_most(backprop_key: AnswerKey) -> None:
    from dataclasses import replace

    key = make_answer_key(replace(backprop_key.course, solution=None), None)
    not_derivable = (3, 4)  # Z * (1 - Z) takes the cache for the sigmoid's output
    for task, rows in (("relu_backward", RELU), ("sigmoid_backward", SIGMOID)):
        for number, (_, ids, function) in enumerate(rows):
            if task == "relu_backward" or number not in not_derivable:
                # relu(dA) is also dA times the slope at dA: without an author, both are named.
                assert set(ids.split()) <= set(named(key, task, function)["dZ"].pop().split())
    transposed = with_dW(lambda g, A, W, b, m: A @ g.T / m)
    assert named(key, "linear_backward", transposed) == {"dW": {"transposed"}}


def test_the_authors_name_stands_for_the_general_one(scalar_net_key: AnswerKey) -> None:
    wrong = scalar_net_key.course.solution.references["gradient"]  # type: ignore[union-attr]
    found = named(scalar_net_key, "gradient", lambda w, x, d: -wrong(w, x, d))
    assert found["g"] == {"error-sign"}


@pytest.mark.parametrize("threshold", [2e-4, -2e-4, 1e-3, 0.1, -0.1, 0.2])
def test_a_wrong_threshold_earns_nothing(backprop_key: AnswerKey, threshold: float) -> None:
    task = backprop_key.course.assignment.tasks[1]
    _, _, rows = try_function(backprop_key, task, lambda dA, Z: dA * (threshold < Z))
    assert sum(row.points for row in rows) == 0


def test_memory_layouts_are_tried_without_a_kernel(backprop_key: AnswerKey) -> None:
    task = backprop_key.course.assignment.tasks[1]
    flags = {truth.case.name: [] for truth in backprop_key.truths["relu_backward"].values()}

    def looks(dA: Any, Z: Any) -> Any:
        seen.append((dA.flags.c_contiguous, dA.flags.f_contiguous))
        return dA * (Z > 0)

    seen: list[tuple[bool, bool]] = []
    try_function(backprop_key, task, looks)
    layouts = dict(zip(flags, seen, strict=True))
    assert layouts["fortran-order"] == (False, True)
    assert layouts["strided"] == (False, False)
    assert layouts["drawn-1"][0]


def test_a_wrong_answer_for_one_layout_loses_that_case(backprop_key: AnswerKey) -> None:
    def in_memory_order(g: Any, A: Any, W: Any, b: Any, m: int) -> Any:
        straight = A.ravel(order="K").reshape(A.shape)
        return W.T @ g, g @ straight.T / m, bias(g, m)

    task = backprop_key.course.assignment.tasks[0]
    _, _, rows = try_function(backprop_key, task, linear(in_memory_order))
    failed = {row.case for row in rows if row.outcome == "failed"}
    assert failed == {"fortran-order"}
