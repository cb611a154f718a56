"""Attempts and lateness, as the assignment declares them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from grader.assignment import Assignment, Attempts, Course, Late
from grader.errors import AssignmentError
from grader.gradebook import Handin
from grader.standings import Standing, standings
from grader.verdict import Verdict
from tests.test_gradebook import verdict

DEADLINE = datetime(2026, 1, 31, 12, tzinfo=UTC)


def standing(course: Course, *points: int, **changes: object) -> Standing:
    assignment: Assignment = replace(course.assignment, **changes)  # type: ignore[arg-type]
    when = DEADLINE.isoformat()
    pairs = [(Handin("ada", str(n), "ada.ipynb", when), verdict(p)) for n, p in enumerate(points)]
    (found,) = standings(assignment, pairs)
    return found


def test_the_last_attempt_counts_unless_the_best_does(backprop: Course) -> None:
    assert standing(backprop, 50, 90, 70).cents == 70
    assert standing(backprop, 50, 90, 70, attempts=Attempts(keep="best")).cents == 90


def test_attempts_beyond_the_limit_do_not_count(backprop: Course) -> None:
    found = standing(backprop, 50, 60, 100, attempts=Attempts(limit=2))
    assert (found.cents, found.attempts) == (60, 3)


def test_nothing_handed_in_is_no_attempt(backprop: Course) -> None:
    missing = Verdict("missing", "nothing was handed in", {"t": 100})
    (found,) = standings(backprop.assignment, [(Handin("ada", "", "", ""), missing)])
    assert (found.attempts, found.cents) == (0, 0)


@pytest.mark.parametrize(
    ("late", "cents"),
    [
        (timedelta(hours=-1), 100),
        (timedelta(minutes=9), 100),
        (timedelta(hours=1), 90),
        (timedelta(days=1, hours=1), 80),
        (timedelta(days=400), 50),
    ],
)
def test_each_begun_day_costs_its_part(backprop: Course, late: timedelta, cents: int) -> None:
    rules = Late(per_day=0.1, at_most=0.5, grace_minutes=10)
    found = standing_late(backprop, late, rules)
    assert found.cents == cents
    assert found.late_cents == 100 - cents


def standing_late(course: Course, late: timedelta, rules: Late) -> Standing:
    assignment = replace(course.assignment, deadline=DEADLINE, late=rules)
    handin = Handin("ada", "1", "ada.ipynb", (DEADLINE + late).isoformat())
    (found,) = standings(assignment, [(handin, verdict(100))])
    return found


def test_a_deadline_without_a_zone_is_refused(backprop: Course) -> None:
    with pytest.raises(AssignmentError, match="no time zone"):
        replace(backprop.assignment, deadline=datetime(2026, 1, 1))
