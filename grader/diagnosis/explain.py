"""Which mistakes explain a student's numbers: the fewest that fit everything observed.

All that fits is a set of mistakes for each value. These are preferred, in this order:
1. values in each other's places, where that leaves fewer mistakes to make in all;
2. for each value, the fewest mistakes;
3. for the whole function, the fewest different ones: one cause explains many values;
4. mistakes that the author declared before those known for any task.
Single mistakes that tie are all named: each alone gives the numbers. Of several mistakes at once,
one set is named: the one whose mistakes come first where they are declared.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, permutations, product

from grader.assignment import Task
from grader.diagnosis.fitting import Fit, Observation, fits
from grader.diagnosis.task_candidates import TaskCandidates

MOST_MISTAKES = 3
MOST_SWAPPED = 4

Ids = frozenset[str]


@dataclass(frozen=True)
class Explanation:
    """Ids of mistakes, sorted: all of them made at once, or (`either`) any one of them alone."""

    ids: tuple[str, ...] = ()
    either: bool = False


# Of numbers that are as near to the truth as those of the same formula are to each other.
IMPRECISE = Explanation(("low-precision",))


def explain(
    task: Task, candidates: TaskCandidates, observed: Mapping[str, Sequence[Observation]]
) -> dict[str, Explanation]:
    """The mistakes that explain the observations of each value, none where none are known to.

    IMPRECISE for numbers that are right, if it is they that are wrong, and not their type.
    """
    found: dict[str, dict[str, set[Ids]]] = {}
    right: dict[str, Explanation] = {}
    for value, of_value in observed.items():
        by_place = _explanations(task, candidates, value, of_value)
        if frozenset() in by_place.get(value, ()):
            right[value] = IMPRECISE
        else:
            found[value] = by_place
    places = {} if task.as_dict else _places(found)
    chosen = {value: _fewest(_of_place(value, found[value], places.get(value))) for value in found}
    return right | _fewest_in_all({v: ids for v, ids in chosen.items() if ids}, candidates)


def _explanations(
    task: Task, candidates: TaskCandidates, value: str, observed: Sequence[Observation]
) -> dict[str, set[Ids]]:
    """Every set of mistakes that fits, by the value whose place the numbers belong in."""
    found: dict[str, set[Ids]] = {}
    if _says_enough(observed):
        for fit in fits(task, value, observed):
            moved = fit.candidate.ids == ("another-value",)
            for place in (value, fit.candidate.of) if moved else (value,):
                for ids in _named(fit, place, candidates):
                    if len(ids) <= MOST_MISTAKES:
                        found.setdefault(place, set()).add(ids)
    return found


def _says_enough(observed: Sequence[Observation]) -> bool:
    """One number on one or two cases fits too many rules."""
    several = len(observed) > 2
    return any(several or (o.got is not None and o.got.size > 1) for o in observed)


def _named(fit: Fit, place: str, candidates: TaskCandidates) -> Iterator[Ids]:
    """The ids of a fit, with the author's names for its parts as well as the general ones.

    An author's name speaks of its own value, so it is used only where that one belongs.
    """
    synonyms = candidates.synonyms[place] if fit.candidate.of == place else {}
    names = [{part.id, *synonyms.get(part, ())} for part in fit.parts]
    for chosen in product(*names):
        ids = (*fit.candidate.ids, *chosen)
        # The same mistake made twice is rather another one.
        if len(set(ids)) == len(ids):
            yield frozenset(ids)


def _places(found: Mapping[str, Mapping[str, Collection[Ids]]]) -> dict[str, str]:
    """By value, the other value that stands in its place, where values were mixed up.

    Values are in each other's places if that needs fewer mistakes in all than to take each
    for its own: the mix-up is one mistake, whatever it moves.
    """
    values = list(found)
    if len(values) > MOST_SWAPPED:
        return {}
    best: dict[str, str] = {}
    fewest = _mistakes(found, {value: value for value in values})
    for order in permutations(values):
        places = dict(zip(values, order, strict=True))
        moved = {value: place for value, place in places.items() if value != place}
        mistakes = _mistakes(found, places) + 1
        if moved and mistakes < fewest:
            best, fewest = moved, mistakes
    return best


def _mistakes(found: Mapping[str, Mapping[str, Collection[Ids]]], places: Mapping[str, str]) -> int:
    """The fewest mistakes that explain all values in these places."""
    total = 0
    for value, place in places.items():
        moved = value != place
        options = found[value].get(place, ())
        total += min((len(ids) - moved for ids in options), default=MOST_MISTAKES + 1)
    return total


def _of_place(
    value: str, by_place: Mapping[str, Collection[Ids]], place: str | None
) -> Iterable[Ids]:
    if place is None:
        return by_place.get(value, ())
    return [ids - {"another-value"} | {"returns-swapped"} for ids in by_place[place]]


def _fewest(sets: Iterable[Ids]) -> set[Ids]:
    sets = set(sets)
    least = min(map(len, sets), default=0)
    return {ids for ids in sets if len(ids) == least}


def _fewest_in_all(
    of_values: Mapping[str, Collection[Ids]], candidates: TaskCandidates
) -> dict[str, Explanation]:
    """Of each value's explanations those that together need the fewest different mistakes."""
    declared, rank = candidates.declared, candidates.rank
    pool = sorted({name for sets in of_values.values() for ids in sets for name in ids})
    for count in range(len(pool) + 1):
        enough = [
            chosen
            for chosen in map(frozenset, combinations(pool, count))
            if all(any(ids <= chosen for ids in sets) for sets in of_values.values())
        ]
        if enough:
            undeclared = min(len(chosen - declared) for chosen in enough)
            kept = sorted((c for c in enough if len(c - declared) == undeclared), key=rank)
            return {
                value: _told([ids for c in kept for ids in sorted(sets, key=rank) if ids <= c])
                for value, sets in of_values.items()
            }
    return {}


def _told(sets: Sequence[Ids]) -> Explanation:
    """What is said of sets of mistakes of equal size, those of the likeliest cause first."""
    if len(sets[0]) == 1:
        single = frozenset().union(*sets)
        return Explanation(tuple(sorted(single)), either=len(single) > 1)
    return Explanation(tuple(sorted(sets[0])))
