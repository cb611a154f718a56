"""Mistakes of the whole network and of the network of two weights."""

from typing import Any

import numpy as np
import pytest

from grader.answer_key import AnswerKey
from grader.proving import try_function
from tests.diagnosis.test_mistakes import named

NAMES = ("dW1", "db1", "dW2", "db2", "dW3", "db3")


def backward(key: AnswerKey) -> Any:
    """The reference's own backward pass, whose steps can be replaced."""
    return key.course.solution.references["network_backward"].__globals__["backward"]  # type: ignore[union-attr]


def test_loss_second_denominator(deep_net_key: AnswerKey) -> None:
    found = named(deep_net_key, "loss_backward", lambda A, Y: -(Y / A - (1 - Y) / A))
    assert found == {"dA3": {"loss-second-denominator"}}


def test_loss_derivative_is_dz(deep_net_key: AnswerKey) -> None:
    assert named(deep_net_key, "loss_backward", lambda A, Y: A - Y) == {
        "dA3": {"loss-derivative-is-dz"}
    }


@pytest.mark.parametrize(
    ("values", "ids", "steps"),
    [
        (
            ("dW1", "dW2", "dW3"),
            "dw-off-by-one-layer",
            {"weight": lambda g, P, A, W, dA: g @ A.T / g.shape[1]},
        ),
        (
            ("dW1", "dW2", "dW3"),
            "dw-uses-gradient",
            {"weight": lambda g, P, A, W, dA: g @ g.T / g.shape[1]},
        ),
        (
            ("dW1", "db1", "dW2", "db2"),
            "da-has-1-over-m",
            {"back": lambda g, W, P, A: W.T @ g / g.shape[1]},
        ),
        (
            ("dW1", "db1", "dW2", "db2"),
            "activation-of-gradient",
            {"inner": lambda g, Z: np.maximum(0, g)},
        ),
        (("dW1", "db1", "dW2", "db2"), "missing-derivative", {"inner": lambda g, Z: g}),
        (("db1", "db2", "db3"), "db-shape", {"bias": lambda g, P: g.mean(axis=1)}),
        (
            ("dW1", "dW2", "dW3"),
            "dw-uses-gradient",
            {"weight": lambda g, P, A, W, dA: g @ dA.T / g.shape[1]},
        ),
        (
            ("dW1", "dW2", "dW3"),
            "dw-uses-gradient",
            {"weight": lambda g, P, A, W, dA: g @ (W.T @ g).T / g.shape[1]},
        ),
        (NAMES, "w-not-transposed", {"back": lambda g, W, P, A: np.dot(W, g)}),
        (NAMES, "w-not-transposed", {"back": lambda g, W, P, A: (g.T @ W.T).T}),
        (NAMES, "da-repeats-dw", {"back": lambda g, W, P, A: np.dot(g, P.T) / g.shape[1]}),
        (NAMES, "extra-1-over-m", {"loss": lambda A, Y: (A - Y) / A / (1 - A) / Y.shape[1]}),
        (
            NAMES,
            "wrong-m",
            {
                "weight": lambda g, P, A, W, dA: g @ P.T / len(g),
                "bias": lambda g, P: g.sum(axis=1, keepdims=True) / len(g),
            },
        ),
        (NAMES[:4], "missing-upstream", {"inner": lambda g, Z: 1.0 * (Z > 0)}),
        (
            NAMES,
            "missing-upstream",
            {"output": lambda g, Z: np.exp(-Z) / (1 + np.exp(-Z)) ** 2},
        ),
        (("db1", "db2", "db3"), "db-sums-everything", {"bias": lambda g, P: g.sum() / g.shape[1]}),
        (("dW3", "db3"), "loss-derivative-is-dz", {"loss": lambda A, Y: A - Y}),
        (("dW3", "db3"), "loss-second-denominator", {"loss": lambda A, Y: -(Y / A - (1 - Y) / A)}),
    ],
)
def test_a_wrong_step_is_named_in_every_value_it_spoils(
    deep_net_key: AnswerKey, values: tuple[str, ...], ids: str, steps: dict[str, Any]
) -> None:
    whole = backward(deep_net_key)
    found = named(deep_net_key, "network_backward", lambda *call: whole(*call, **steps))
    for value in values:
        assert found[value] == {ids}


def test_one_wrong_size_is_one_mistake_in_every_layer(deep_net_key: AnswerKey) -> None:
    whole = backward(deep_net_key)

    def by_inputs(A3: Any, Y: Any, caches: Any) -> Any:
        """m is taken from the wrong axis of X."""
        (X, _, _), _ = caches[0]
        n0, m = X.shape
        return {name: slope * m / n0 for name, slope in whole(A3, Y, caches).items()}

    found = named(deep_net_key, "network_backward", by_inputs)
    assert found == {name: {"wrong-m"} for name in NAMES}


def test_or_is_said_of_single_mistakes_only(deep_net_key: AnswerKey) -> None:
    whole = backward(deep_net_key)

    def two_at_once(*call: Any) -> Any:
        """Minus one number: what was summed up and what lost its dimension look the same."""
        grads = whole(*call)
        return {**grads, "db3": -grads["db3"].sum()}

    task = deep_net_key.course.assignment.tasks[1]
    _, findings, _ = try_function(deep_net_key, task, two_at_once)
    assert [(f.ids, f.either) for f in findings] == [
        (("db-sums-everything", "sign-flipped"), False)
    ]


def test_what_fits_equally_is_all_named(deep_net_key: AnswerKey) -> None:
    whole = backward(deep_net_key)

    def alone(*call: Any) -> Any:
        """One number of one layer, which is a sum of all and a lost dimension alike."""
        grads = whole(*call)
        return {**grads, "db3": grads["db3"].sum()}

    found = named(deep_net_key, "network_backward", alone)
    assert found == {"db3": {"db-shape db-sums-everything"}}


def test_sizes_that_clash_otherwise_accuse_nobody(deep_net_key: AnswerKey) -> None:
    whole = backward(deep_net_key)
    steps = {"weight": lambda g, P, A, W, dA: np.dot(g, P)}
    found = named(deep_net_key, "network_backward", lambda *call: whole(*call, **steps))
    assert set().union(*found.values()) == {""}


def test_values_before_the_wrong_step_keep_their_points(deep_net_key: AnswerKey) -> None:
    whole = backward(deep_net_key)
    task = deep_net_key.course.assignment.tasks[1]
    steps = {"inner": lambda g, Z: g}
    _, _, rows = try_function(deep_net_key, task, lambda *call: whole(*call, **steps))
    earned = {v.name: sum(r.points for r in rows if r.value == v.name) for v in task.returned}
    assert earned == {"dW1": 0, "db1": 0, "dW2": 0, "db2": 0, "dW3": 1000, "db3": 1000}


@pytest.mark.parametrize(
    ("ids", "formula"),
    [
        ("ascent", lambda p, g, rate: p + rate * g),
        ("missing-learning-rate", lambda p, g, rate: p - g),
    ],
)
def test_a_wrong_update(deep_net_key: AnswerKey, ids: str, formula: Any) -> None:
    found = named(
        deep_net_key,
        "update_parameters",
        lambda p, g, rate: {name: formula(p[name], g[f"d{name}"], rate) for name in p},
    )
    assert set(found) == {"W1", "b1", "W2", "b2", "W3", "b3"}
    assert set().union(*found.values()) == {ids}


def test_an_update_in_place_loses_purity_alone(deep_net_key: AnswerKey) -> None:
    def in_place(parameters: Any, grads: Any, rate: float) -> Any:
        for name in parameters:
            parameters[name] -= rate * grads[f"d{name}"]
        return parameters

    assert set().union(*named(deep_net_key, "update_parameters", in_place).values()) == {
        "changes-input"
    }


def slopes(w: Any, x: float) -> Any:
    y = np.tanh(w[0] * x)
    z = 1 / (1 + np.exp(-w[1] * y))
    return y, z, 1 - y * y, z * (1 - z)


def right(w: Any, x: float, d: float) -> Any:
    y, z, s1, s2 = slopes(w, x)
    return np.array([(z - d) * s2 * w[1] * s1 * x, (z - d) * s2 * y])


def missing_w2(w: Any, x: float, d: float) -> Any:
    y, z, s1, s2 = slopes(w, x)
    return np.array([(z - d) * s2 * s1 * x, (z - d) * s2 * y])


def missing_slopes(w: Any, x: float, d: float) -> Any:
    y, z, _, _ = slopes(w, x)
    return np.array([(z - d) * w[1] * x, (z - d) * y])


@pytest.mark.parametrize(
    ("ids", "function"),
    [
        ("missing-derivative", missing_slopes),
        ("error-sign missing-derivative", lambda w, x, d: -missing_slopes(w, x, d)),
        ("error-sign", lambda w, x, d: -right(w, x, d)),
        ("missing-w2", missing_w2),
        ("swapped-gradient", lambda w, x, d: right(w, x, d)[::-1]),
        ("error-sign missing-w2", lambda w, x, d: -missing_w2(w, x, d)),
        ("error-sign swapped-gradient", lambda w, x, d: -right(w, x, d)[::-1]),
    ],
)
def test_mistakes_with_two_weights(scalar_net_key: AnswerKey, ids: str, function: Any) -> None:
    assert named(scalar_net_key, "gradient", function) == {"g": {ids}}


def test_ascent_with_two_weights(scalar_net_key: AnswerKey) -> None:
    found = named(scalar_net_key, "update_step", lambda w, g, alpha: w + alpha * g)
    assert found == {"w": {"ascent"}}


def test_the_right_gradient_is_not_diagnosed(scalar_net_key: AnswerKey) -> None:
    assert named(scalar_net_key, "gradient", right) == {}


@pytest.mark.parametrize("threshold", [0.003, -0.003, 0.03, -0.1])
def test_a_wrong_threshold_inside_the_network_earns_nothing(
    deep_net_key: AnswerKey, threshold: float
) -> None:
    whole = backward(deep_net_key)
    task = deep_net_key.course.assignment.tasks[1]
    steps = {"inner": lambda g, Z: g * (threshold < Z)}
    _, _, rows = try_function(deep_net_key, task, lambda *call: whole(*call, **steps))
    assert sum(row.points for row in rows if row.value in NAMES[:4]) == 0
