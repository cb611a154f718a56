"""Somebody's CSV: read as Python's own reader reads it, and filled without touching the rest."""

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.errors import UsageError
from grader.reports.exports.sheet import parsed, read_sheet

CELLS = st.text(st.sampled_from("ab1 ,;\t\"'\n\r=é"), max_size=6)
TABLES = st.lists(st.lists(CELLS, min_size=2, max_size=5), min_size=1, max_size=5)


@given(TABLES, st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_cells_are_those_of_pythons_reader(
    table: list[list[str]], ending: str, quote: bool
) -> None:
    text = io.StringIO()
    quoting = csv.QUOTE_ALL if quote else csv.QUOTE_MINIMAL
    csv.writer(text, lineterminator=ending, quoting=quoting).writerows(
        [["head", "of", "it"], *table]
    )
    sheet = parsed(text.getvalue())
    read = list(csv.reader(io.StringIO(text.getvalue(), newline=""), delimiter=sheet.delimiter))
    assert [[cell.value for cell in row] for row in sheet.rows] == [row or [""] for row in read]


@given(TABLES, st.data())
def test_one_cell_is_filled_and_every_other_stays(
    table: list[list[str]], data: st.DataObject
) -> None:
    text = io.StringIO()
    csv.writer(text).writerows([["head", "of", "it"], *table])
    sheet = parsed(text.getvalue())
    row = data.draw(st.integers(0, len(sheet.rows) - 1))
    column = data.draw(st.integers(0, min(len(sheet.rows[row]), 3) - 1))
    value = data.draw(st.text(st.sampled_from('ab,"\n'), max_size=4))
    filled = parsed(sheet.filled({(row, column): value}).decode())
    before = [[cell.value for cell in cells] for cells in sheet.rows]
    before[row][column] = value
    assert [[cell.value for cell in cells] for cells in filled.rows] == before
    cell = sheet.rows[row][column]
    written = sheet.filled({(row, column): value}).decode()
    assert written.startswith(sheet.text[: cell.start])
    assert written.endswith(sheet.text[cell.end :])


@pytest.mark.parametrize(
    ("text", "delimiter"),
    [
        ("a,b;c,d\n", ","),
        ("a;b;c\n1,5;2;3\n", ";"),
        ('"x;y;z;w;v",b\n', ","),
        ("a\tb\n", "\t"),
        ("alone\n", ","),
    ],
)
def test_the_delimiter_is_what_parts_the_header(text: str, delimiter: str) -> None:
    assert parsed(text).delimiter == delimiter


def test_a_new_column_is_given_to_every_row_that_has_cells() -> None:
    sheet = parsed("\ufeffa;b\r\n1;2\r\n\r\n3\n4;5")
    assert sheet.filled({(0, 2): "n;ew", (1, 2): "7"}).decode() == (
        '\ufeffa;b;"n;ew"\r\n1;2;7\r\n\r\n3\n4;5;'
    )


def test_formulas_and_control_signs_are_made_harmless() -> None:
    assert parsed("a,b\n1,2\n").filled({(1, 1): "=1+1\x1b[0m"}) == b"a,b\n1,'=1+1[0m\n"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "line 1: the file is empty"),
        (b"\xef\xbb\xbf\n", "line 1: the file is empty"),
        (b'a,b\n1,"2\n3,4\n', "line 2: a quote is opened and never closed"),
        ("Müller,b\n".encode("cp1252"), "not UTF-8"),
    ],
)
def test_what_is_no_csv_is_one_clear_line(tmp_path: Path, data: bytes, words: str) -> None:
    (tmp_path / "x.csv").write_bytes(data)
    with pytest.raises(UsageError, match=words):
        read_sheet(tmp_path / "x.csv")
