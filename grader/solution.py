"""What students never get: reference functions, and known mistakes as wrong twins of them."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from grader.declared import (
    LARGEST_SIZE,
    require,
    require_dict,
    require_each,
    require_function,
    require_text,
    require_whole,
)

StudentFunction = Callable[..., Any]


@dataclass(frozen=True)
class Twin:
    """A wrong formula for one returned value of one task.

    function: takes the student function's arguments, returns what that mistake returns.
    """

    task: str
    value: str
    function: StudentFunction

    def __post_init__(self) -> None:
        require_function(f"the twin for {self.task}.{self.value}", self.function)


@dataclass(frozen=True)
class Misconception:
    """A known mistake: its id in reports, what to tell the student, and its wrong twins.

    says: one plain sentence that holds on top of other mistakes, too; asks: one question that
    leads on. Neither states the solution.
    """

    id: str
    says: str
    asks: str
    twins: tuple[Twin, ...]

    def __post_init__(self) -> None:
        require_text("the id of a misconception", self.id)
        require(
            re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", self.id),
            f"the misconception id {self.id!r} must be small letters and digits with hyphens",
        )
        require_text(f"misconception {self.id}: says", self.says)
        require_text(f"misconception {self.id}: asks", self.asks)
        require_each(f"misconception {self.id}: twins", self.twins, Twin)


@dataclass(frozen=True)
class Solution:
    """What students never get: reference functions, known mistakes, private sizes."""

    references: Mapping[str, StudentFunction]
    misconceptions: tuple[Misconception, ...] = ()
    private_sizes: tuple[int, int] = (2, 6)
    private_cases: int = 5

    def __post_init__(self) -> None:
        require_dict("references", self.references, Callable)  # type: ignore[arg-type]
        require_each("misconceptions", self.misconceptions, Misconception)
        require_whole("private_cases", self.private_cases, 1, 100)
        require_each("private_sizes", self.private_sizes, int)
        require(len(self.private_sizes) == 2, "private_sizes must be the smallest and the largest")
        require_whole("private_sizes: the smallest", self.private_sizes[0], 1, LARGEST_SIZE)
        require_whole(
            "private_sizes: the largest",
            self.private_sizes[1],
            self.private_sizes[0] + 1,
            LARGEST_SIZE,
        )
