"""Finite differences against analytic derivatives of forward functions."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from grader.numerics import gradient, vjp

Inputs = dict[str, Any]


@dataclass(frozen=True)
class Known:
    """A forward function with its analytic vector-Jacobian product."""

    name: str
    forward: Callable[..., Any]
    wrt: str
    inputs: Callable[[np.random.Generator, int, int], Inputs]
    analytic: Callable[[Any, Inputs], Any]


def sigmoid(Z: Any) -> Any:
    return 0.5 * (1 + np.tanh(0.5 * Z))


def softmax(Z: Any) -> Any:
    e = np.exp(Z - Z.max(axis=0))
    return e / e.sum(axis=0)


def softmax_vjp(g: Any, i: Inputs) -> Any:
    s = softmax(i["Z"])
    return s * (g - np.sum(g * s, axis=0))


def cross_entropy(A: Any, Y: Any) -> Any:
    return -np.sum(Y * np.log(A) + (1 - Y) * np.log(1 - A))


def batch_norm(Z: Any) -> Any:
    centred = Z - Z.mean(axis=1, keepdims=True)
    return centred / np.sqrt(np.mean(centred**2, axis=1, keepdims=True) + 1e-2)


def batch_norm_vjp(g: Any, i: Inputs) -> Any:
    """Ioffe and Szegedy (2015), section 3, written for rows of units."""
    Z = i["Z"]
    centred = Z - Z.mean(axis=1, keepdims=True)
    spread = np.sqrt(np.mean(centred**2, axis=1, keepdims=True) + 1e-2)
    normal = centred / spread
    mean_g = g.mean(axis=1, keepdims=True)
    return (g - mean_g - normal * np.mean(g * normal, axis=1, keepdims=True)) / spread


def one_matrix(rng: np.random.Generator, n: int, m: int) -> Inputs:
    return {"Z": rng.normal(size=(n, m))}


def off_the_kink(rng: np.random.Generator, n: int, m: int) -> Inputs:
    Z = rng.normal(size=(n, m))
    return {"Z": np.sign(Z) * (0.2 + np.abs(Z))}


def layer(rng: np.random.Generator, n: int, m: int) -> Inputs:
    sizes = {"A": (3, m), "W": (n, 3), "b": (n, 1)}
    return {name: rng.normal(size=shape) for name, shape in sizes.items()}


def probabilities(rng: np.random.Generator, n: int, m: int) -> Inputs:
    A = rng.uniform(0.05, 0.95, size=(n, m))
    return {"A": A, "Y": rng.integers(0, 2, size=(n, m)).astype(float)}


def linear(A: Any, W: Any, b: Any) -> Any:
    return W @ A + b


KNOWN = [
    Known("linear by A", linear, "A", layer, lambda g, i: i["W"].T @ g),
    Known("linear by W", linear, "W", layer, lambda g, i: g @ i["A"].T),
    Known("linear by b", linear, "b", layer, lambda g, i: g.sum(axis=1, keepdims=True)),
    Known("relu", lambda Z: np.maximum(0, Z), "Z", off_the_kink, lambda g, i: g * (i["Z"] > 0)),
    Known("sigmoid", sigmoid, "Z", one_matrix, lambda g, i: g * sigmoid(i["Z"]) * sigmoid(-i["Z"])),
    Known("tanh", np.tanh, "Z", one_matrix, lambda g, i: g / np.cosh(i["Z"]) ** 2),
    Known("softmax", softmax, "Z", one_matrix, softmax_vjp),
    Known(
        "softplus",
        lambda Z: np.logaddexp(0, Z),
        "Z",
        one_matrix,
        lambda g, i: g * sigmoid(i["Z"]),
    ),
    Known(
        "cross-entropy",
        cross_entropy,
        "A",
        probabilities,
        lambda g, i: g * ((1 - i["Y"]) / (1 - i["A"]) - i["Y"] / i["A"]),
    ),
    Known("batch norm", batch_norm, "Z", one_matrix, batch_norm_vjp),
]


def keyword(known: Known) -> Callable[..., Any]:
    """The forward function, called by keyword whatever its own parameter is named."""
    if known.inputs is one_matrix or known.inputs is off_the_kink:
        return lambda Z: known.forward(Z)
    return known.forward


@pytest.mark.parametrize("known", KNOWN, ids=lambda known: known.name)
@given(seed=st.integers(0, 2**32), n=st.integers(1, 4), m=st.integers(1, 4))
@settings(max_examples=40, deadline=None)
def test_is_the_analytic_derivative_within_its_own_estimate(
    known: Known, seed: int, n: int, m: int
) -> None:
    rng = np.random.default_rng(seed)
    inputs = known.inputs(rng, n, m)
    forward = keyword(known)
    upstream = rng.normal(size=np.shape(forward(**inputs)))
    estimate = vjp(forward, inputs, known.wrt, upstream)
    right = known.analytic(upstream, inputs)
    scale = max(1.0, float(np.max(np.abs(right))), float(np.max(np.abs(upstream))))
    rounding = 64 * np.finfo(float).eps * scale
    assert estimate.value.shape == np.shape(inputs[known.wrt])
    assert np.all(np.abs(estimate.value - right) <= estimate.error + rounding)
    assert np.max(estimate.error) < 1e-6 * scale


@given(
    arrays(np.float64, st.tuples(st.integers(1, 3), st.integers(1, 3)), elements=st.floats(-3, 3))
)
@settings(max_examples=50, deadline=None)
def test_gradient_of_half_squares_is_the_point_itself(point: Any) -> None:
    estimate = gradient(lambda x: 0.5 * np.sum(x * x), {"x": point}, "x")
    assert np.allclose(estimate.value, point, atol=1e-10)


def test_a_wrong_derivative_by_a_thousandth_is_outside_the_estimate() -> None:
    point = np.array([0.3, -1.2, 2.0])
    estimate = vjp(lambda x: np.tanh(x), {"x": point}, "x", np.ones(3))
    wrong = 1.001 / np.cosh(point) ** 2
    assert np.all(np.abs(estimate.value - wrong) > estimate.error)


@pytest.mark.parametrize(("side", "slope"), [("right", 1.0), ("left", 0.0)])
def test_a_kink_has_a_derivative_from_each_side(side: Any, slope: float) -> None:
    estimate = vjp(lambda Z: np.maximum(0, Z), {"Z": np.zeros((1, 2))}, "Z", np.ones((1, 2)), side)
    assert np.allclose(estimate.value, slope)


def test_inputs_are_left_as_they_were() -> None:
    point = np.array([[1.0, 2.0]])
    vjp(lambda Z: Z * Z, {"Z": point}, "Z", np.ones((1, 2)))
    assert np.array_equal(point, [[1.0, 2.0]])


@pytest.mark.parametrize("kink", [0.0, -1.5])
@pytest.mark.parametrize("distance", [1e-6, 1e-3, 0.01, 0.3])
@pytest.mark.parametrize("side", ["both", "right", "left"])
def test_no_step_reaches_over_a_kink_that_room_is_left_to(
    kink: float, distance: float, side: Any
) -> None:
    Z = kink + distance * np.array([[-1.0, 1.0, 2.0]])
    dA = np.array([[3.0, -2.0, 0.5]])

    def bent(Z: Any) -> Any:
        return np.where(kink < Z, np.sin(Z - kink), 0.1 * (Z - kink))

    estimate = vjp(bent, {"Z": Z}, "Z", dA, side, np.abs(Z - kink) / 2)
    right = dA * np.where(kink < Z, np.cos(Z - kink), 0.1)
    assert np.all(np.abs(estimate.value - right) <= estimate.error)
    assert np.max(estimate.error) < 1e-7
