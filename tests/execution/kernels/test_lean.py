"""The lean parts of a kernel do what those that they stand for do."""

import warnings
from pathlib import Path
from typing import Any

import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st
from IPython.core.inputtransformer2 import TransformerManager

from grader.execution.kernels.lean import QuickTransformers
from tests.conftest import ROOT

ODD = [
    "", "\n\n  \n1", "  x = 1\n  y = 2", ">>> x = 1\n... y = 2", "In [3]: x = 1", "x: int = 1",
    "%matplotlib inline\nx = 1", "x = %time 1", "files = !ls\nfor f in files:\n    !cat {f}",
    "x = 1\n?x", "x?", "np.dot??", "%%time\nx = 1", "%%bash\necho 'x'", "/f 1 2", ",f a b", ";f a",
    "x = '''\n%magic\n!no\n'''", "x = (1\n% 2)", "x = [\n!ls\n]", "def f():\n    %time 1\n",
    "await f()", "async with a as b:\n    pass", "print('a'", "if True:\n", "x = 1;", "x = 1 # %no",
    "return 1", "f'{x!r:>{width}}'", "x = 5 % 3\n", "\\\n%time 1", "a = b = !ls", "π = 3", "x\r\ny",
    "x = 1\x0cy = 2", "print 1", "\tx = 1", "lambda: (yield)", "x = '\\d'", "\ud800 = 1", "x\0",
]  # fmt: skip


def seen(manager: TransformerManager, cell: str) -> object:
    try:
        return manager.transform_cell(cell)
    except Exception as error:
        return type(error)


def real_cells() -> list[str]:
    files = [file for name in ("assignments", "submissions") for file in (ROOT / name).rglob("*")]
    read = [nbformat.read(file, 4) for file in files if _is_whole(file)]
    return sorted({cell.source for book in read for cell in book.cells if cell.cell_type == "code"})


def _is_whole(file: Path) -> bool:
    if file.suffix != ".ipynb":
        return False
    try:
        nbformat.read(file, 4)
    except Exception:  # the sample classes hold some that nobody can read
        return False
    return True


def same(cell: str) -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return seen(QuickTransformers(), cell) == seen(TransformerManager(), cell)


@pytest.mark.parametrize("cell", ODD)
def test_odd_cells_are_read_as_ipython_reads_them(cell: str) -> None:
    assert same(cell)


def test_real_cells_are_read_as_ipython_reads_them() -> None:
    cells = real_cells()
    assert len(cells) > 50
    assert [cell for cell in cells if not same(cell)] == []


@given(st.lists(st.sampled_from([*ODD, "x = 1", "for i in y:", "    z()", "(", ")"]), max_size=4))
def test_cells_of_any_lines_are_read_as_ipython_reads_them(lines: list[str]) -> None:
    assert same("\n".join(lines))


def test_a_transformer_of_the_notebooks_own_is_asked() -> None:
    manager = QuickTransformers()

    class Loud:
        priority, start_line, start_col = 0, 0, 0

        @classmethod
        def find(cls, tokens_by_line: Any) -> Any:
            found = any(token.string == "quiet" for line in tokens_by_line for token in line)
            return cls() if found else None

        @staticmethod
        def sortby(*_: Any) -> int:
            return 0

        @staticmethod
        def transform(lines: list[str]) -> list[str]:
            return [line.replace("quiet", "loud") for line in lines]

    manager.token_transformers.append(Loud)
    assert manager.transform_cell("quiet = 1") == "loud = 1\n"
