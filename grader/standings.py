"""Which of a student's notebooks counts, and what it is worth by the assignment's rules."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from grader.assignment import Assignment
from grader.gradebook import Handin
from grader.verdict import Verdict


@dataclass(frozen=True)
class Standing:
    """One student's row: the notebook that counts, its verdict, and what lateness costs."""

    handin: Handin
    verdict: Verdict
    attempts: int
    late_cents: int

    @property
    def cents(self) -> int:
        """The score, in cents."""
        return self.verdict.cents() - self.late_cents


def standings(
    assignment: Assignment, graded: Iterable[tuple[Handin, Verdict]]
) -> Iterator[Standing]:
    """One standing a student, from all notebooks in the order in which they were handed in.

    Attempts beyond the limit do not count; of the others the last, or the best, does.
    """
    rules = assignment.attempts
    for _, of_student in groupby(graded, key=lambda pair: pair[0].student):
        several = list(of_student)
        # Being on the roster with nothing handed in is no attempt.
        attempts = [pair for pair in several if pair[1].status != "missing"] or several
        allowed = [_standing(assignment, *pair, len(attempts)) for pair in attempts[: rules.limit]]
        yield max(allowed, key=lambda s: s.cents) if rules.keep == "best" else allowed[-1]


def _standing(assignment: Assignment, handin: Handin, verdict: Verdict, attempts: int) -> Standing:
    late = 0
    if assignment.deadline is not None and handin.submitted_at:
        submitted = datetime.fromisoformat(handin.submitted_at)
        fraction = assignment.late.fraction(submitted, assignment.deadline)
        late = min(round(verdict.cents() * fraction), verdict.cents())
    return Standing(handin, verdict, 0 if verdict.status == "missing" else attempts, late)
