"""The notebooks that all contestants run, and each contestant's own tests of the same functions."""

from collections.abc import Mapping, Sequence
from typing import Literal, get_args

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook

Kind = Literal["right", "wrong", "raising", "plotting"]
KINDS: tuple[Kind, ...] = get_args(Kind)
FEWEST_CELLS = 3

IMPORTS = "import numpy as np"
FUNCTIONS = {
    "linear_backward": '''def linear_backward(dZ, cache):
    """The gradients of Z = W A_prev + b, means over the examples."""
    A_prev, W, b = cache
    m = dZ.shape[1]
    dW = dZ @ A_prev.T / m
    db = np.sum(dZ, axis=1, keepdims=True) / m
    return W.T @ dZ, dW, db''',
    "relu_backward": '''def relu_backward(dA, cache):
    """The gradient of max(0, Z)."""
    return dA * (cache > 0)''',
    "sigmoid_backward": '''def sigmoid_backward(dA, cache):
    """The gradient of 1 / (1 + exp(-Z))."""
    s = 0.5 * (1.0 + np.tanh(0.5 * cache))
    return dA * s * (1 - s)''',
}
USE = """rng = np.random.default_rng({number})
A_prev, W, b = rng.normal(size=(4, 50)), rng.normal(size=(3, 4)), np.zeros((3, 1))
Z = W @ A_prev + b
dZ = relu_backward(rng.normal(size=Z.shape), Z)
dA_prev, dW, db = linear_backward(dZ, (A_prev, W, b))
print(dA_prev.shape, float(dW.sum()), float(db.sum()))"""
RAISE = """layers = {{}}
print(layers["layer {number}"])"""
PLOT = """import matplotlib.pyplot as plt
x = np.linspace(-6, 6, 200)[None]
figure, axes = plt.subplots(figsize=(4, 3))
axes.plot(x[0], sigmoid_backward(np.ones_like(x), x)[0] * {number}, label="slope")
axes.legend()
plt.show()"""

TESTS = {
    "linear_backward": """for seed, m in ((1, 1), (2, 5), (3, 20)):
    rng = np.random.default_rng(seed)
    dZ, A_prev = rng.normal(size=(3, m)), rng.normal(size=(4, m))
    W, b = rng.normal(size=(3, 4)), rng.normal(size=(3, 1))
    dA_prev, dW, db = linear_backward(dZ, (A_prev, W, b))
    np.testing.assert_allclose(dA_prev, W.T @ dZ)
    np.testing.assert_allclose(dW, dZ @ A_prev.T / m)
    np.testing.assert_allclose(db, dZ.mean(axis=1, keepdims=True))""",
    "relu_backward": """for seed, m in ((1, 1), (2, 5), (3, 20)):
    rng = np.random.default_rng(seed)
    dA, Z = rng.normal(size=(3, m)), rng.normal(size=(3, m))
    np.testing.assert_allclose(relu_backward(dA, Z), np.where(Z > 0, dA, 0.0))""",
    "sigmoid_backward": """for seed, m in ((1, 1), (2, 5), (3, 20)):
    rng = np.random.default_rng(seed)
    dA, Z = rng.normal(size=(3, m)), rng.normal(size=(3, m))
    s = 1 / (1 + np.exp(-Z))
    np.testing.assert_allclose(sigmoid_backward(dA, Z), dA * s * (1 - s))""",
}
POINTS = {"linear_backward": 60, "relu_backward": 20, "sigmoid_backward": 20}


def cells_of(kind: Kind, size: int) -> list[str]:
    """A student's code cells: imports, the functions, and uses of them up to `size` cells."""
    if size < FEWEST_CELLS:
        raise ValueError(f"{size} code cells: at least {FEWEST_CELLS} are needed")
    functions = dict(FUNCTIONS)
    if kind == "wrong":
        text = functions["linear_backward"]
        functions["linear_backward"] = text.replace("A_prev.T / m", "A_prev.T")
    written = list(functions.values())
    if size <= len(written) + 1:
        written = ["\n\n\n".join(written)]
    uses = range(size - 1 - len(written))
    return [IMPORTS, *written, *(_use(kind, number) for number in uses)]


def _use(kind: Kind, number: int) -> str:
    """Every third use raises or draws, where the kind says so, and the first one."""
    special = {"raising": RAISE, "plotting": PLOT}.get(kind, USE)
    return (USE if number % 3 else special).format(number=number)


def plain(cells: Sequence[str]) -> NotebookNode:
    """The notebook as a student hands it in."""
    notebook = new_notebook(cells=[_cell(f"cell-{n}", text) for n, text in enumerate(cells)])
    notebook.metadata["kernelspec"] = {
        "name": "python3", "display_name": "Python 3", "language": "python",
    }  # fmt: skip
    return notebook


def nbgrader_source(cells: Sequence[str]) -> NotebookNode:
    """nbgrader's version of an assignment: functions to be filled in, and cells that test them."""
    notebook = plain(cells)
    for cell in notebook.cells:
        if "def " in cell.source:
            cell.metadata["nbgrader"] = _nbgrader(f"solution-{cell.id}", solution=True)
    for name, text in TESTS.items():
        cell = _cell(f"test-{name}", text)
        cell.metadata["nbgrader"] = _nbgrader(cell.id, grade=True, points=POINTS[name])
        notebook.cells.append(cell)
    return notebook


def nbgrader_submission(release: NotebookNode, cells: Sequence[str]) -> NotebookNode:
    """The released notebook with a student's code in it; what tests it stays as released."""
    notebook = nbformat.from_dict(release)
    for cell, text in zip(notebook.cells, cells, strict=False):
        cell.source = text
    return notebook


def otter_tests() -> Mapping[str, str]:
    """Otter's test files by name: a doctest a function."""
    return {f"{name}.py": _otter(name, text) for name, text in TESTS.items()}


def _otter(name: str, text: str) -> str:
    first, *rest = text.splitlines()
    code = "\n".join([f">>> {first}", *(f"... {line}" for line in rest)])
    case = {"code": code, "hidden": False, "locked": False}
    suite = {"cases": [case], "scored": True, "setup": "", "teardown": "", "type": "doctest"}
    test = {"name": name, "points": POINTS[name], "suites": [suite]}
    return f"OK_FORMAT = True\n\ntest = {test!r}\n"


def _cell(name: str, text: str) -> NotebookNode:
    cell = new_code_cell(text)
    cell.id = name
    return cell


def _nbgrader(name: str, *, solution: bool = False, grade: bool = False, **more: int) -> dict:
    return {
        "schema_version": 3,
        "grade_id": name,
        "solution": solution,
        "grade": grade,
        "locked": grade,
        "task": False,
        **more,
    }
