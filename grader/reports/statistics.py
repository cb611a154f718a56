"""What the class as a whole shows: tasks, misconceptions, the hardest check."""

from dataclasses import dataclass

import pandas as pd


@dataclass(frozen=True)
class Statistics:
    """Numbers for the instructor.

    tasks: index task; mean, spread (standard deviation), full (how many have full points), of.
    misconceptions: index id; students (how many), example (one value where it was seen).
    hardest: the (task, value, check) with the lowest rate of passing among those judged.
    """

    students: int
    mean: float
    spread: float
    statuses: dict[str, int]
    tasks: pd.DataFrame
    misconceptions: pd.DataFrame
    hardest: tuple[str, float] | None


def statistics(scores: pd.DataFrame, checks: pd.DataFrame, points: dict[str, float]) -> Statistics:
    """The class in numbers, from the frames of scores and checks. `points`: most, by task."""
    tasks = pd.DataFrame(
        {
            "mean": {task: scores[task].mean() for task in points},
            "spread": {task: scores[task].std(ddof=0) for task in points},
            "full": {task: int((scores[task] >= most).sum()) for task, most in points.items()},
            "of": points,
        }
    )
    return Statistics(
        students=len(scores),
        mean=float(scores["score"].mean()),
        spread=float(scores["score"].std(ddof=0)),
        statuses={str(k): int(v) for k, v in scores["status"].value_counts().items()},
        tasks=tasks,
        misconceptions=misconceptions(checks),
        hardest=_hardest(checks),
    )


def misconceptions(checks: pd.DataFrame) -> pd.DataFrame:
    """Each recognised mistake with the number of students who made it, most frequent first."""
    columns = ["student", "task", "value", "diagnosis"]
    seen = checks.loc[checks["diagnosis"] != "", columns].astype(str)
    each = seen.assign(id=seen["diagnosis"].str.split()).explode("id")
    if each.empty:
        return pd.DataFrame({"students": [], "example": []})
    by_id = each.groupby("id")
    found = pd.DataFrame(
        {
            "students": by_id["student"].nunique(),
            "example": by_id["task"].first() + "." + by_id["value"].first(),
        }
    )
    return found.sort_values(["students"], ascending=False, kind="stable")


def _hardest(checks: pd.DataFrame) -> tuple[str, float] | None:
    judged = checks[(checks["outcome"] != "not_judged") & (checks["value"] != "")]
    if judged.empty or (judged["outcome"] == "passed").all():
        return None
    rates = (
        (judged["outcome"] == "passed")
        .groupby([judged["task"], judged["value"], judged["check"]], observed=True)
        .mean()
    )
    task, value, check = rates.index[int(rates.to_numpy().argmin())]
    return f"{check} of {task}.{value}", float(rates.min())
