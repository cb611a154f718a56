"""Mistakes of networks, each made in a real notebook and graded from the command line."""

from pathlib import Path

import pandas as pd
import pytest

from tests.conftest import grader
from tests.notebooks import write

IMPORTS = "import numpy as np\nfrom dnn_utils import sigmoid, relu"
LOSS = "def loss_backward(A3, Y):\n    return {loss}"
NETWORK = """
def network_backward(A3, Y, caches):
    m = Y.shape[1]
    grads = {{}}
    dZ = {output}
    A = A3
    for l in (3, 2, 1):
        (A_prev, W, b), Z = caches[l - 1]
        if l < 3:
            dZ = {hidden}
        grads[f"dW{{l}}"] = {weights}
        grads[f"db{{l}}"] = np.sum(dZ, axis=1, keepdims=True) / m
        dA = {back}
        A = A_prev
    return grads
"""
UPDATE = """
def update_parameters(parameters, grads, learning_rate):
    return {{k: parameters[k] {sign} learning_rate * grads["d" + k] for k in parameters}}
"""
USUAL = {
    "loss": "-(Y / A3 - (1 - Y) / (1 - A3))",
    "output": "A3 - Y",
    "hidden": "dA * (Z > 0)",
    "weights": "dZ @ A_prev.T / m",
    "back": "W.T @ dZ",
    "sign": "-",
}
DEEP = {
    "": {},
    "loss-second-denominator": {"loss": "-(Y / A3 - (1 - Y) / A3)"},
    "loss-derivative-is-dz": {"loss": "A3 - Y"},
    "dw-off-by-one-layer": {"weights": "dZ @ A.T / m"},
    "dw-uses-gradient": {"weights": "dZ @ dZ.T / m"},
    "activation-of-gradient": {"hidden": "relu(dA)"},
    "da-has-1-over-m": {"back": "W.T @ dZ / m"},
    "missing-derivative": {"hidden": "dA"},
    "ascent": {"sign": "+"},
}

SCALAR = """
import numpy as np

def gradient(w, x, d):
    y = np.tanh(w[0] * x)
    z = 1 / (1 + np.exp(-w[1] * y))
    delta = {error} * z * (1 - z)
    dw1 = delta * {w2} * (1 - y ** 2) * x
    dw2 = delta * y
    return np.array([{order}])

def update_step(w, g, alpha):
    return w {sign} alpha * g
"""
SCALAR_USUAL = {"error": "(z - d)", "w2": "w[1]", "order": "dw1, dw2", "sign": "-"}
TWO_WEIGHTS = {
    "": {},
    "error-sign": {"error": "(d - z)"},
    "ascent": {"sign": "+"},
    "missing-w2": {"w2": "1"},
    "swapped-gradient": {"order": "dw2, dw1"},
}


def graded(name: str, notebooks: dict[str, list[str]], place: Path) -> pd.DataFrame:
    """The rows of checks of a class with one student an id."""
    for ids, cells in notebooks.items():
        write(place / name / f"{ids or 'right'}.ipynb", *cells)
    out = place / "reports"
    done = grader("grade", place / name, "--out", out, timeout=300)
    assert done.returncode == 0, done.stderr
    return pd.read_parquet(out / "checks.parquet")


def named(checks: pd.DataFrame) -> dict[str, str]:
    found = checks.groupby("student")["diagnosis"]
    return {s: " ".join(sorted({i for ids in rows for i in ids.split()})) for s, rows in found}


@pytest.mark.parametrize("name", ["deep-net", "scalar-net"])
def test_each_mistake_is_named_and_nothing_else(name: str, tmp_path: Path) -> None:
    if name == "deep-net":
        filled = {ids: {**USUAL, **change} for ids, change in DEEP.items()}
        notebooks = {
            ids: [IMPORTS, *(cell.format(**words) for cell in (LOSS, NETWORK, UPDATE))]
            for ids, words in filled.items()
        }
    else:
        notebooks = {
            ids: [SCALAR.format(**{**SCALAR_USUAL, **change})]
            for ids, change in TWO_WEIGHTS.items()
        }
    checks = graded(name, notebooks, tmp_path)
    assert named(checks) == {ids or "right": ids for ids in notebooks}
    full = checks[checks["student"] == "right"]["points"].sum()
    assert round(full, 2) == 100
