"""What of a cell still runs after a statement of it failed: no more is lost than must be."""

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.execution.salvage import (
    Failure,
    definitions_in,
    line_of,
    rest_after,
    without_wrapping,
)

NOT_HERE = "No module named {!r}"


def rest(source: str, name: str, text: str, line: int | None = 1, lost: str = "") -> list[str]:
    """The lines that still run, without empty ones."""
    left, _ = rest_after(source, Failure(name, text, line), frozenset(lost.split()))
    return [line for line in left.split("\n") if line.strip()]


@pytest.mark.parametrize(
    ("source", "missing", "left"),
    [
        ("import h5py\nimport numpy as np", "h5py", ["import numpy as np"]),
        ("import h5py, numpy as np", "h5py", ["import numpy as np"]),
        ("import os, h5py, numpy as np\nx = 1", "h5py", ["import os, numpy as np", "x = 1"]),
        ("import h5py; import numpy as np", "h5py", ["import numpy as np"]),
        ("from a.b import c\nx = 1", "a", ["x = 1"]),
        ("if True:\n    import ipdb\nx = 1", "ipdb", ["x = 1"]),
        ("%load_ext lab_black\nimport numpy as np", "lab_black", ["import numpy as np"]),
    ],
)
def test_a_missing_module_costs_its_own_import(source: str, missing: str, left: list[str]) -> None:
    line = source[: source.index(missing)].count("\n") + 1
    assert rest(source, "ModuleNotFoundError", NOT_HERE.format(missing), line) == left


def test_a_missing_name_costs_no_other_name() -> None:
    source = "from dnn_utils import sigmoid_backward, sigmoid, relu as r"
    text = "cannot import name 'sigmoid_backward' from 'dnn_utils' (/tmp/work/dnn_utils.py)"
    failure = Failure("ImportError", text, 1)
    left, missing = rest_after(source, failure, frozenset())
    assert left.strip() == "from dnn_utils import sigmoid, relu as r"
    assert missing == {"sigmoid_backward"}


def test_a_module_that_lacks_a_module_costs_its_import() -> None:
    source = "from myutils import *\nimport numpy as np"
    assert rest(source, "ModuleNotFoundError", NOT_HERE.format("h5py")) == ["import numpy as np"]


def test_what_uses_a_missing_module_costs_itself() -> None:
    source = "drive.mount('/content')\nimport numpy as np\nx = 1"
    text = "name 'drive' is not defined"
    assert rest(source, "NameError", text, lost="drive") == ["import numpy as np", "x = 1"]


@pytest.mark.parametrize("magic", ["%tensorflow_version 1.x", "%matplotlib widget"])
def test_a_magic_that_is_not_here_costs_itself(magic: str) -> None:
    assert rest(f"{magic}\nx = 1", "UsageError", "not found", None) == ["x = 1"]


def test_after_a_mistake_of_the_student_s_only_imports_are_made() -> None:
    source = "x = 1 / 0\nprint(x)\nimport os\ndef f():\n    return 1\ng = lambda: 2"
    assert rest(source, "ZeroDivisionError", "division by zero") == ["import os"]


def test_lines_stay_where_they_are() -> None:
    left, _ = rest_after(
        "%m\nx = 1\ndef f():\n    return '''a\n  b'''", Failure("UsageError", "", None), frozenset()
    )
    assert left.split("\n")[2:5] == ["def f():", "    return '''a", "  b'''"]


@pytest.mark.parametrize(
    "source", ["def f(:", "", "x = (", "%%R\nx <- 1", "\0", "(" * 500, "!ls\n" * 600]
)
def test_nothing_is_left_of_what_is_not_python(source: str) -> None:
    assert rest(source, "SyntaxError", "invalid syntax") == []


def test_definitions_alone() -> None:
    source = "relu_backward = lambda dA, Z: dA\nimport os; os._exit(1)\nasync def f(): pass"
    kept = [line for line in definitions_in(source).split("\n") if line]
    assert kept == ["relu_backward = lambda dA, Z: dA", "import os", "async def f(): pass"]


def test_the_line_is_read_from_a_traceback() -> None:
    head = "\x1b[36mCell\x1b[39m\x1b[36m \x1b[39m\x1b[32mIn[1], line 2\x1b[39m\n      1 x"
    assert line_of(["Error", head]) == 2
    assert line_of(["Error", "<ipython-input-1-ab> in <module>\n      1 x\n----> 3 y"]) == 3
    cause = "File x.py:7\n--> 7 raise", "The above exception was the direct cause of", head
    assert line_of(list(cause)) == 2
    assert line_of(["no arrow"]) is None
    assert line_of({"forged": 1}) is None


@pytest.mark.parametrize("magic", ["%%time", "%%capture", "  %%capture --no-stderr  "])
def test_magics_that_only_wrap_a_cell_are_taken_off(magic: str) -> None:
    assert without_wrapping(f"{magic}\nx = 1\n%%time") == "x = 1\n%%time"


@pytest.mark.parametrize("source", ["%%capture out\nx = 1", "%%bash\nls", "x = 1\n%%time\n"])
def test_other_magics_stay(source: str) -> None:
    assert without_wrapping(source) == source


STATEMENTS = (
    "import os, h5py", "from a.b import c as d, e", "from m import *", "x = 1", "f = lambda: 0",
    "def g():\n    return ''' é\n  é'''", "@d\nclass C:\n    pass", "1 / 0", "%magic", "!ls", "",
    "if x:\n    import h5py", "# é", "x = (1,\n     2); y = 'é'; import h5py", "%%time",
)  # fmt: skip


@given(
    st.lists(st.sampled_from(STATEMENTS), max_size=6).map("\n".join),
    st.sampled_from(["ImportError", "NameError", "UsageError", "ZeroDivisionError"]),
    st.sampled_from(["No module named 'h5py'", "cannot import name 'e' from 'a.b'", "'d'", ""]),
    st.none() | st.integers(0, 12),
)
def test_whatever_failed_wherever_what_is_left_is_python(
    source: str, name: str, text: str, line: int | None
) -> None:
    left, _ = rest_after(source, Failure(name, text, line), frozenset({"d"}))
    ast.parse(left)
    ast.parse(definitions_in(source))


def test_an_import_at_the_end_keeps_the_names_that_are_there() -> None:
    source = "import numpy as np\nfrom dnn_utils import relu_backward as rb, sigmoid, relu"
    text = "cannot import name 'relu_backward' from 'dnn_utils' (/tmp/work/dnn_utils.py)"
    assert rest(source, "ImportError", text, 2) == ["from dnn_utils import sigmoid, relu"]
