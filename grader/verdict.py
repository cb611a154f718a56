"""The verdict on one notebook: status, rows of checks, findings, and one message."""

import json
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from grader.diagnosis import Finding
from grader.diagnosis.catalogue import Entry
from grader.diagnosis.example import Example
from grader.execution import CellError
from grader.scored_checks import Column, ScoredCheck, ScoredChecks

Status = Literal["ok", "errors", "timeout", "died", "unreadable", "missing"]
CellEnding = Literal["raised", "timeout", "died"]
# Why there is no judgement that would be the student's: "" where there is one.
Broken = Literal["", "machine", "grader"]
# How the message begins then, and no other.
NOT_JUDGED = "not judged: "


@dataclass(frozen=True)
class BadCell:
    """A cell of the student's that did not run to its end, for the student's own eyes.

    index: counted as the notebook counts its cells, from 1. said: the error, if it raised one.
    source: its code, cut off where it is long.
    """

    index: int
    ending: CellEnding
    said: str
    source: str


@dataclass(frozen=True)
class Verdict:
    """All that grading one notebook came to; depends on the notebook's content alone.

    full: the most that can be earned by each task, in cents. broken: the machine or the
    grader itself failed on this one, so it is not judged through no fault of the student's.
    isolated: files and network were out of reach of the student's code.
    """

    status: Status
    message: str
    full: Mapping[str, int]
    checks: ScoredChecks = field(default_factory=ScoredChecks)
    findings: tuple[Finding, ...] = ()
    errors: tuple[CellError, ...] = ()
    bad_cells: tuple[BadCell, ...] = ()
    seconds: float = 0.0
    broken: Broken = ""
    isolated: bool = True

    def cents(self, task: str | None = None, split: str | None = None) -> int:
        """What was earned, in all or for one task or split."""
        return sum(
            cents
            for (of_task, of_split), cents in self.checks.earned.items()
            if task in (None, of_task) and split in (None, of_split)
        )

    @property
    def most_cents(self) -> int:
        """What could have been earned."""
        return sum(self.full.values())

    def packed(self) -> "PackedVerdict":
        """The verdict as it is sent and kept. Raises ValueError where it can't be written."""
        data = zlib.compress(self.to_json().encode(), level=3)
        return PackedVerdict(self.status, self.cents(), self.most_cents, self.broken, data)

    def to_json(self) -> str:
        """The verdict as JSON, for the gradebook; its many checks by column.

        Raises ValueError where a number is left that JSON can't hold.
        """
        said = {**vars(self), "checks": self.checks.columns}
        return json.dumps(said, default=vars, allow_nan=False, ensure_ascii=False)

    @staticmethod
    def from_json(text: str) -> "Verdict":
        """The verdict that `to_json` wrote, now or in an earlier version."""
        said = json.loads(text)
        return Verdict(
            **{
                **said,
                "checks": _checks(said["checks"]),
                "broken": _broken(said["broken"]),
                "findings": tuple(_finding(row) for row in said["findings"]),
                "errors": tuple(CellError(**row) for row in said["errors"]),
                "bad_cells": tuple(BadCell(**row) for row in said.get("bad_cells", ())),
            }
        )

    @staticmethod
    def unpacked(data: bytes) -> "Verdict":
        """The verdict that was packed. Raises ValueError, TypeError or LookupError for others."""
        try:
            return Verdict.from_json(zlib.decompress(data).decode())
        except zlib.error as error:
            raise ValueError(str(error)) from None


@dataclass(frozen=True)
class PackedVerdict:
    """A verdict as bytes that are neither read nor written again on their way to the gradebook.

    What is told of it at once stands beside them: status, what was earned and could have been
    in cents, and what failed.
    """

    status: Status
    cents: int
    most_cents: int
    broken: Broken
    data: bytes


def _broken(said: Any) -> Broken:
    # Earlier versions did not tell the machine's failures from the grader's.
    return ("grader" if said else "") if isinstance(said, bool) else said


def _checks(said: Any) -> ScoredChecks:
    if isinstance(said, list):  # the first version wrote an object a row
        return ScoredChecks.of(ScoredCheck(**row) for row in said)
    if "rows" in said:  # and the second, lists under one header
        named = (dict(zip(said["columns"], row, strict=True)) for row in said["rows"])
        return ScoredChecks.of(ScoredCheck(**row) for row in named)
    return ScoredChecks({name: Column(*said[name]) for name in ScoredCheck._fields})


def _finding(said: dict[str, Any]) -> Finding:
    example = said["example"]
    return Finding(
        **{
            **said,
            "checks": tuple(said["checks"]),
            "ids": tuple(said["ids"]),
            "entries": tuple(Entry(**entry) for entry in said["entries"]),
            "example": Example(**example) if example else None,
        }
    )


def row_to_show(finding: Finding, rows: Iterable[ScoredCheck]) -> ScoredCheck | None:
    """The failed row that the finding's example is about, else its first, None without any."""
    failed = [
        row
        for row in rows
        if (row.task, row.value, row.outcome) == (finding.task, finding.value, "failed")
        and row.check in finding.checks
    ]
    case = finding.example.case if finding.example else ""
    return next((row for row in failed if row.case == case), failed[0] if failed else None)


def not_executed(
    full: Mapping[str, int], status: Status, message: str, *, broken: Broken = ""
) -> Verdict:
    """The verdict on what was never run: every task is not judged, with the reason.

    full: what could have been earned by each task, in cents.
    """
    rows = ScoredChecks.of(_not_judged(task, cents, message) for task, cents in full.items())
    return Verdict(status, message, full, rows, broken=broken)


def _not_judged(task: str, cents: int, message: str) -> ScoredCheck:
    return ScoredCheck(
        task=task,
        value="",
        check="defined",
        case="",
        split="public",
        outcome="not_judged",
        points=0,
        max_points=cents,
        diagnosis="",
        message=message,
    )
