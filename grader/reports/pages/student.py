"""A student's page: what was earned, what is wrong and where, and a question that leads on."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

import pandas as pd

from grader.reports.frames import Results, told
from grader.reports.items import NEVER_RUN
from grader.reports.pages.matrices import Matrix, matrix
from grader.reports.pages.prose import html_of
from grader.reports.pages.skeleton import page, part
from grader.reports.words import CELL_ENDINGS, ENDINGS, QUESTIONS, count, ending, listed

Record = Mapping[Any, Any]


@dataclass(frozen=True)
class Tally:
    """How many checks were passed, failed, and not judged."""

    passed: int = 0
    failed: int = 0
    not_judged: int = 0

    @property
    def asked(self) -> int:
        """All of them."""
        return self.judged + self.not_judged

    @property
    def judged(self) -> int:
        """Those for which there is evidence."""
        return self.passed + self.failed

    @property
    def outcome(self) -> str:
        """`right`, `wrong`, or `open` where there is no evidence of either."""
        if self.failed:
            return "wrong"
        return "right" if self.passed else "open"


@dataclass(frozen=True)
class Value:
    """One returned value: points, public and private checks in numbers, and public ones by name."""

    name: str
    shape: str
    points: float
    most: float
    public: Tally
    private: Tally
    checks: tuple[tuple[str, str, Tally], ...]


@dataclass(frozen=True)
class Returned:
    """What a function returned for a value, with the shape that was expected."""

    matrix: Matrix
    expected_shape: str


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with one value or several, and the smallest case that shows it.

    messages: what was seen on public cases, none where only private ones are wrong.
    inputs, got: of that case; both empty where there is none to show.
    """

    values: str
    messages: tuple[str, ...]
    words: str
    asks: tuple[str, ...]
    inputs: tuple[Matrix, ...]
    got: tuple[Returned, ...]


@dataclass(frozen=True)
class Function:
    """One task on a student's page. reason: why it was not judged, if it was not."""

    name: str
    section: str
    points: float
    most: float
    public: float
    private: float
    values: tuple[Value, ...]
    problems: tuple[Problem, ...]
    reason: str

    @property
    def outcome(self) -> str:
        """`right` with full points, `open` where nothing was judged, else `wrong`."""
        if self.points == self.most:
            return "right"
        return "wrong" if self.judged else "open"

    @property
    def judged(self) -> bool:
        """Whether there is evidence of anything."""
        return any(value.public.judged or value.private.judged for value in self.values)


def student_pages(results: Results) -> Iterator[tuple[str, str]]:
    """Each student's name and page, in the order of the scores."""
    tallies = _by_student(_tallied(results.checks))
    findings, cells = _by_student(results.findings), _by_student(results.cells)
    reasons = _by_student(_unasked(results.checks))
    readings = {row["section"]: html_of(row["text"]) for row in results.sections.to_dict("records")}
    # A function that is right looks the same for everybody: drawn once.
    section = cache(lambda f, readable: part("function.html.j2", f=f, readable=readable))
    outline = _by("task", results.tasks.to_dict("records"))
    for row in results.scores.to_dict("records"):
        student = row["student"]
        functions = [
            _function(
                task,
                values,
                [r for r in tallies[student] if r["task"] == task],
                [r for r in findings[student] if r["task"] == task],
                [r["message"] for r in reasons[student] if r["task"] == task],
            )
            for task, values in outline.items()
        ]
        yield (
            student,
            page(
                "student.html.j2",
                title=results.title,
                row=row,
                functions=functions,
                sections=[section(f, readable=f.section in readings) for f in functions],
                headline=_headline(row, functions),
                start=next((f for f in functions if f.outcome != "right"), None),
                readings=readings,
                handed_in=_when(row["submitted_at"]),
                ending=""
                if row["status"] in NEVER_RUN
                else ending(row["status"], told(row["message"])),
                cells=cells[student],
                cell_endings=CELL_ENDINGS,
            ),
        )


def _unasked(checks: pd.DataFrame) -> pd.DataFrame:
    """Rows that say why a function, or some call of it, could not be judged; each reason once."""
    of_task = (checks["value"] == "") & (checks["outcome"] != "passed")
    of_calls = (checks["check"] == "runs") & (checks["outcome"] == "not_judged")
    return checks[of_task | of_calls].drop_duplicates(["student", "task", "message"])


def _tallied(checks: pd.DataFrame) -> pd.DataFrame:
    """How often each outcome was had, by student, value, check and split, with points."""
    keys = ["student", "task", "value", "check", "split", "outcome"]
    grouped = checks[checks["value"] != ""].groupby(keys, sort=False, observed=True)
    sums = grouped[["points", "max_points"]].sum()
    return sums.assign(times=grouped.size()).reset_index()


def _by_student(frame: pd.DataFrame) -> Mapping[Any, list[Record]]:
    return _by("student", frame.to_dict("records"))


def _by(name: str, rows: Sequence[Record]) -> Mapping[Any, list[Record]]:
    by: dict[Any, list[Record]] = defaultdict(list)
    for row in rows:
        by[row[name]].append(row)
    return by


def _function(
    task: str,
    outline: Sequence[Record],
    tallies: Sequence[Record],
    findings: Sequence[Record],
    reasons: Sequence[str],
) -> Function:
    earned = {
        split: sum(r["points"] for r in tallies if r["split"] == split)
        for split in ("public", "private")
    }
    return Function(
        name=task,
        section=outline[0]["section"],
        points=round(earned["public"] + earned["private"], 2),
        most=outline[0]["points"],
        public=round(earned["public"], 2),
        private=round(earned["private"], 2),
        values=tuple(
            _value(row, [r for r in tallies if r["value"] == row["value"]]) for row in outline
        ),
        problems=tuple(_problems(findings)),
        reason=reasons[0] if reasons else "",
    )


def _value(outline: Record, tallies: Sequence[Record]) -> Value:
    public = [row for row in tallies if row["split"] == "public"]
    by_check = _by("check", public)
    return Value(
        name=outline["value"],
        shape=outline["shape"],
        points=round(sum(row["points"] for row in tallies), 2),
        most=round(sum(row["max_points"] for row in tallies), 2),
        public=_tally(public),
        private=_tally([row for row in tallies if row["split"] == "private"]),
        checks=tuple(
            (check, question, _tally(by_check[check]))
            for check, question in QUESTIONS.items()
            if check in by_check
        ),
    )


def _tally(rows: Sequence[Record]) -> Tally:
    times: dict[str, int] = defaultdict(int)
    for row in rows:
        times[row["outcome"]] += row["times"]
    return Tally(**times)


def _problems(findings: Sequence[Record]) -> Iterator[Problem]:
    """What is wrong; one reason that holds for several values, such as an exception, once."""
    by_reason: dict[tuple[object, ...], list[Record]] = defaultdict(list)
    for row in findings:
        by_reason[_reason(row), row["case"], bool(row["message"])].append(row)
    for same in by_reason.values():
        first = next((row for row in same if row["ids"]), same[0])
        shown = first["case"] and "still a stub" not in first["message"]
        yield Problem(
            values=listed([row["value"] for row in same]),
            messages=tuple(dict.fromkeys(row["message"] for row in same if row["message"])),
            words=first["words"],
            asks=first["asks"],
            inputs=tuple(matrix(*named) for named in first["inputs"].items()) if shown else (),
            got=tuple(
                Returned(matrix(row["value"], row["got"], row["off"]), str(row["expected_shape"]))
                for row in same
                if shown and row["got"] is not None
            ),
        )


def _reason(row: Record) -> tuple[str, ...]:
    """What makes findings one problem: the same exception or words, or the same mistakes."""
    return (row["message"],) if row["check"] == "runs" else tuple(row["ids"]) or (row["message"],)


def _headline(row: Record, functions: Sequence[Function]) -> str:
    """What a student wants to know first, in one sentence."""
    if row["status"] == "unreadable":
        return f"Your notebook could not be read: {told(row['message'])}."
    if row["status"] == "missing":
        return ENDINGS["missing"]
    right = sum(function.outcome == "right" for function in functions)
    if right == len(functions):
        return "Every function is right."
    if not right:
        return "No function is right yet."
    verb = "is" if right == 1 else "are"
    return f"{right} of {count(len(functions), 'function')} {verb} right."


def _when(text: str) -> str:
    """A time as a person writes it, "" where it is not known."""
    return f"{datetime.fromisoformat(text):%Y-%m-%d %H:%M %Z}".strip() if text else ""
