"""Which of a student's notebooks counts, and what it is worth by the assignment's rules."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, tzinfo
from itertools import groupby

from grader.assignment import Assignment
from grader.gradebook import Handin
from grader.verdict import Verdict

Graded = tuple[Handin, Verdict]


@dataclass(frozen=True)
class Standing:
    """One student's row: the notebook that counts, its verdict, and what lateness costs.

    note: what the rules did to this student, in words; "" where they did nothing.
    """

    handin: Handin
    verdict: Verdict
    attempts: int
    late_cents: int
    note: str = ""

    @property
    def cents(self) -> int:
        """The score, in cents."""
        return self.verdict.cents() - self.late_cents


def standings(assignment: Assignment, graded: Iterable[Graded]) -> Iterator[Standing]:
    """One standing a student, from all notebooks in the order in which they were handed in.

    Attempts beyond a limit do not count; of the others the last, or the best, does.
    """
    for attempts, allowed, note in _by_student(assignment, graded):
        worth = [_standing(assignment, *pair, attempts) for pair in allowed]
        best = assignment.attempts.keep == "best"
        counts = max(worth, key=lambda s: s.cents) if best else worth[-1]
        yield replace(counts, note="; ".join(said for said in (counts.note, note) if said))


def board_standings(assignment: Assignment, graded: Iterable[Graded]) -> Iterator[Standing]:
    """One standing a student for the leaderboard: chosen by nothing but public points.

    Where the best counts it is the best by public points, the earliest of equals, so that the
    choice gives nothing private away. A notebook handed in after the deadline stands only
    where there is none in time.
    """
    for attempts, allowed, _ in _by_student(assignment, graded):
        in_time = [pair for pair in allowed if not _is_late(assignment, pair[0])] or allowed
        best = assignment.attempts.keep == "best"
        chosen = max(in_time, key=lambda p: p[1].cents(split="public")) if best else in_time[-1]
        yield _standing(assignment, *chosen, attempts)


def _by_student(
    assignment: Assignment, graded: Iterable[Graded]
) -> Iterator[tuple[int, Sequence[Graded], str]]:
    """For each student: the number of attempts, those that may count, and a note on the others."""
    rules = assignment.attempts
    zone = (assignment.deadline and assignment.deadline.tzinfo) or UTC
    for _, of_student in groupby(graded, key=lambda pair: pair[0].student):
        several = list(of_student)
        # Being on the roster with nothing handed in is no attempt.
        attempts = [pair for pair in several if pair[1].status != "missing"]
        within, over = _within_days(attempts, rules.per_day, zone)
        said = [f"{count} of {day}, at most {rules.per_day} a day" for day, count in over.items()]
        allowed = within[: rules.limit]
        if len(within) > len(allowed):
            said.append(f"{len(within) - len(allowed)} beyond the {rules.limit} allowed in all")
        note = f"attempts that do not count: {'; '.join(said)}" if said else ""
        yield len(attempts), allowed or several, note


def _within_days(
    attempts: Sequence[Graded], per_day: int | None, zone: tzinfo
) -> tuple[Sequence[Graded], Mapping[date, int]]:
    """The attempts that are among the first so many of their day; how many others, by day.

    One whose time is not known is not held against any day.
    """
    if per_day is None:
        return attempts, {}
    seen: Counter[date] = Counter()
    over: Counter[date] = Counter()
    beyond = set()
    timed = [(when, n) for n, (handin, _) in enumerate(attempts) if (when := _time(handin))]
    for when, number in sorted(timed):
        day = when.astimezone(zone).date()
        seen[day] += 1
        if seen[day] > per_day:
            over[day] += 1
            beyond.add(number)
    return [pair for number, pair in enumerate(attempts) if number not in beyond], over


def _standing(assignment: Assignment, handin: Handin, verdict: Verdict, attempts: int) -> Standing:
    submitted = _time(handin)
    days = days_late(assignment, submitted, marked=handin.late)
    late = min(round(verdict.cents() * assignment.late.fraction(days)), verdict.cents())
    note = f"{_lateness(assignment, submitted)}: {_points(late)} less" if late else ""
    return Standing(handin, verdict, attempts, late, note)


def days_late(assignment: Assignment, submitted: datetime | None, *, marked: bool) -> int:
    """Begun days after the deadline; one where a platform has `marked` it as late, and not when."""
    if assignment.deadline is None:
        return 0
    if submitted is None:
        return int(marked)
    return assignment.late.days(submitted, assignment.deadline)


def _lateness(assignment: Assignment, submitted: datetime | None) -> str:
    """By how much a notebook is late, in words."""
    if submitted is None or assignment.deadline is None:
        return "marked as late without a time: counted as one day"
    minutes = int((submitted - assignment.deadline).total_seconds() // 60)
    days, hours = minutes // 1440, minutes // 60 % 24
    parts = [f"{days} day{'s' * (days > 1)}"] * (days > 0) + [f"{hours} h"] * (hours > 0)
    return f"late by {' '.join(parts) or f'{minutes} min'}"


def _points(cents: int) -> str:
    return f"{cents / 100:g} point{'s' * (cents != 100)}"


def _is_late(assignment: Assignment, handin: Handin) -> bool:
    return days_late(assignment, _time(handin), marked=handin.late) > 0


def _time(handin: Handin) -> datetime | None:
    return datetime.fromisoformat(handin.submitted_at) if handin.submitted_at else None
