"""Checks with their points, as they are reported: plain rows, kept by column."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple, overload


class ScoredCheck(NamedTuple):
    """A row of the report of checks: plain fields, points in cents.

    A tuple, as a notebook has hundreds, which are made, kept and read back.
    """

    task: str
    value: str
    check: str
    case: str
    split: str
    outcome: str
    points: int
    max_points: int
    diagnosis: str
    message: str


class Column(NamedTuple):
    """One field of many rows: its different values, and for each row the place of its own."""

    values: Sequence[Any]
    places: Sequence[int]


_EMPTY = {name: Column((), ()) for name in ScoredCheck._fields}


@dataclass(frozen=True)
class ScoredChecks(Sequence[ScoredCheck]):
    """All rows of one notebook: hundreds, in which few texts are different."""

    columns: Mapping[str, Column] = field(default_factory=lambda: _EMPTY)

    @staticmethod
    def of(rows: Iterable[ScoredCheck]) -> "ScoredChecks":
        """These rows, by column."""
        by_field = zip(ScoredCheck._fields, zip(*rows, strict=True), strict=False)
        return ScoredChecks({**_EMPTY, **{name: _column(items) for name, items in by_field}})

    @staticmethod
    def joined(parts: Sequence["ScoredChecks"]) -> "ScoredChecks":
        """The rows of all parts, one part after the other."""
        columns = [[part.columns[name] for part in parts] for name in ScoredCheck._fields]
        return ScoredChecks(dict(zip(ScoredCheck._fields, map(_joined, columns), strict=True)))

    @cached_property
    def earned(self) -> Mapping[tuple[str, str], int]:
        """Cents by task and split."""
        tasks, splits, points = (self.columns[name] for name in ("task", "split", "points"))
        cents: Counter[tuple[int, int]] = Counter()
        for task, split, earned in zip(tasks.places, splits.places, points.places, strict=True):
            cents[task, split] += points.values[earned]
        return {
            (tasks.values[task], splits.values[split]): of_both
            for (task, split), of_both in cents.items()
        }

    @cached_property
    def _rows(self) -> tuple[ScoredCheck, ...]:
        fields = [map(column.values.__getitem__, column.places) for column in self.columns.values()]
        return tuple(map(ScoredCheck._make, zip(*fields, strict=True)))

    def __len__(self) -> int:
        return len(self.columns["task"].places)

    def __iter__(self) -> Iterator[ScoredCheck]:
        return iter(self._rows)

    @overload
    def __getitem__(self, place: int) -> ScoredCheck: ...

    @overload
    def __getitem__(self, place: slice) -> Sequence[ScoredCheck]: ...

    def __getitem__(self, place: int | slice) -> ScoredCheck | Sequence[ScoredCheck]:
        return self._rows[place]


def _column(items: Iterable[Any]) -> Column:
    places: dict[Any, int] = {}
    # The place of a value that is new is how many there were before.
    found = [places.setdefault(item, len(places)) for item in items]
    return Column(list(places), found)


def _joined(columns: Sequence[Column]) -> Column:
    places: dict[Any, int] = {}
    found: list[int] = []
    for column in columns:
        of_values = [places.setdefault(value, len(places)) for value in column.values]
        found += map(of_values.__getitem__, column.places)
    return Column(list(places), found)
