"""Writes submissions/: sample classes that show what students really hand in.

Run with `.venv/bin/python scripts/sample_class.py`; the notebooks are the same every time.
An argument names another folder to write them in.
"""

import csv
import json
import shutil
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sample_networks import DEEP_NET, SCALAR_NET, Mistake, deep_net_cells, scalar_net_cells

ROOT = Path(__file__).resolve().parent.parent
TITLES = {
    "backprop": "Backpropagation",
    "deep-net": "A 3-layer network",
    "scalar-net": "A network of two weights",
}
TASKS = ("linear_backward", "relu_backward", "sigmoid_backward")

IMPORTS = "import numpy as np\nfrom dnn_utils import sigmoid, relu"

LINEAR = '''def linear_backward(dZ, cache):
    """Gradients of one linear step."""
    A_prev, W, b = cache
    m = A_prev.shape[1]
    dW = np.dot(dZ, A_prev.T) / m
    db = np.sum(dZ, axis=1, keepdims=True) / m
    dA_prev = np.dot(W.T, dZ)
    return dA_prev, dW, db'''
RELU = """def relu_backward(dA, cache):
    Z = cache
    dZ = np.array(dA, copy=True)
    dZ[Z <= 0] = 0
    return dZ"""
SIGMOID = """def sigmoid_backward(dA, cache):
    Z = cache
    s = sigmoid(Z)
    return dA * s * (1 - s)"""
TRY_IT = """np.random.seed(1)
dZ = np.random.randn(2, 4)
A_prev, W, b = np.random.randn(3, 4), np.random.randn(2, 3), np.zeros((2, 1))
print(linear_backward(dZ, (A_prev, W, b)))"""
PYTHON3 = {"name": "python3", "display_name": "Python 3", "language": "python"}


@dataclass(frozen=True)
class Student:
    """One submission: its code cells, and what grading it must come to."""

    name: str
    about: str
    cells: tuple[str, ...]
    status: str = "ok"
    right: tuple[str, ...] = TASKS
    not_judged: tuple[str, ...] = ()
    diagnosis: str = ""
    kernel: str = "python3"
    language: str = "python"
    file: str = ""
    raw: str | None = None
    old_format: bool = False


def in_linear(*changes: tuple[str, str]) -> str:
    """linear_backward with some of its text changed."""
    text = LINEAR
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    return text


def wrong(
    name: str,
    about: str,
    diagnosis: str,
    *,
    linear: str = "",
    relu: str = "",
    sigmoid: str = "",
    status: str = "ok",
) -> Student:
    """A student with one function wrong and the others right."""
    given = dict(zip(TASKS, (linear, relu, sigmoid), strict=True))
    usual = dict(zip(TASKS, (LINEAR, RELU, SIGMOID), strict=True))
    cells = (IMPORTS, *(given[task] or usual[task] for task in TASKS), TRY_IT)
    right = tuple(task for task in TASKS if not given[task])
    return Student(name, about, cells, status=status, right=right, diagnosis=diagnosis)


DB = "np.sum(dZ, axis=1, keepdims=True) / m"
DW = "np.dot(dZ, A_prev.T) / m"
DA = "np.dot(W.T, dZ)"

RIGHT = (
    Student("Amara Okafor", "plain and vectorised", (IMPORTS, LINEAR, RELU, SIGMOID, TRY_IT)),
    Student(
        "Björn Åkesson",
        "explicit loops",
        (
            "import numpy as np\nimport math",
            """def linear_backward(dZ, cache):
    A_prev, W, b = cache
    n, m = dZ.shape
    n_prev = A_prev.shape[0]
    dA_prev = np.zeros((n_prev, m))
    dW = np.zeros((n, n_prev))
    db = np.zeros((n, 1))
    for i in range(n):
        for k in range(m):
            db[i, 0] += dZ[i, k] / m
            for j in range(n_prev):
                dW[i, j] += dZ[i, k] * A_prev[j, k] / m
                dA_prev[j, k] += W[i, j] * dZ[i, k]
    return dA_prev, dW, db""",
            """def relu_backward(dA, cache):
    dZ = np.zeros(dA.shape)
    for i in range(dA.shape[0]):
        for k in range(dA.shape[1]):
            if cache[i, k] > 0:
                dZ[i, k] = dA[i, k]
    return dZ""",
            """def sigmoid_backward(dA, cache):
    dZ = np.zeros(dA.shape)
    for i in range(dA.shape[0]):
        for k in range(dA.shape[1]):
            z = cache[i, k]
            e = math.exp(-abs(z))
            dZ[i, k] = dA[i, k] * e / (1 + e) ** 2
    return dZ""",
        ),
    ),
    Student(
        "Chiara De Luca",
        "einsum",
        (
            "import numpy as np",
            """def linear_backward(dZ, cache):
    A_prev, W, b = cache
    m = dZ.shape[-1]
    dA_prev = np.einsum('ij,ik->jk', W, dZ)
    dW = np.einsum('ik,jk->ij', dZ, A_prev) / m
    db = np.einsum('ik->i', dZ)[:, np.newaxis] / m
    return dA_prev, dW, db""",
            "def relu_backward(dA, cache):\n    return np.where(cache > 0, dA, 0.0)",
            """def sigmoid_backward(dA, cache):
    t = np.tanh(cache / 2)
    return 0.25 * dA * (1 - t ** 2)""",
        ),
    ),
    Student(
        "Dmitri Volkov",
        "works in place, on copies",
        (
            IMPORTS,
            """def linear_backward(dZ, cache):
    A_prev, W, b = cache
    g = dZ.copy()
    dA_prev = W.T @ g
    g /= dZ.shape[1]
    return dA_prev, g @ A_prev.T, g.sum(axis=1, keepdims=True)""",
            """def relu_backward(dA, cache):
    dZ = dA.copy()
    dZ *= cache > 0
    return dZ""",
            """def sigmoid_backward(dA, cache):
    out = sigmoid(cache)
    out *= 1 - out
    out *= dA
    return out""",
        ),
    ),
    Student(
        "Eilidh O'Brien",
        "helper functions, Z >= 0",
        (
            IMPORTS,
            "def mean_over_examples(M):\n    return M.mean(axis=1).reshape(-1, 1)",
            """def linear_backward(dZ, cache):
    A_prev, W, _ = cache
    grads = (W.T.dot(dZ), dZ.dot(A_prev.T) / dZ.shape[1], mean_over_examples(dZ))
    return grads""",
            "def step(Z):\n    return (Z >= 0).astype(float)",
            "def relu_backward(dA, cache):\n    return dA * step(cache)",
            "def slope(Z):\n    return sigmoid(Z) * (1 - sigmoid(Z))",
            "def sigmoid_backward(dA, cache):\n    return np.multiply(dA, slope(cache))",
        ),
    ),
    Student(
        "Fatima Zahra Benali",
        "a class that the functions delegate to",
        (
            IMPORTS,
            """class Backward:
    @staticmethod
    def linear(dZ, A_prev, W):
        m = float(A_prev.shape[1])
        return W.T @ dZ, (1. / m) * dZ @ A_prev.T, (1. / m) * dZ @ np.ones((int(m), 1))

    @staticmethod
    def masked(dA, keep):
        return dA * keep""",
            "def linear_backward(dZ, cache):\n    return Backward.linear(dZ, cache[0], cache[1])",
            "def relu_backward(dA, cache):\n    return Backward.masked(dA, np.heaviside(cache, 0))",
            "sigmoid_backward = lambda dA, cache: Backward.masked(\n"
            "    dA, sigmoid(cache) - sigmoid(cache) ** 2)",
        ),
    ),
    Student(
        "Grace Wanjiru",
        "functions defined again: the last definition counts",
        (
            IMPORTS,
            in_linear((DW, "np.dot(dZ, A_prev.T)")),
            "def relu_backward(dA, cache):\n    return relu(dA)",
            SIGMOID,
            "# fixed after reading the shapes again",
            LINEAR,
            RELU,
        ),
    ),
    Student(
        "Haruto Sato",
        "plots around right functions",
        (
            "%matplotlib inline\nimport numpy as np\nimport matplotlib.pyplot as plt\n"
            "from dnn_utils import sigmoid, relu\nplt.rcParams['figure.figsize'] = (5.0, 4.0)",
            LINEAR,
            RELU,
            SIGMOID,
            "z = np.linspace(-6, 6, 200)\nplt.plot(z, sigmoid_backward(np.ones(200), z))\n"
            "plt.title('slope of the sigmoid')\nplt.show()",
        ),
    ),
    Student(
        "Ingrid Solberg",
        "magics and shell commands",
        (
            IMPORTS + "\n%load_ext autoreload\n%autoreload 2",
            LINEAR,
            RELU,
            SIGMOID,
            "%%time\nlinear_backward(np.ones((3, 4)), (np.ones((2, 4)), np.ones((3, 2)), 0))",
            "!echo done\n%timeit -n1 -r1 relu_backward(np.ones((2, 2)), np.ones((2, 2)))",
        ),
    ),
    Student(
        "João Conceição",
        "nbformat 3",
        (IMPORTS, LINEAR, RELU, SIGMOID),
        old_format=True,
    ),
    Student(
        "Katarzyna Wójcik",
        "an R kernel's name around right Python",
        (IMPORTS, LINEAR, RELU, SIGMOID, TRY_IT),
        kernel="ir",
    ),
    Student(
        "Lê Thị Hương",
        "a naive sigmoid that warns, and is right",
        (
            "import numpy as np",
            LINEAR,
            "def relu_backward(dA, cache):\n    return dA * np.int64(cache > 0)",
            """def sigmoid_backward(dA, cache):
    s = 1 / (1 + np.exp(-cache))
    dZ = dA * s * (1 - s)
    assert dZ.shape == cache.shape
    return dZ""",
        ),
    ),
    Student(
        "Mateo Fernández",
        "asks for input() before right functions",
        ("name = input('Your name: ')\nprint(name)", IMPORTS, LINEAR, RELU, SIGMOID),
        status="errors",
        file="Mateo Fernández/week 3.ipynb",
    ),
    Student(
        "Niamh Ní Bhriain",
        "a course notebook: modules that are not there, one function only",
        (
            """import time
import numpy as np
import h5py
import matplotlib.pyplot as plt
from testCases_v4a import *
from dnn_utils_v2 import sigmoid, sigmoid_backward, relu, relu_backward

%matplotlib inline
plt.rcParams['image.cmap'] = 'gray'
np.random.seed(1)""",
            """# GRADED FUNCTION: linear_backward

def linear_backward(dZ, cache):
    A_prev, W, b = cache
    m = A_prev.shape[1]

    ### START CODE HERE ### (≈ 3 lines of code)
    dW = 1. / m * np.dot(dZ, A_prev.T)
    db = 1. / m * np.sum(dZ, axis=1, keepdims=True)
    dA_prev = np.dot(W.T, dZ)
    ### END CODE HERE ###

    assert (dA_prev.shape == A_prev.shape)
    assert (dW.shape == W.shape)
    assert (db.shape == b.shape)

    return dA_prev, dW, db""",
            "dZ, linear_cache = linear_backward_test_case()\n"
            "print(linear_backward(dZ, linear_cache))",
        ),
        status="errors",
        right=("linear_backward",),
        not_judged=("relu_backward", "sigmoid_backward"),
    ),
)

WRONG = (
    wrong(
        "Oluwaseun Adeyemi",
        "dW from the gradient with itself",
        "dw-uses-gradient",
        linear=in_linear((DW, "(1/m) * np.dot(dZ, dZ.T)")),
    ),
    wrong(
        "Priya Raghunathan",
        "dA_prev repeats the formula of dW",
        "da-repeats-dw",
        linear=in_linear((DA, "np.dot(dZ, A_prev.T) / m")),
    ),
    wrong(
        "Quentin Lefèvre",
        "1/m in dA_prev too",
        "da-has-1-over-m",
        linear=in_linear((DA, "(1 / m) * np.dot(W.T, dZ)")),
    ),
    wrong(
        "Rosa Jiménez-Ortiz",
        "db sums everything",
        "db-sums-everything",
        linear=in_linear((DB, "1./m * np.sum(dZ)")),
    ),
    wrong(
        "Søren Kjær",
        "db without keepdims",
        "db-shape",
        linear=in_linear((DB, "np.mean(dZ, axis=1)")),
    ),
    wrong(
        "Tariq Al-Masri",
        "db over the wrong axis",
        "db-wrong-axis",
        linear=in_linear((DB, "np.sum(dZ, axis=0, keepdims=True) / m")),
    ),
    wrong(
        "Uma Krishnan",
        "no 1/m at all",
        "missing-1-over-m",
        linear=in_linear((DW, "dZ @ A_prev.T"), (DB, "np.sum(dZ, axis=1, keepdims=True)")),
    ),
    wrong(
        "Viktor Horváth",
        "m is the number of units",
        "wrong-m",
        linear=in_linear(("A_prev.shape[1]", "dZ.shape[0]")),
    ),
    wrong(
        "Wilhelmina de Vries",
        "dW transposed",
        "transposed",
        linear=in_linear((DW, "np.dot(A_prev, dZ.T) / m")),
    ),
    wrong(
        "Ximena Castillo",
        "W not transposed",
        "w-not-transposed",
        linear=in_linear((DA, "np.dot(W, dZ)")),
        status="errors",
    ),
    wrong(
        "Yusuf Demir",
        "dW transposed and without 1/m",
        "missing-1-over-m transposed",
        linear=in_linear((DW, "np.dot(A_prev, dZ.T)")),
    ),
    wrong(
        "Zoë Müller",
        "minus signs in front of everything",
        "sign-flipped",
        linear=in_linear((DW, f"-{DW}"), (DB, f"-{DB}"), (DA, f"-{DA}")),
    ),
    wrong(
        "Łukasz Nowak",
        "returned in another order",
        "returns-swapped",
        linear=in_linear(("return dA_prev, dW, db", "return dW, db, dA_prev")),
    ),
    wrong(
        "李小明",
        "relu of the gradient",
        "activation-of-gradient",
        relu="def relu_backward(dA, cache):\n    return relu(dA)",
    ),
    wrong(
        "김서연",
        "sigmoid of the gradient",
        "activation-of-gradient",
        sigmoid="def sigmoid_backward(dA, cache):\n    dZ = sigmoid(dA)\n    return dZ",
    ),
    wrong(
        "Anton Weiß",
        "the slope at dA",
        "derivative-of-wrong-variable",
        sigmoid="def sigmoid_backward(dA, cache):\n    s = sigmoid(dA)\n"
        "    return dA * s * (1 - s)",
    ),
    wrong(
        "Beatriz Sousa",
        "the slope at A: sigmoid twice",
        "derivative-of-wrong-variable",
        sigmoid="def sigmoid_backward(dA, cache):\n    A = sigmoid(cache)\n"
        "    return dA * sigmoid(A) * (1 - sigmoid(A))",
    ),
    wrong(
        "Callum Fraser",
        "takes the cache for the activation",
        "derivative-of-wrong-variable",
        sigmoid="def sigmoid_backward(dA, cache):\n    A = cache\n    return dA * A * (1 - A)",
    ),
    wrong(
        "Daniela Popescu",
        "dA handed back",
        "missing-derivative",
        sigmoid="def sigmoid_backward(dA, cache):\n    dZ = dA\n    return dZ",
    ),
    wrong(
        "Emre Yılmaz",
        "the slope without dA",
        "missing-upstream",
        relu="def relu_backward(dA, cache):\n    dZ = np.ones_like(dA)\n    dZ[cache <= 0] = 0\n"
        "    return dZ",
    ),
    wrong(
        "Freya Jónsdóttir",
        "the mask the wrong way round",
        "mask-inverted",
        relu="def relu_backward(dA, cache):\n    dZ = dA.copy()\n    dZ[cache > 0] = 0\n"
        "    return dZ",
    ),
    wrong(
        "Giorgos Papadakis",
        "right numbers, written into dA",
        "changes-input",
        relu="def relu_backward(dA, cache):\n    dZ = dA\n    dZ[cache <= 0] = 0\n    return dZ",
    ),
    wrong(
        "Hana Nováková",
        "overflows for large Z",
        "overflow",
        sigmoid="def sigmoid_backward(dA, cache):\n    e = np.exp(cache)\n"
        "    return dA * e / (1 + e) ** 2",
    ),
    wrong(
        "Ibrahim Diallo",
        "the example's answer pasted in",
        "constant-answer",
        sigmoid="def sigmoid_backward(dA, cache):\n"
        "    return np.array([[0.19661193, -0.20998717], [0.31498076, 0.04517666]])",
    ),
    Student(
        "Jasmine Thompson",
        "an assert inside that fails for more than one unit",
        (
            IMPORTS,
            in_linear(
                ("    return dA_prev", "    assert isinstance(db, float)\n    return dA_prev")
            ),
            RELU,
            SIGMOID,
        ),
        right=("relu_backward", "sigmoid_backward"),
    ),
)

BADLY_ENDED = (
    Student(
        "Kwame Mensah",
        "untouched stubs",
        (
            IMPORTS,
            *(
                f"def {task}(d, cache):\n    # YOUR CODE HERE\n"
                f'    raise NotImplementedError("{task} is still a stub")'
                for task in TASKS
            ),
        ),
        right=(),
    ),
    Student(
        "Lucía Herrera",
        "untouched stubs of a course that returns None",
        (
            IMPORTS,
            "def linear_backward(dZ, cache):\n    A_prev, W, b = cache\n"
            "    m = A_prev.shape[1]\n    ### START CODE HERE ###\n    dW = None\n    db = None\n"
            "    dA_prev = None\n    ### END CODE HERE ###\n    return dA_prev, dW, db",
            "def relu_backward(dA, cache):\n    dZ = None\n    return dZ",
            "def sigmoid_backward(dA, cache):\n    dZ = None\n    return dZ",
        ),
        right=(),
    ),
    Student(
        "Miriam Goldberg",
        "a syntax error in one function",
        (IMPORTS, in_linear(("cache):", "cache)")), RELU, SIGMOID),
        status="errors",
        right=("relu_backward", "sigmoid_backward"),
        not_judged=("linear_backward",),
    ),
    Student(
        "Nikolai Petrov",
        "Python 2 prints in one cell",
        (IMPORTS, LINEAR, RELU + "\n\nprint 'relu done'", SIGMOID),
        status="errors",
        right=("linear_backward", "sigmoid_backward"),
        not_judged=("relu_backward",),
    ),
    Student(
        "Olga Ivanova",
        "an endless loop after the functions",
        (IMPORTS, LINEAR, RELU, SIGMOID, "i = 0\nwhile i < 10:\n    i + 1"),
        status="timeout",
    ),
    Student(
        "Pedro Álvarez",
        "an endless loop inside relu_backward",
        (
            IMPORTS,
            LINEAR,
            """def relu_backward(dA, cache):
    dZ = dA.copy()
    i = 0
    while i < dZ.size:
        if cache.flat[i] <= 0:
            dZ.flat[i] = 0
    return dZ""",
            SIGMOID,
        ),
        status="timeout",
        right=("linear_backward", "sigmoid_backward"),
        not_judged=("relu_backward",),
        file="Pedro Álvarez/final (2).ipynb",
    ),
    Student(
        "Rania Haddad",
        "a cell that kills the kernel between the functions",
        (IMPORTS, LINEAR, "import os\nos._exit(1)", RELU, SIGMOID),
        status="died",
    ),
    Student(
        "Sanjay Patel",
        "a plot that raises",
        (
            IMPORTS,
            LINEAR,
            RELU,
            SIGMOID,
            "import matplotlib.pyplot as plt\nplt.plot(costs)\nplt.show()",
        ),
        status="errors",
        file="Sanjay Patel/backprop.ipynb",
    ),
    Student(
        "Tereza Dvořáková", "not JSON", (), status="unreadable", right=(), raw="see my e-mail\n"
    ),
    Student("Ulrich Brandt", "an empty file", (), status="unreadable", right=(), raw=""),
    Student(
        "Valentina Rossi",
        "an R notebook",
        ("relu_backward <- function(dA, Z) dA * (Z > 0)", "relu_backward(1, 2)"),
        status="unreadable",
        right=(),
        kernel="ir",
        language="R",
    ),
)
STUDENTS = (*RIGHT, *WRONG, *BADLY_ENDED)


def notebook(student: Student, assignment: str) -> dict[str, Any]:
    """The student's notebook, with a heading before the code."""
    kernel = {"name": student.kernel, "display_name": "R", "language": student.language}
    metadata: dict[str, Any] = {"kernelspec": PYTHON3 if student.kernel == "python3" else kernel}
    if student.kernel != "python3":
        metadata["language_info"] = {"name": "R"}
    heading = f"# {TITLES[assignment]}\n{student.name}"
    if student.old_format:
        return _version_3(heading, student.cells)
    cells: list[dict[str, Any]] = [
        {"cell_type": "markdown", "id": "title", "metadata": {}, "source": heading}
    ]
    for number, source in enumerate(student.cells, start=1):
        cells.append(
            {
                "cell_type": "code",
                "execution_count": None,
                "id": f"cell-{number}",
                "metadata": {},
                "outputs": [],
                "source": source,
            }
        )
    return {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


def _version_3(heading: str, sources: tuple[str, ...]) -> dict[str, Any]:
    cells: list[dict[str, Any]] = [
        {"cell_type": "heading", "level": 1, "metadata": {}, "source": heading}
    ]
    for source in sources:
        code = {"cell_type": "code", "collapsed": False, "input": source, "language": "python"}
        cells.append({**code, "metadata": {}, "outputs": []})
    sheets = [{"cells": cells, "metadata": {}}]
    return {"metadata": {"name": ""}, "nbformat": 3, "nbformat_minor": 0, "worksheets": sheets}


def student(mistake: Mistake, cells: tuple[str, ...]) -> Student:
    """A student of a small class."""
    return Student(
        mistake.name, mistake.about, cells, right=mistake.right, diagnosis=mistake.diagnosis
    )


CLASSES = {
    "backprop": STUDENTS,
    "deep-net": tuple(student(m, deep_net_cells(m)) for m in DEEP_NET),
    "scalar-net": tuple(student(m, scalar_net_cells(m)) for m in SCALAR_NET),
}


def main(root: Path) -> None:
    """Writes every notebook, and for each class the table of what grading it must come to."""
    for name, students in CLASSES.items():
        place = root / "submissions" / name
        shutil.rmtree(place, ignore_errors=True)
        for handed_in in students:
            file = place / (handed_in.file or f"{handed_in.name}.ipynb")
            file.parent.mkdir(parents=True, exist_ok=True)
            text = json.dumps(notebook(handed_in, name), indent=1, ensure_ascii=False) + "\n"
            file.write_text(text if handed_in.raw is None else handed_in.raw, encoding="utf-8")
        write_expected(root / "tests" / "data" / "sample_class" / f"{name}.csv", students)


def write_expected(file: Path, students: Iterable[Student]) -> None:
    """One row a student: how the notebook ends, and what it must earn and be told."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w", encoding="utf-8", newline="") as stream:
        table = csv.writer(stream, lineterminator="\n")
        table.writerow(["student", "status", "full_marks", "not_judged", "diagnosis", "about"])
        for s in students:
            right, unjudged = ";".join(s.right), ";".join(s.not_judged)
            table.writerow([s.name, s.status, right, unjudged, s.diagnosis, s.about])


if __name__ == "__main__":
    main(Path(sys.argv[1]) if sys.argv[1:] else ROOT)
