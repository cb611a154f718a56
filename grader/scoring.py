"""From checks to points, in whole cents: what each row is worth, and what it earned."""

from collections import defaultdict
from collections.abc import Sequence

from grader.assignment import Assignment, Returned, Shares, Task
from grader.checks import Check
from grader.diagnosis import Finding
from grader.scored_checks import ScoredCheck

CORRECT = ("reference", "gradient")


def in_cents(points: float) -> int:
    """Points as whole cents."""
    return round(points * 100)


def allocated(total: int, weights: Sequence[float]) -> list[int]:
    """`total` in whole parts by weight, adding up exactly (largest remainders, first on ties)."""
    whole = sum(weights)
    if whole <= 0:
        return [0] * len(weights)
    exact = [total * weight / whole for weight in weights]
    parts = [int(part) for part in exact]
    by_remainder = sorted(range(len(parts)), key=lambda i: (parts[i] - exact[i], i))
    for i in by_remainder[: total - sum(parts)]:
        parts[i] += 1
    return parts


def scored(
    task: Task, worth: Sequence[int], checks: Sequence[Check], findings: Sequence[Finding]
) -> list[ScoredCheck]:
    """The checks of one task with their points. `worth`: the most that each can earn, in cents.

    A value earns nothing unless it is right on all ordinary cases, public and private alike:
    a table of the public answers is no function. Then each further row earns for itself.
    """
    correct = {value.name: _all_correct(value, checks) for value in task.returned}
    rows = []
    for check, most in zip(checks, worth, strict=True):
        of_value, case, outcome = check.question.value.name, check.question.case, check.outcome
        place = ("", "", "public") if check.about_task else (of_value, case.name, case.split)
        value, named, split = place
        earned = most if outcome == "passed" and correct[of_value] else 0
        diagnosis = " ".join(_diagnosis(check, findings)) if outcome == "failed" else ""
        rows.append(
            # In the order of the fields; by name they would take the judge a tenth of its time.
            ScoredCheck(
                task.name, value, check.name, named, split, outcome, earned, most, diagnosis,
                check.result.message,
            )
        )  # fmt: skip
    return rows


def _all_correct(value: Returned, checks: Sequence[Check]) -> bool:
    decisive = [
        check
        for check in checks
        if check.kind == "ordinary"
        and check.question.value.name == value.name
        and check.name in CORRECT
    ]
    return bool(decisive) and all(check.outcome == "passed" for check in decisive)


def _diagnosis(check: Check, findings: Sequence[Finding]) -> tuple[str, ...]:
    if check.about_task:
        return ()
    for finding in findings:
        if finding.value == check.question.value.name and check.name in finding.checks:
            return finding.ids
    return ()


def worth_of(assignment: Assignment, task: Task, checks: Sequence[Check]) -> list[int]:
    """The most that each of a task's checks can earn, in cents, whatever their outcomes are.

    It is shared value by value, split by split, purpose by purpose.

    What a split or a purpose would be worth goes to the others where it does not occur,
    but the public part is the same whether private cases are there or not.
    """
    groups: dict[tuple[str, str, str], list[int]] = defaultdict(list)
    for number, check in enumerate(checks):
        purpose = _purpose(check)
        if purpose and not check.about_task:
            question = check.question
            groups[question.value.name, question.case.split, purpose].append(number)
    worth: dict[int, int] = {}
    for value, splits in zip(task.returned, _worth_of_values(assignment, task), strict=True):
        for split, of_split in splits.items():
            purposes = {p: groups[value.name, split, p] for p in vars(Shares())}
            present = [p for p, numbers in purposes.items() if numbers]
            weights = [getattr(assignment.shares, purpose) for purpose in present]
            for purpose, cents in zip(present, allocated(of_split, weights), strict=True):
                numbers = purposes[purpose]
                worth.update(zip(numbers, allocated(cents, [1.0] * len(numbers)), strict=True))
    return [worth.get(number, 0) for number in range(len(checks))]


def public_cents(assignment: Assignment) -> int:
    """The most that can be earned on public cases alone, in cents."""
    values = (value for task in assignment.tasks for value in _worth_of_values(assignment, task))
    return sum(value["public"] for value in values)


def _worth_of_values(assignment: Assignment, task: Task) -> list[dict[str, int]]:
    """What each returned value is worth by split, in cents."""
    shares = [assignment.public_share, 1 - assignment.public_share]
    per_value = allocated(in_cents(task.points), [value.weight for value in task.returned])
    return [
        dict(zip(("public", "private"), allocated(cents, shares), strict=True))
        for cents in per_value
    ]


def _purpose(check: Check) -> str:
    """Which share of a value's points the check belongs to, "" where it earns none."""
    if check.name in CORRECT:
        return {"ordinary": "correct", "edge": "edge"}.get(check.kind, "")
    return check.name if check.name in ("pure", "deterministic", "stable") else ""
