"""Arrays of numbers as small tables, with the wrong entries marked."""

from dataclasses import dataclass
from typing import Any

from grader.reports.words import numbers


@dataclass(frozen=True)
class Cell:
    """One entry as text; off: 0 where it is right or not known, else 1 to 4."""

    text: str
    off: int


@dataclass(frozen=True)
class Matrix:
    """An array with its name. rows: of cells; a plain number has one row of one cell.

    shape: as a person writes it. said: words in place of rows, for what is no small array.
    """

    name: str
    shape: str
    rows: tuple[tuple[Cell, ...], ...] = ()
    said: str = ""

    @property
    def wrong(self) -> int:
        """How many entries are marked."""
        return sum(cell.off > 0 for row in self.rows for cell in row)


def matrix(name: str, value: Any, off: Any = None) -> Matrix:
    """The table of a nested list of at most two dimensions; of anything else, words."""
    shape = shape_of(value)
    written = f"({shape[0]},)" if len(shape) == 1 else f"({', '.join(map(str, shape))})"
    if not isinstance(value, list):
        if isinstance(value, str):
            return Matrix(name, "", said=value)
        return Matrix(name, "()", ((Cell(numbers(value), int(off or 0)),),))
    if len(shape) > 2 or 0 in shape:
        return Matrix(name, written, said=numbers(value))
    rows = value if len(shape) == 2 else [value]
    marks = off if len(shape) == 2 else [off]
    return Matrix(
        name,
        written,
        tuple(
            tuple(Cell(numbers(entry), marks[i][j] if off else 0) for j, entry in enumerate(row))
            for i, row in enumerate(rows)
        ),
    )


def shape_of(value: Any) -> tuple[int, ...]:
    """The shape of regularly nested lists."""
    shape: list[int] = []
    while isinstance(value, list):
        shape.append(len(value))
        value = value[0] if value else None
    return tuple(shape)
