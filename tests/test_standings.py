"""Attempts and lateness, as the assignment declares them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from grader.assignment import Assignment, Attempts, Course, Late
from grader.errors import AssignmentError
from grader.gradebook import Handin
from grader.scored_checks import ScoredCheck, ScoredChecks
from grader.standings import Standing, board_standings, standings
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


def handed_in(*times: str, assignment: Assignment) -> Standing:
    """Attempts worth 10, 20, 30, … points, at these times of January 2026."""
    pairs = [
        (Handin("ada", str(n), "a.ipynb", f"2026-01-{when}" if when else ""), verdict(10 * (n + 1)))
        for n, when in enumerate(times)
    ]
    (found,) = standings(assignment, pairs)
    return found


def test_later_attempts_of_a_day_do_not_count(backprop: Course) -> None:
    rules = replace(backprop.assignment, attempts=Attempts(per_day=2))
    found = handed_in(
        "10T08:00:00+00:00", "10T09:00:00+00:00", "10T23:59:00+00:00", "10T10:00:00+00:00",
        assignment=rules,
    )  # fmt: skip
    assert (found.cents, found.attempts) == (20, 4)
    assert found.note == "attempts that do not count: 2 of 2026-01-10, at most 2 a day"
    next_day = handed_in("10T08:00:00+00:00", "11T00:00:00+00:00", assignment=rules)
    assert (next_day.cents, next_day.note) == (20, "")


def test_a_day_is_one_where_the_deadline_is(backprop: Course) -> None:
    tokyo = timezone(timedelta(hours=9))
    rules = replace(
        backprop.assignment,
        attempts=Attempts(per_day=1),
        deadline=datetime(2026, 1, 31, tzinfo=tokyo),
    )
    found = handed_in("10T14:00:00+00:00", "10T16:00:00+00:00", assignment=rules)
    assert (found.cents, found.note) == (20, "")


def test_what_has_no_time_is_held_against_no_day(backprop: Course) -> None:
    rules = replace(backprop.assignment, attempts=Attempts(per_day=1))
    assert handed_in("", "", "", assignment=rules).cents == 30


def test_what_a_day_refuses_does_not_use_up_the_limit(backprop: Course) -> None:
    rules = replace(backprop.assignment, attempts=Attempts(limit=2, per_day=1))
    times = ("10T08:00:00+00:00", "10T09:00:00+00:00", "11T09:00:00+00:00", "12T09:00:00+00:00")
    found = handed_in(*times, assignment=rules)
    assert found.cents == 30
    assert found.note == (
        "attempts that do not count: 1 of 2026-01-10, at most 1 a day;"
        " 1 beyond the 2 allowed in all"
    )


@pytest.mark.parametrize("wrong", [{"per_day": 0}, {"limit": -1}, {"keep": "first"}])
def test_rules_that_make_no_sense_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(AssignmentError, match=f"attempts: {next(iter(wrong))} is"):
        Attempts(**wrong)


def test_marked_as_late_without_a_time_is_one_day(backprop: Course) -> None:
    rules = replace(backprop.assignment, deadline=DEADLINE, late=Late(per_day=0.1))
    (found,) = standings(rules, [(Handin("ada", "1", "a", "", late=True), verdict(100))])
    assert found.cents == 90
    assert found.note == "marked as late without a time: counted as one day: 0.1 points less"
    early = Handin("ada", "1", "a", (DEADLINE - timedelta(1)).isoformat(), late=True)
    (known,) = standings(rules, [(early, verdict(100))])
    assert (known.cents, known.note) == (100, "")


def split_verdict(public: int, private: int) -> Verdict:
    rows = tuple(
        ScoredCheck("t", "v", "gradient", "c", split, "passed", points, 100, "", "")
        for split, points in (("public", public), ("private", private))
    )
    return Verdict("ok", "", {"t": 200}, ScoredChecks.of(rows))


def test_the_board_chooses_by_public_points_alone(backprop: Course) -> None:
    rules = replace(backprop.assignment, attempts=Attempts(keep="best"))
    when = DEADLINE.isoformat()
    pairs = [
        (Handin("ada", "0", "a", when), split_verdict(40, 10)),
        (Handin("ada", "1", "a", when), split_verdict(40, 90)),
        (Handin("ada", "2", "a", when), split_verdict(30, 99)),
    ]
    (found,) = board_standings(rules, pairs)
    assert found.handin.sha256 == "0"
    (graded,) = standings(rules, pairs)
    assert graded.handin.sha256 == "1"


def test_what_comes_after_the_deadline_changes_no_ranking(backprop: Course) -> None:
    rules = replace(backprop.assignment, deadline=DEADLINE)
    early, late = (DEADLINE + timedelta(hours=h) for h in (-1, 1))
    pairs = [
        (Handin("ada", "0", "a", early.isoformat()), split_verdict(10, 10)),
        (Handin("ada", "1", "a", late.isoformat()), split_verdict(90, 90)),
        (Handin("bob", "2", "b", late.isoformat()), split_verdict(50, 50)),
    ]
    assert [found.handin.sha256 for found in board_standings(rules, pairs)] == ["0", "2"]


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


@pytest.mark.parametrize(
    ("late", "note"),
    [
        (timedelta(minutes=9), ""),
        (timedelta(minutes=12), "late by 12 min: 3 points less"),
        (timedelta(hours=24), "late by 1 day: 3 points less"),
        (timedelta(days=1, hours=2), "late by 1 day 2 h: 6 points less"),
        (timedelta(days=2, minutes=5), "late by 2 days: 6 points less"),
    ],
)
def test_the_note_says_how_late_and_what_it_costs(
    backprop: Course, late: timedelta, note: str
) -> None:
    rules = replace(
        backprop.assignment, deadline=DEADLINE, late=Late(per_day=0.1, grace_minutes=10)
    )
    handin = Handin("ada", "1", "ada.ipynb", (DEADLINE + late).isoformat())
    (found,) = standings(rules, [(handin, verdict(3000))])
    assert found.note == note


def standing_late(course: Course, late: timedelta, rules: Late) -> Standing:
    assignment = replace(course.assignment, deadline=DEADLINE, late=rules)
    handin = Handin("ada", "1", "ada.ipynb", (DEADLINE + late).isoformat())
    (found,) = standings(assignment, [(handin, verdict(100))])
    return found


def test_a_deadline_without_a_zone_is_refused(backprop: Course) -> None:
    with pytest.raises(AssignmentError, match="no time zone"):
        replace(backprop.assignment, deadline=datetime(2026, 1, 1))
