"""Similarity: what is the same in spite of names and layout, what is left out, what is hostile."""

import csv
import json
from collections.abc import Sequence
from html.parser import HTMLParser
from pathlib import Path

import pytest

from grader.assignment import Course
from grader.reports.console import console
from grader.reports.files import write_csv
from grader.reports.similarity import (
    CAUTION,
    similarity_frame,
    similarity_table,
    write_similarity_page,
)
from grader.similarity import Comparison, Given, compare, compare_class, functions_of, given_by
from grader.submission import Notebook, find_submissions
from tests.notebooks import IMPORTS, LINEAR, RELU, SIGMOID, write

OWN = """
def linear_backward(dZ, cache):
    A_prev, W, b = cache
    m = A_prev.shape[1]
    grads = []
    for left, right in ((W.T, dZ), (dZ, A_prev.T)):
        grads.append(np.einsum("ij,jk->ik", left, right))
    return grads[0], grads[1] / m, dZ.sum(1, keepdims=True) / m
"""
DISGUISED = '''
def linear_backward(grad: "array", stuff: tuple = None, /) -> tuple:
    """My very own words about it."""
    # and a remark
    (previous, weights, bias) = stuff
    "another remark"
    count: int = previous.shape[1]

    results = []
    for one, two in ((weights.T, grad), (grad, previous.T)):
        results.append(
            numpy.einsum("ij,jk->ik", one, two)
        )  # done
    return results[0], (results[1] / count), grad.sum(1, keepdims=True) / count
'''


def forms(*cells: str, given: Given | None = None) -> dict[str, str]:
    notebook = Notebook(tuple(enumerate(cells, start=1)))
    return {function.name: function.form for function in functions_of(notebook, given)}


def form(source: str, imports: str = "import numpy as np") -> str:
    (only,) = forms(imports, source).values()
    return only


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("def f(a):\n    return a + 1", "def g(b): return (b\n  + 1)  # one"),
        ("def f(a):\n    x = a\n    return x",
         "def f(a):\n    '''Doc.'''\n    y: float = a\n    return y"),
        ("def f(a):\n    return [x for x in a]", "def f(q):\n    return [q_ for q_ in q]"),
        ("def f(a):\n    return helper(a)", "def f(a):\n    return own_helper(a)"),
        ("def f(a):\n    import numpy as n\n    return n.dot(a)",
         "def f(a):\n    import numpy as x\n    return x.dot(a)"),
        ("class A:\n    def f(self):\n        return self.x", "def f(me):\n    return me.x"),
        ("if True:\n    def f(a):\n        return a * 2", "def f(a):\n    return a * 2"),
        ("%matplotlib inline\ndef f(a):\n    return a", "!ls\ndef f(b):\n    return b"),
        ("def f(a):\n    x = 1\n    def g(b):\n        return b + x\n    return g(a)",
         "def f(a):\n    k = 1\n    def h(c):\n        return c + k\n    return h(a)"),
        ("def f(a):\n    try:\n        return a\n    except ValueError as e:\n        raise e",
         "def f(a):\n    try:\n        return a\n    except ValueError as err:\n        raise err"),
    ],
)  # fmt: skip
def test_the_same_up_to_names_layout_comments_and_hints(first: str, second: str) -> None:
    assert form(first) == form(second)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("def f(a, b):\n    return a - b", "def f(a, b):\n    return b - a"),
        ("def f(a):\n    return a + 1", "def f(a):\n    return a + 2"),
        ("def f(a):\n    return a + 1", "def f(a):\n    return a + 1.0"),
        ("def f(a):\n    return a + 1", "def f(a):\n    return a + True"),
        ("def f(a):\n    return a.sum()", "def f(a):\n    return a.mean()"),
        ("def f(a):\n    return np.dot(a)", "def f(a):\n    return a.dot(np)"),
        ("def f(a):\n    return sum(a)", "def f(a):\n    return max(a)"),
        ("def f(a):\n    return a.x", "def f(a):\n    return a('x')"),
        ("def f(a):\n    return g(axis=1)", "def f(a):\n    return g(keep=1)"),
        ("def f(a, b=1):\n    return a", "def f(a, b=2):\n    return a"),
        ("def f(a):\n    if a:\n        b = 1\n    return 2",
         "def f(a):\n    if a:\n        b = 1\n        return 2"),
    ],
)  # fmt: skip
def test_what_works_differently_is_not_the_same(first: str, second: str) -> None:
    assert form(first) != form(second)


def test_a_module_is_known_by_any_name() -> None:
    source = "def f(a):\n    return {}.dot(a, a)"
    assert form(source.format("np")) == form(source.format("numpy"), "import numpy")
    assert form(source.format("np")) != form(source.format("np"), "import pandas as np")


STUB = (
    "def linear_backward(dZ, cache):\n    '''What to do.'''\n    A_prev, W, b = cache\n"
    "    m = A_prev.shape[1]\n    raise NotImplementedError('todo')"
)
HELPER = "def check(x):\n    assert x.shape == (2, 3), 'the shape is wrong'\n    return x.sum() * 3"


def test_the_courses_own_code_is_left_out() -> None:
    given = given_by([IMPORTS, STUB, HELPER])
    assert forms(IMPORTS, STUB, HELPER, given=given) == {}
    renamed = HELPER.replace("check", "tested").replace("x", "value")
    assert forms(renamed, given=given) == {}
    notebook = Notebook(((1, IMPORTS), (2, OWN)))
    (with_stub,) = functions_of(notebook, given)
    (without,) = functions_of(notebook)
    assert without.size - with_stub.size == 8


def test_what_is_given_is_known_whatever_its_lines_end_with() -> None:
    lines = ["%matplotlib inline", "def sigmoid(z):", "    return z"]
    assert given_by(["\r".join(lines)]) == given_by(["\n".join(lines)])


def test_a_name_that_the_course_gives_is_no_students_choice() -> None:
    given = given_by(["def sigmoid(z):\n    return z\n\ndef relu(z):\n    return abs(z) + 1"])
    first = forms("def f(z):\n    return sigmoid(z)", given=given)
    second = forms("def f(z):\n    return relu(z)", given=given)
    assert first != second


def compared(**cells: Sequence[str]) -> Comparison:
    students = {
        name: functions_of(Notebook(tuple(enumerate(own, 1)))) for name, own in cells.items()
    }
    return compare(students)


def test_two_who_share_what_nobody_else_wrote_are_a_pair() -> None:
    found = compared(
        ada=[IMPORTS, LINEAR], bob=[IMPORTS, OWN], eve=[DISGUISED.replace("numpy", "np")],
        mal=["import numpy", DISGUISED.replace(", /", "").replace(" = None", "")],
    )  # fmt: skip
    (pair,) = found.pairs
    assert (pair.first, pair.second) == ("bob", "mal")
    (match,) = pair.matches
    assert (match.shared_by, match.of) == (2, 4)
    assert match.second.source.startswith('def linear_backward(grad: "array", stuff: tuple)')
    assert match.second.cell == 2


def test_short_functions_accuse_nobody() -> None:
    found = compared(ada=[RELU], bob=[RELU], eve=[SIGMOID], mal=[SIGMOID])
    assert found.pairs == ()
    assert found.too_short == 4


def test_what_many_write_accuses_nobody() -> None:
    found = compared(**{f"s{n}": [IMPORTS, OWN] for n in range(4)})
    assert (found.pairs, found.common, found.at_most) == ((), 1, 3)
    crowd = {f"s{n}": functions_of(Notebook(((1, OWN),))) for n in range(4)}
    assert len(compare(crowd, at_most=4).pairs) == 6


def test_the_most_surprising_pair_comes_first() -> None:
    longer = OWN.replace("    return", "    grads.append(m)\n    return")
    found = compared(a=[OWN], b=[OWN], c=[OWN], y=[longer], z=[longer])
    assert (found.pairs[0].first, found.pairs[0].second) == ("y", "z")
    assert len(found.pairs) == 4


def hand_in(place: Path) -> Path:
    write(place / "ada.ipynb", IMPORTS, OWN, RELU)
    write(place / "bob.ipynb", "import numpy", DISGUISED.replace(", /", "").replace(" = None", ""))
    write(place / "<b>eve.ipynb", IMPORTS, LINEAR)
    (place / "mal.ipynb").write_text("no notebook")
    return place


def test_a_class_is_compared_without_running_it(backprop: Course, tmp_path: Path) -> None:
    place = hand_in(tmp_path / "class")
    bomb = f"open({str(tmp_path / 'ran')!r}, 'w')"
    write(place / "zoe.ipynb", bomb, f"def f(x={bomb}):\n    return x")
    found = compare_class(backprop, find_submissions(place))
    assert [(p.first, p.second) for p in found.pairs] == [("ada", "bob")]
    assert found.unread.keys() == {"mal"}
    assert not (tmp_path / "ran").exists()


HOSTILE = {
    "deep": "x = " + "-" * 50_000 + "1",
    "attributes": "def f(x):\n    return x" + ".a" * 30_000,
    "sums": "def f(x):\n    return " + "+".join(["x"] * 30_000),
    "brackets": "(" * 3_000,
    "nested": "\n".join(" " * n + f"def f{n}():" for n in range(90)) + "\n" + " " * 90 + "pass",
    "huge": "def f():\n    return 0x" + "f" * 100_000,
    "null": "def f():\n    return '\0'",
    "surrogate": "def f():\n    return '\ud800'",
    "escapes": "def f():\n    return '\\d \\q' is 'x'",
    "long": "def f():\n    return 1\n" + "#" * 300_000,
    "python 2": "def f():\n    print 'x'",
    "elifs": "def f(x):\n    if x: pass\n"
    + "".join(f"    elif x == {n}: pass\n" for n in range(2_000)),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_code_costs_nobody_anything(name: str) -> None:
    cells = ((1, HOSTILE[name]), (2, IMPORTS), (3, OWN))
    found = [function.name for function in functions_of(Notebook(cells))]
    assert "linear_backward" in found
    given_by([HOSTILE[name], OWN])


def test_a_groups_one_notebook_is_compared_once(backprop: Course, tmp_path: Path) -> None:
    export = tmp_path / "assignment_1_export"
    write(export / "submission_1" / "x.ipynb", IMPORTS, OWN)
    write(export / "submission_2" / "x.ipynb", IMPORTS, OWN)
    (export / "submission_metadata.yml").write_text(
        "submission_1:\n  :submitters:\n  - :name: Ada\n  - :name: Bob\n"
        "submission_2:\n  :submitters:\n  - :name: Eve\n"
    )
    found = compare_class(backprop, find_submissions(export))
    assert [(p.first, p.second) for p in found.pairs] == [("Ada & Bob", "Eve")]
    assert found.students == 2


@pytest.fixture
def comparison(backprop: Course, tmp_path: Path) -> Comparison:
    place = hand_in(tmp_path / "class")
    write(place / "<b>mia.ipynb", IMPORTS, LINEAR + "# <script>alert(1)</script>")
    return compare_class(backprop, find_submissions(place))


def test_the_terminal_says_what_was_left_out_and_warns(
    comparison: Comparison, capsys: pytest.CaptureFixture[str]
) -> None:
    console().print(similarity_table(comparison))
    shown = capsys.readouterr().out
    assert max(map(len, shown.splitlines())) <= 80
    words = " ".join(shown.split())
    assert "2 pairs with a function that is the same" in words
    assert "among 4 notebooks (6 pairs)" in words
    assert "1 function with fewer than 20 names and constants" in words
    assert "can't be read: mal." in words
    assert CAUTION in words
    assert "2 of 4" in words


def test_nobody_to_compare(capsys: pytest.CaptureFixture[str]) -> None:
    console().print(similarity_table(compare({})))
    assert "No pair" in capsys.readouterr().out


class Seen(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_page_shows_both_sources_as_text(comparison: Comparison, tmp_path: Path) -> None:
    file = tmp_path / "similar.html"
    write_similarity_page(comparison, "Layer <one>", file)
    seen = Seen()
    seen.feed(file.read_text("utf-8"))
    assert not {"script", "b", "one", "img", "link"} & set(seen.tags)
    assert seen.tags.count("pre") == 4
    assert "results.append(" in seen.text
    assert "grads.append(" in seen.text
    assert "<b>eve" in seen.text
    assert CAUTION in seen.text


def test_the_rows_are_read_back(comparison: Comparison, tmp_path: Path) -> None:
    write_csv(similarity_frame(comparison), tmp_path / "s.csv")
    with (tmp_path / "s.csv").open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    assert [(row["first"], row["second"]) for row in rows] == [("ada", "bob"), ("<b>eve", "<b>mia")]
    assert rows[0]["first_function"] == "linear_backward"
    assert {row["shared_by"] for row in rows} == {"2"}
    assert json.loads(similarity_frame(comparison).to_json(orient="records"))[0]["of"] == 4
