"""How points are written into somebody's column: scaled if asked for, with two decimals."""

from dataclasses import dataclass

from grader.errors import UsageError


@dataclass(frozen=True)
class Wish:
    """What is to be written where.

    column: the column's head, its title, or its number; without it, the titles are tried.
    new: add a column of the first title instead. scale: convert points where the column's most
    is another; None refuses then. zero_missing: write 0 for who handed in nothing.
    """

    titles: tuple[str, ...]
    column: str | None = None
    new: bool = False
    scale: bool | None = None
    zero_missing: bool = False


def number(text: str) -> float | None:
    """What a cell says as a number, with a decimal point or comma; None where it is none."""
    try:
        return float(text.strip().replace(",", "."))
    except ValueError:
        return None


def differ(before: str, after: str) -> bool:
    """Whether a cell held a number, and another one."""
    held = number(before)
    return held is not None and held != number(after)


def factor(ours: float, theirs: float | None, scale: bool | None, column: str) -> float:
    """By what points are multiplied. theirs: the column's most, None where it is not known.

    Raises UsageError where the two differ and nobody said whether to convert.
    """
    if theirs is None or theirs == ours or scale is False:
        return 1.0
    if scale is None:
        raise UsageError(
            f"the column {column!r} has {theirs:g} points, the assignment {ours:g}: give --scale"
            f" to convert, or --no-scale to write the points as they are"
        )
    return theirs / ours


def written(points: float, *, decimal_comma: bool = False) -> str:
    """Points with two decimals, as gradebooks export them."""
    text = f"{points:.2f}"
    return text.replace(".", ",") if decimal_comma else text
