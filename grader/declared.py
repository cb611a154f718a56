"""What a declared value must be: one line that names it, what it is, and what it may be."""

import math
from collections.abc import Collection, Mapping
from typing import Any

from grader.errors import AssignmentError

MOST = 1e12
LARGEST_SIZE = 1000


def require(holds: object, says: str) -> None:
    """Raises AssignmentError with that sentence unless it holds."""
    if not holds:
        raise AssignmentError(says)


def require_number(
    what: str, value: Any, low: float, high: float = MOST, *, above: bool = False
) -> None:
    """A plain number from `low` to `high`; not `low` itself where it must be above it."""
    fits = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    fits = fits and (low < value if above else low <= value) and value <= high
    most = f" and at most {high:g}" if high < MOST else ""
    require(
        fits, f"{what} is {value!r}, must be a number {'above' if above else 'from'} {low:g}{most}"
    )


def require_whole(what: str, value: Any, low: int, high: int) -> None:
    """A whole number from `low` to `high`."""
    fits = isinstance(value, int) and not isinstance(value, bool) and low <= value <= high
    require(fits, f"{what} is {value!r}, must be a whole number from {low} to {high}")


def require_one_of(what: str, value: Any, known: Collection[str]) -> None:
    """One of a few words."""
    says = f"{what} is {value!r}, must be one of {', '.join(sorted(known))}"
    require(isinstance(value, str) and value in known, says)


def require_each(what: str, values: Any, kind: type) -> None:
    """A tuple or list of one kind of thing."""
    fits = isinstance(values, tuple | list) and all(isinstance(item, kind) for item in values)
    require(fits, f"{what} must be a tuple of {kind.__name__}: mind the comma of a tuple of one")


def require_dict(what: str, values: Any, kind: type) -> None:
    """A dict of one kind of thing by name, with something in it."""
    fits = isinstance(values, Mapping) and all(
        isinstance(name, str) and isinstance(item, kind) for name, item in values.items()
    )
    require(fits and values, f"{what} must be a dict of {kind.__name__} by name")


def require_text(what: str, value: Any) -> None:
    """Text with something in it."""
    require(isinstance(value, str) and value.strip(), f"{what} is {value!r}, must be text")


def require_function(what: str, value: Any) -> None:
    """Something that can be called."""
    require(callable(value), f"{what} is {value!r}, must be a function")
