"""Why a function could not be asked, in words."""

import pytest

from grader.execution import CellError, Definition, Execution
from grader.submission import Notebook
from grader.troubles import syntax_error, trouble_with

NAME = "relu_backward"
ABSENT = Definition(found=False, callable=False, type="", signature="")
DEF = "def relu_backward(dA, cache):\n    return dA"


def said(*cells: str, **fields: object) -> str:
    execution = Execution(
        **{
            "status": "ok", "errors": (), "slow": (), "deadly": (), "answers": {}, "lost": {},
            "definitions": {NAME: ABSENT}, "seconds": 1.0, **fields,
        }
    )  # type: ignore[arg-type]  # fmt: skip
    return trouble_with(NAME, Notebook(tuple(enumerate(cells, start=1))), execution)


def test_a_line_with_a_syntax_error_is_shown_without_control_characters() -> None:
    assert "`print 'a'`" in syntax_error("print '\x1b\u202ea'")


def test_not_there_at_all() -> None:
    assert said("x = 1") == "relu_backward is not defined in the notebook"


def test_a_syntax_error_is_shown_with_its_line() -> None:
    text = said("x = 1", "def relu_backward(dA, cache)\n    return dA")
    assert text.startswith("relu_backward is not defined: cell 2 has a syntax error, line 1: ")
    assert "`def relu_backward(dA, cache)`" in text


def test_python_2_is_recognised_by_its_print() -> None:
    assert said(DEF + "\nprint 'done'").endswith("(in Python 3, print needs parentheses)")


def test_the_cell_that_holds_it_raised_before_it() -> None:
    errors = (CellError(1, "NameError", "name 'np' is not defined"),)
    text = said("np.zeros(1)\n" + DEF, errors=errors)
    assert text.endswith("cell 1 stopped with NameError: name 'np' is not defined")


def test_cells_that_hang_or_kill() -> None:
    assert said(DEF, slow=(1,)).endswith("cell 1, where it stands, ran out of time")
    assert said(DEF, deadly=(1,)).endswith("cell 1, where it stands, killed the kernel")


def test_calls_that_hang_or_kill() -> None:
    there = {NAME: Definition(True, True, "function", "")}
    assert "did not return in time" in said(DEF, lost={NAME: "timeout"}, definitions=there)
    assert "the kernel died while" in said(DEF, lost={NAME: "died"}, definitions=there)
    assert said(DEF, definitions=there) == ""


def test_magics_are_no_syntax_errors() -> None:
    assert syntax_error("%matplotlib inline\n!ls\nx = 1") == ""


def test_a_cell_of_a_million_blank_lines_is_searched_at_once() -> None:
    """A pattern that runs on over line ends would take days here."""
    blank = "\n" * 1_000_000
    assert said(f"1{blank}2") == "relu_backward is not defined in the notebook"
    assert syntax_error(f"{blank}x = ") == ""
    assert syntax_error(f"{blank[:100_000]}x = ").startswith("line 100001: ")


@pytest.mark.parametrize(
    "source", ["\ufeffdef relu_backward(): pass", "def relu_back\u200bward(): pass"]
)
def test_a_mark_that_nobody_sees_is_found_in_the_cell_that_defines(source: str) -> None:
    assert "cell 1 has a syntax error, line 1: invalid non-printable character" in said(source)
