"""Pairs of students who share a function's form, the most surprising first."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from math import log2

from grader.similarity.functions import Function

SHORTEST = 20
"""Names and constants of one's own below which a function is too short to say anything."""


@dataclass(frozen=True)
class Match:
    """One function that two students have in common, and how many of how many have it at all."""

    first: Function
    second: Function
    shared_by: int
    of: int

    @property
    def surprise(self) -> float:
        """In bits: 1 where half of the class writes it so, 5 where one of 32 does."""
        return log2(self.of / self.shared_by)


@dataclass(frozen=True)
class Pair:
    """Two students and what they have in common, the rarest first."""

    first: str
    second: str
    matches: tuple[Match, ...]

    @property
    def surprise(self) -> float:
        """The sum over the matches; no probability, since who is right in one is in others."""
        return sum(match.surprise for match in self.matches)

    @property
    def size(self) -> int:
        """Names and constants of their own that they have in common."""
        return sum(match.first.size for match in self.matches)


@dataclass(frozen=True)
class Comparison:
    """The pairs, and what was left out of account.

    students: how many were compared. too_short: functions below the least size. common: forms
    that more than `at_most` students share. unread: why a student's notebook was not compared.
    """

    pairs: tuple[Pair, ...]
    students: int
    shortest: int
    at_most: int
    too_short: int
    common: int
    unread: Mapping[str, str] = field(default_factory=dict)


def compare(
    functions: Mapping[str, Sequence[Function]],
    shortest: int = SHORTEST,
    at_most: int | None = None,
) -> Comparison:
    """All pairs of students with a function of the same form.

    Left out are functions of fewer than `shortest` names and constants of one's own, and
    forms that more than `at_most` students share (None: a tenth of the class, at least 3):
    honest students write those alike.
    """
    limit = max(3, len(functions) // 10) if at_most is None else at_most
    by_form: dict[str, dict[str, Function]] = defaultdict(dict)
    too_short = 0
    for student, own in functions.items():
        for function in own:
            if function.size < shortest:
                too_short += 1
            else:
                by_form[function.form].setdefault(student, function)
    shared = [holders for holders in by_form.values() if len(holders) > 1]
    found: dict[tuple[str, str], list[Match]] = defaultdict(list)
    for holders in shared:
        if len(holders) <= limit:
            for a, b in combinations(sorted(holders), 2):
                match = Match(holders[a], holders[b], len(holders), len(functions))
                found[a, b].append(match)
    pairs = [Pair(a, b, tuple(sorted(of, key=_rarest_first))) for (a, b), of in found.items()]
    pairs.sort(key=lambda pair: (-pair.surprise, -pair.size, pair.first, pair.second))
    common = sum(len(holders) > limit for holders in shared)
    return Comparison(tuple(pairs), len(functions), shortest, limit, too_short, common)


def _rarest_first(match: Match) -> tuple[int, int, str]:
    return match.shared_by, -match.first.size, match.first.name
