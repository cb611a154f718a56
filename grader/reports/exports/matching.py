"""Finds the students of a gradebook among the rows of somebody's table, surest column first."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from grader.roster import Contact, Roster, folded, in_both_orders, of_any_platform

Names = Mapping[str, AbstractSet[str]]
"""By student, the ids and names that stand for this student, each as `folded` writes it."""


@dataclass(frozen=True)
class Matches:
    """The rows of each student who was found, and why the others were not."""

    rows: Mapping[str, tuple[int, ...]]
    unmatched: Mapping[str, str]


def known_as(students: Iterable[str], kept: Names, roster: Roster | None) -> Names:
    """By what each student may be found: the own name or number, what gradebook and roster say.

    kept: the ids that were known when the students were graded.
    """
    return {
        student: {
            *map(folded, (*in_both_orders(student), *of_any_platform(student))),
            *kept.get(student, ()),
            *(roster.known_as(_on_roster(student, kept, roster)) if roster else ()),
        }
        for student in students
    }


def contacts(students: Iterable[str], kept: Names, roster: Roster) -> dict[str, Contact]:
    """Each student's id number and e-mail address, as far as the roster says."""
    return {
        student: roster.contacts.get(_on_roster(student, kept, roster), Contact())
        for student in students
    }


def _on_roster(student: str, kept: Names, roster: Roster) -> str:
    """The student's name on the roster, by the ids or else by the name; "" where it is not sure."""
    by_id = {roster.find(known) for known in kept.get(student, ())} - {""}
    meant = by_id or {roster.find(student)}
    return meant.pop() if len(meant) == 1 else ""


def matched(names: Names, table: Mapping[int, Sequence[Sequence[str]]]) -> Matches:
    """Finds each student by the surest column in which one of the names occurs.

    table: by row number, what the row says of the person, a sequence a column, surest first.
    Several rows are a student's only if they agree in the surest column.
    """
    levels = max((len(columns) for columns in table.values()), default=0)
    index: list[dict[str, list[int]]] = [defaultdict(list) for _ in range(levels)]
    for row, columns in table.items():
        for level, texts in enumerate(columns):
            for text in {folded(text) for text in texts} - {""}:
                index[level][text].append(row)
    rows: dict[str, tuple[int, ...]] = {}
    unmatched: dict[str, str] = {}
    for student, own in names.items():
        hits = next((found for level in index if (found := _found(level, own))), ())
        if not hits:
            unmatched[student] = "no row fits"
        elif len(hits) > 1 and not _one_person(hits, table):
            unmatched[student] = f"several rows fit: {_listed(hits)}"
        else:
            rows[student] = hits
    for student, other in _rivals(rows):
        unmatched[student] = f"the row of {other!r} fits, too"
    return Matches({s: r for s, r in rows.items() if s not in unmatched}, unmatched)


def _found(level: Mapping[str, list[int]], own: AbstractSet[str]) -> tuple[int, ...]:
    return tuple(sorted({row for name in own for row in level.get(name, ())}))


def _one_person(hits: Sequence[int], table: Mapping[int, Sequence[Sequence[str]]]) -> bool:
    ids = {tuple(table[row][0]) for row in hits}
    return len(ids) == 1 and any(text.strip() for text in ids.pop())


def _rivals(rows: Mapping[str, tuple[int, ...]]) -> list[tuple[str, str]]:
    owners: dict[int, list[str]] = defaultdict(list)
    for student, hits in rows.items():
        for row in hits:
            owners[row].append(student)
    return [
        (student, next(other for other in several if other != student))
        for several in owners.values()
        if len(several) > 1
        for student in several
    ]


def _listed(rows: Sequence[int]) -> str:
    return ", ".join(str(row + 1) for row in rows)
