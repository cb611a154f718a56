"""The class page: how it went, what was misunderstood and by whom, and every student's row."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any

import pandas as pd

from grader.reports.frames import NOT_ISOLATED, Results
from grader.reports.items import NEVER_RUN, ItemAnalysis, item_analysis
from grader.reports.pages.plots import dots, histogram
from grader.reports.pages.skeleton import page
from grader.reports.words import ENDINGS, QUESTIONS, count, said_in_short

UNKNOWN = ""
SHOWN_AT_ONCE = 8
DARKER = (0.05, 0.1, 0.25)
STEPS_OF_SECONDS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)
MOST_BARS = 24


@dataclass(frozen=True)
class Mistake:
    """A recognised mistake and who made it. places: `task.value` and how many students, by it."""

    id: str
    says: str
    asks: str
    students: tuple[str, ...]
    places: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Rate:
    """How often a check was passed where it was judged."""

    passed: int
    judged: int

    @property
    def share(self) -> float:
        """From 0 to 1."""
        return self.passed / self.judged

    @property
    def level(self) -> int:
        """How dark its cell is: 0 where nothing failed, to 4 where more than a quarter did."""
        failed = 1 - self.share
        return 0 if not failed else 1 + sum(failed > limit for limit in DARKER)


def class_page(results: Results, links: Mapping[str, str]) -> str:
    """The page for the instructor. `links`: where each student's page lies, beside this one."""
    scores = results.scores
    analysis = item_analysis(results.tasks, scores, results.checks)
    most = float(scores["max_score"].max())
    asked = set(results.checks["check"].unique())
    return page(
        "class.html.j2",
        script="table.js",
        title=results.title,
        links=links,
        numbers=_numbers(scores),
        most=most,
        distribution=_distribution(scores, most),
        mistakes=mistakes(results.findings),
        often=SHOWN_AT_ONCE,
        tasks=_tasks(results.tasks, scores),
        checks=[check for check in QUESTIONS if check in asked],
        questions=QUESTIONS,
        rates=_rates(results),
        items=_items(analysis),
        alpha=analysis.alpha,
        ran=analysis.students,
        plot_of_items=dots(_named(analysis.items)),
        statuses=_statuses(scores),
        times=_times(scores),
        task_names=list(dict.fromkeys(results.tasks["task"])),
        rows=_rows(results),
        not_isolated=int(scores["message"].str.startswith(NOT_ISOLATED).sum()),
    )


def _numbers(scores: pd.DataFrame) -> dict[str, str]:
    full = int((scores["score"] >= scores["max_score"]).sum())
    unread = int(scores["status"].isin(NEVER_RUN).sum())
    return {
        "students": f"{len(scores):,}",
        "mean": f"{scores['score'].mean():.1f}",
        "median": f"{scores['score'].median():g}",
        "full points": f"{full:,}",
        "not run": f"{unread:,}",
    }


def _distribution(scores: pd.DataFrame, most: float) -> dict[str, Any]:
    """The histogram, what it shows in words, and its numbers."""
    step = most / 10
    bins = (scores["score"] / step).astype(int).clip(upper=9)
    counts = bins.value_counts()
    low, middle, high = scores["score"].quantile([0.25, 0.5, 0.75])
    spread = f"between {low:g} and {high:g}" if low < high else f"{low:g}"
    return {
        "plot": histogram(scores["score"].tolist(), step, most, "points"),
        "words": f"The middle half of the class has {spread} points; the median is {middle:g}.",
        "bins": [
            (f"{number * step:g} to {(number + 1) * step:g}", int(counts.get(number, 0)))
            for number in range(10)
        ],
    }


def mistakes(findings: pd.DataFrame) -> list[Mistake]:
    """Each mistake with who made it, most frequent first; what no known one explains is last."""
    said: dict[str, tuple[str, str]] = {}
    students: dict[str, dict[str, None]] = defaultdict(dict)
    places: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for row in findings.to_dict("records"):
        named = zip(row["ids"], row["says"], row["asks"], strict=True)
        for name, says, asks in list(named) or [(UNKNOWN, "", "")]:
            said.setdefault(name, (says, asks))
            students[name].setdefault(row["student"])
            places[name][f"{row['task']}.{row['value']}"].add(row["student"])
    ranked = sorted(students, key=lambda name: (name == UNKNOWN, -len(students[name])))
    return [
        Mistake(
            id=name,
            says=said[name][0],
            asks=said[name][1],
            students=tuple(students[name]),
            places=tuple((place, len(who)) for place, who in places[name].items()),
        )
        for name in ranked
    ]


def _tasks(tasks: pd.DataFrame, scores: pd.DataFrame) -> list[dict[str, Any]]:
    points = tasks.drop_duplicates("task").set_index("task")["points"]
    return [
        {
            "name": task,
            "of": most,
            "mean": scores[task].mean(),
            "spread": scores[task].std(ddof=0),
            "full": int((scores[task] >= most).sum()),
            "none": int((scores[task] <= 0).sum()),
        }
        for task, most in points.items()
    ]


def _rates(results: Results) -> list[tuple[str, str, dict[str, Rate]]]:
    """For each returned value, how often each check was passed among those judged."""
    judged = results.checks[results.checks["outcome"] != "not_judged"]
    keys = ["task", "value", "check"]
    passed = judged.assign(passed=judged["outcome"] == "passed").groupby(keys, observed=True)
    rates: dict[tuple[str, str], dict[str, Rate]] = defaultdict(dict)
    for row in passed["passed"].agg(["sum", "size"]).reset_index().to_dict("records"):
        rates[row["task"], row["value"]][row["check"]] = Rate(int(row["sum"]), int(row["size"]))
    names = zip(results.tasks["task"], results.tasks["value"], strict=True)
    return [(task, value, rates[task, ""] | rates[task, value]) for task, value in names]


def _items(analysis: ItemAnalysis) -> list[tuple[str, str, float, float | None]]:
    return [
        (
            row["task"],
            row["value"],
            row["difficulty"],
            None if pd.isna(row["discrimination"]) else row["discrimination"],
        )
        for row in analysis.items.reset_index().to_dict("records")
    ]


def _named(items: pd.DataFrame) -> pd.DataFrame:
    flat = items.reset_index()
    return flat.assign(item=flat["task"].str.split("_").str[0] + "." + flat["value"])


def _statuses(scores: pd.DataFrame) -> list[tuple[str, int, str]]:
    counts = scores["status"].value_counts()
    return [(name, int(counts[name]), said) for name, said in ENDINGS.items() if name in counts]


def _times(scores: pd.DataFrame) -> dict[str, Any] | None:
    ran = scores[~scores["status"].isin(NEVER_RUN)]
    if ran.empty:
        return None
    seconds = ran["seconds"]
    longest = max(float(seconds.max()), 1.0)
    step = next((s for s in STEPS_OF_SECONDS if longest / s <= MOST_BARS), longest / MOST_BARS)
    slowest = ran.sort_values("seconds", ascending=False, kind="stable").iloc[0]
    return {
        "plot": histogram(seconds.tolist(), step, ceil(longest / step) * step, "seconds"),
        "words": (
            f"Half took at most {seconds.median():.2g} s; the slowest took"
            f" {seconds.max():.3g} s. All together: {count(round(seconds.sum()), 'second')}."
        ),
        "slowest": str(slowest["student"]),
    }


def _rows(results: Results) -> Sequence[Mapping[Any, Any]]:
    """The scores with what lateness cost each student, and the mistakes as ids."""
    ids: dict[str, dict[str, None]] = defaultdict(dict)
    for student, several in zip(results.findings["student"], results.findings["ids"], strict=True):
        ids[student].update(dict.fromkeys(several))
    return [
        {**row, "seen": said_in_short(row["late_penalty"], ids[row["student"]])}
        for row in results.scores.to_dict("records")
    ]
