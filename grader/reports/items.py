"""Item analysis: how hard each returned value was, and how well it tells students apart."""

from dataclasses import dataclass

import pandas as pd

NEVER_RUN = ("unreadable", "missing")


@dataclass(frozen=True)
class ItemAnalysis:
    """The items are the returned values; the students, those whose notebook was run.

    items: index (task, value), in the assignment's order; `difficulty` is the mean share of the
    points (1 is easy), `discrimination` the correlation of an item with the sum of all others,
    NaN where an item or the rest is the same for everybody.
    alpha: Cronbach's alpha over the items, None where it is not defined.
    """

    items: pd.DataFrame
    alpha: float | None
    students: int


def item_analysis(tasks: pd.DataFrame, scores: pd.DataFrame, checks: pd.DataFrame) -> ItemAnalysis:
    """Difficulty, discrimination and reliability, from the frames of a class."""
    names = list(zip(tasks["task"], tasks["value"], strict=True))
    index = pd.MultiIndex.from_tuples(names, names=["task", "value"])
    ran = scores.loc[~scores["status"].isin(NEVER_RUN), "student"]
    about_values = checks[checks["value"] != ""]
    by_item = about_values.groupby(["student", "task", "value"], observed=True)
    sums = by_item[["points", "max_points"]].sum()
    points = sums["points"].unstack(["task", "value"])
    # In whole cents: sums of floats that should be the same differ in their last digit.
    points = points.reindex(index=ran, columns=index).fillna(0.0).round(2)
    most = sums["max_points"].groupby(["task", "value"], observed=True).max().reindex(index)
    rest = points.rsub(points.sum(axis=1), axis=0).round(2)
    varies = (points.nunique() > 1) & (rest.nunique() > 1)
    items = pd.DataFrame(
        {
            "difficulty": points.mean() / most,
            "discrimination": points.loc[:, varies].corrwith(rest.loc[:, varies]),
        },
        index=index,
    )
    return ItemAnalysis(items, _alpha(points), len(ran))


def _alpha(points: pd.DataFrame) -> float | None:
    items, totals = points.shape[1], points.sum(axis=1).round(2)
    if items < 2 or totals.nunique() < 2:
        return None
    return items / (items - 1) * (1 - float(points.var().sum()) / float(totals.var()))
