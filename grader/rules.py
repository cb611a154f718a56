"""The rules of a course: shares of points, lateness, attempts, and limits of a run."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

import numpy as np

from grader.declared import require_number, require_one_of, require_whole

Keep = Literal["last", "best"]


@dataclass(frozen=True)
class Shares:
    """How a returned value's points are shared among what is asked of it.

    correct: the ordinary cases, all of which must be right before anything else counts.
    edge: the edge cases (one example, one unit, zeros, other memory layouts, float32, kinks).
    """

    correct: float = 0.70
    edge: float = 0.15
    pure: float = 0.05
    deterministic: float = 0.05
    stable: float = 0.05

    def __post_init__(self) -> None:
        for name, share in vars(self).items():
            require_number(f"shares: {name}", share, 0, above=name == "correct")


@dataclass(frozen=True)
class Late:
    """What lateness costs: a part of the score for each begun day after the deadline."""

    per_day: float = 0.0
    at_most: float = 1.0
    grace_minutes: float = 0.0

    def __post_init__(self) -> None:
        require_number("late: per_day", self.per_day, 0, 1)
        require_number("late: at_most", self.at_most, 0, 1)
        require_number("late: grace_minutes", self.grace_minutes, 0)

    def days(self, submitted: datetime, deadline: datetime) -> int:
        """How many days after the deadline and its grace have begun."""
        late_days = (submitted - deadline).total_seconds() / 86400 - self.grace_minutes / 1440
        return int(np.ceil(late_days)) if late_days > 0 else 0

    def fraction(self, days: int) -> float:
        """The part of the score that so many begun days take off, from 0 to 1."""
        return min(self.per_day * days, self.at_most)


@dataclass(frozen=True)
class Attempts:
    """Which of a student's submissions counts, and how many of them may, in all and a day.

    A day is a calendar day in the deadline's time zone, or in UTC where there is no deadline.
    """

    limit: int | None = None
    keep: Keep = "last"
    per_day: int | None = None

    def __post_init__(self) -> None:
        for name in ("limit", "per_day"):
            if getattr(self, name) is not None:
                require_whole(f"attempts: {name}", getattr(self, name), 1, 10**6)
        require_one_of("attempts: keep", self.keep, get_args(Keep))


@dataclass(frozen=True)
class Limits:
    """What a submission may use: seconds a cell and in all, and bytes of memory."""

    cell_seconds: float = 30.0
    total_seconds: float = 300.0
    memory_bytes: int = 2 * 1024**3

    def __post_init__(self) -> None:
        for name in ("cell_seconds", "total_seconds"):
            require_number(f"limits: {name}", getattr(self, name), 0.1, 10**6)
        require_whole("limits: memory_bytes", self.memory_bytes, 64 * 2**20, 2**50)
