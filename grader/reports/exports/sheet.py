"""A CSV file as the text that it is: cells are read, and filled without touching any other."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from grader.errors import UsageError
from grader.reports.files import harmless

DELIMITERS = (",", ";", "\t")
_BOM = "\ufeff"
_NOT_TEXT = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


@dataclass(frozen=True)
class Cell:
    """What a cell says, and where its text lies in the file, quotes included."""

    value: str
    start: int
    end: int


@dataclass(frozen=True)
class Sheet:
    """Somebody's CSV: its text with all line ends and quotes, and its cells row by row."""

    text: str
    delimiter: str
    rows: tuple[tuple[Cell, ...], ...]

    def value(self, row: int, column: int) -> str:
        """What a cell says, without blanks around it; "" where the row is shorter."""
        cells = self.rows[row]
        return cells[column].value.strip() if column < len(cells) else ""

    @property
    def header(self) -> list[str]:
        """What the first row says."""
        return [cell.value.strip() for cell in self.rows[0]]

    @property
    def decimal_comma(self) -> bool:
        """Whether its numbers are written as 1,5."""
        cells = (cell.value for row in self.rows for cell in row)
        return self.delimiter != "," and any(re.fullmatch(r"\s*\d+,\d+\s*", c) for c in cells)

    def filled(self, values: Mapping[tuple[int, int], str]) -> bytes:
        """The file with these cells, by row and column; every other byte is as it was.

        A column beyond the header's end is added to every row. Text that a spreadsheet would
        run as a formula gets a quote in front.
        """
        of_row: dict[int, dict[int, str]] = defaultdict(dict)
        for (row, column), value in values.items():
            of_row[row][column] = harmless(_NOT_TEXT.sub("", value))
        last = max((column for _, column in values), default=0)
        if last >= len(self.rows[0]):
            for row, cells in enumerate(self.rows):
                if len(cells) > 1:
                    of_row[row].setdefault(last, "")
        parts, place = [], 0
        for row in sorted(of_row):
            cells = self.rows[row]
            for column, value in sorted(of_row[row].items()):
                if column < len(cells):
                    cell = cells[column]
                    parts += [self.text[place : cell.start], self._written(value, cell)]
                    place = cell.end
            parts += [self.text[place : cells[-1].end], self._added(of_row[row], len(cells))]
            place = cells[-1].end
        return "".join([*parts, self.text[place:]]).encode()

    def _added(self, values: Mapping[int, str], width: int) -> str:
        last = max(values)
        return "".join(
            self.delimiter + self._written(values.get(column, ""))
            for column in range(width, last + 1)
        )

    def _written(self, value: str, before: Cell | None = None) -> str:
        was_quoted = before is not None and self.text[before.start : before.start + 1] == '"'
        if was_quoted or any(sign in value for sign in f'{self.delimiter}"\r\n'):
            doubled = value.replace('"', '""')
            return f'"{doubled}"'
        return value


@dataclass(frozen=True)
class Filled:
    """A file that was filled, and what a person should know of it.

    filled: how many students got their cells. changed: those of them whose cell held another
    number. kept: students whose cell stays as it was, with the reason. unmatched: students of
    the gradebook without a row, with the reason.
    """

    data: bytes
    filled: int
    changed: Sequence[str]
    kept: Mapping[str, str]
    unmatched: Mapping[str, str]


def read_sheet(file: Path) -> Sheet:
    """Reads a CSV in UTF-8, with or without a mark; its delimiter is found from the header.

    Raises UsageError naming the file, the line and the mend.
    """
    try:
        text = file.read_bytes().decode()
    except OSError as error:
        raise UsageError(f"{file}: can't be read ({error.strerror}): check the path") from None
    except UnicodeDecodeError:
        raise UsageError(
            f"{file}: not UTF-8: use the file as it was downloaded, or save it as CSV UTF-8"
        ) from None
    try:
        return parsed(text)
    except ValueError as error:
        raise UsageError(f"{file}, {error}") from None


def parsed(text: str) -> Sheet:
    """The cells of a CSV. Raises ValueError, with the line, where it is none."""
    if not text.removeprefix(_BOM).strip():
        raise ValueError("line 1: the file is empty: export it again")
    first = text.removeprefix(_BOM).lstrip("\r\n").splitlines()[0]
    # The one that parts the header into the most cells, whatever stands between quotes.
    bare = re.sub(r'"[^"]*"', "", first)
    delimiter = max(DELIMITERS, key=bare.count)
    return Sheet(text, delimiter, tuple(_rows(text, delimiter)))


def _rows(text: str, delimiter: str) -> list[tuple[Cell, ...]]:
    plain = rf"[^{delimiter}\r\n]*"
    pattern = re.compile(rf'(?:"((?:[^"]++|"")*+)"({plain})|({plain}))({delimiter}|\r\n|\r|\n|\Z)')
    rows: list[tuple[Cell, ...]] = []
    row: list[Cell] = []
    place = len(_BOM) if text.startswith(_BOM) else 0
    while place < len(text) or row:
        found = pattern.match(text, place)
        assert found is not None  # an empty cell always matches
        quoted, after, bare, ending = found.groups()
        if bare and bare.startswith('"'):
            line = text.count("\n", 0, place) + 1
            raise ValueError(f"line {line}: a quote is opened and never closed")
        value = bare if quoted is None else quoted.replace('""', '"') + after
        row.append(Cell(value, place, found.start(4)))
        place = found.end()
        if ending != delimiter:
            rows.append(tuple(row))
            row = []
    return rows
