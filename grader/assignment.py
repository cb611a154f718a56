"""What an assignment is: tasks declared by their forward functions, points, limits and rules."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np

from grader.errors import AssignmentError

Draw = Literal["normal", "probability", "label", "rate", "weight"]
Keep = Literal["last", "best"]
Forward = Callable[..., Any]
StudentFunction = Callable[..., Any]


@dataclass(frozen=True)
class Array:
    """One input of a forward function.

    shape: symbols ("n", "m") or fixed sizes; () is a plain float.
    draw: how its entries are drawn; "label" is 0 or 1, "probability" is inside (0, 1).
    kink: a value at which the forward function has no derivative; ordinary cases keep away
        from it, and one edge case lies exactly on it, where either one-sided derivative is right.
    large: the size of its entries in the cases that ask for stability (None: not asked).
    """

    shape: tuple[str | int, ...] = ()
    draw: Draw = "normal"
    kink: float | None = None
    large: float | None = None

    def __post_init__(self) -> None:
        if self.draw not in get_args(Draw):
            raise AssignmentError(f"draw is {self.draw!r}, must be one of {get_args(Draw)}")
        if not self.shape and (self.kink is not None or self.large is not None):
            raise AssignmentError("kink and large are for arrays, not for a plain float")


@dataclass(frozen=True)
class Returned:
    """One returned value: the derivative with respect to the input `wrt`.

    mean_over: the symbol whose size divides the derivative (the course's 1/m), if any.
    weight: its part of the task's points, relative to the task's other values.
    """

    name: str
    wrt: str
    mean_over: str | None = None
    weight: float = 1.0

    def factor(self, sizes: Mapping[str, int]) -> float:
        """What the derivative is multiplied by, for a case of these sizes."""
        return 1.0 / sizes[self.mean_over] if self.mean_over else 1.0


@dataclass(frozen=True)
class Task:
    """One function that the student writes, declared by the forward function it differentiates.

    forward: takes the inputs by keyword, all but `upstream`, and returns an array.
    arguments: takes all inputs by keyword and returns the tuple of positional arguments
        that the student's function is called with.
    upstream: the name of the input that holds the gradient with respect to the forward
        function's output (None: the forward function returns the scalar loss itself).
    returned: one value, or several, in order; `as_dict`: returned in a dict by name.
    sizes: public sizes of the symbols, one mapping a case (None: chosen by the grader).
    usable: takes the forward function's inputs; False where derivatives can't be told well, at
        a kink inside the function or where it is saturated: such inputs are drawn again.
    section: heading in the notebook where the task is explained.
    """

    name: str
    forward: Forward
    inputs: Mapping[str, Array]
    arguments: Callable[..., tuple[Any, ...]]
    returned: tuple[Returned, ...]
    points: float
    upstream: str | None = None
    as_dict: bool = False
    sizes: tuple[Mapping[str, int], ...] | None = None
    usable: Callable[..., bool] | None = None
    section: str = ""

    def __post_init__(self) -> None:
        if not self.name.isidentifier():
            raise AssignmentError(f"task {self.name!r}: the name is not a Python identifier")
        if not self.points > 0:
            raise AssignmentError(f"task {self.name}: points is {self.points}, must be above 0")
        if self.upstream is not None and self.upstream not in self.inputs:
            raise AssignmentError(f"task {self.name}: upstream {self.upstream!r} is not an input")
        accepted = set(inspect.signature(self.forward).parameters)
        if accepted != set(self.forward_inputs):
            raise AssignmentError(
                f"task {self.name}: forward takes ({', '.join(sorted(accepted))}) but the inputs"
                f" are ({', '.join(sorted(self.forward_inputs))})"
            )
        if not self.returned:
            raise AssignmentError(f"task {self.name}: `returned` names no value")
        for value in self.returned:
            if value.wrt not in self.forward_inputs:
                raise AssignmentError(
                    f"task {self.name}: {value.name} is differentiated with respect to"
                    f" {value.wrt!r}, which is not an input of forward"
                )
            if value.mean_over is not None and value.mean_over not in self.symbols:
                raise AssignmentError(
                    f"task {self.name}: {value.name} is averaged over {value.mean_over!r},"
                    f" which is not a size of any input"
                )

    @property
    def forward_inputs(self) -> tuple[str, ...]:
        """The names of the inputs that the forward function takes."""
        return tuple(name for name in self.inputs if name != self.upstream)

    @property
    def symbols(self) -> tuple[str, ...]:
        """The symbols in the inputs' shapes, in order of appearance."""
        seen = [s for array in self.inputs.values() for s in array.shape if isinstance(s, str)]
        return tuple(dict.fromkeys(seen))

    def shape_of(self, value: Returned) -> str:
        """The declared shape of a returned value as a reader writes it, such as `(n, m)`."""
        sizes = [str(size) for size in self.inputs[value.wrt].shape]
        return f"({sizes[0]},)" if len(sizes) == 1 else f"({', '.join(sizes)})"

    def run_forward(self, inputs: Mapping[str, Any]) -> np.ndarray:
        """The forward function on those of `inputs` that it takes."""
        return np.asarray(self.forward(**{name: inputs[name] for name in self.forward_inputs}))

    def call_arguments(self, inputs: Mapping[str, Any]) -> tuple[Any, ...]:
        """The positional arguments that the student's function is called with."""
        return self.arguments(**inputs)

    def unpack(self, result: Any) -> dict[str, Any]:
        """The returned values by name, of a function that keeps to the declaration."""
        if self.as_dict:
            return {value.name: result[value.name] for value in self.returned}
        values = result if len(self.returned) > 1 else (result,)
        return {value.name: item for value, item in zip(self.returned, values, strict=True)}


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
            if share < 0:
                raise AssignmentError(f"shares: {name} is {share}, must not be negative")
        if not self.correct > 0:
            raise AssignmentError("shares: correct must be above 0")


@dataclass(frozen=True)
class Late:
    """What lateness costs: a part of the score for each begun day after the deadline."""

    per_day: float = 0.0
    at_most: float = 1.0
    grace_minutes: float = 0.0

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
        if self.keep not in get_args(Keep):
            raise AssignmentError(
                f"attempts: keep is {self.keep!r}, must be one of {get_args(Keep)}"
            )
        for name in ("limit", "per_day"):
            number = getattr(self, name)
            if number is not None and number < 1:
                raise AssignmentError(f"attempts: {name} is {number}, must be at least 1")


@dataclass(frozen=True)
class Limits:
    """What a submission may use: seconds a cell and in all, and bytes of memory."""

    cell_seconds: float = 30.0
    total_seconds: float = 300.0
    memory_bytes: int = 2 * 1024**3


@dataclass(frozen=True)
class Assignment:
    """What students are given: everything in here may be public."""

    title: str
    tasks: tuple[Task, ...]
    public_share: float = 0.4
    shares: Shares = field(default_factory=Shares)
    limits: Limits = field(default_factory=Limits)
    deadline: datetime | None = None
    late: Late = field(default_factory=Late)
    attempts: Attempts = field(default_factory=Attempts)
    python: str | None = None
    """The interpreter that runs students' code (None: the one that runs the grader)."""

    def __post_init__(self) -> None:
        names = [task.name for task in self.tasks]
        if not names:
            raise AssignmentError("an assignment needs at least one task")
        for name in names:
            if names.count(name) > 1:
                raise AssignmentError(f"task {name} is declared twice")
        if not 0 <= self.public_share <= 1:
            raise AssignmentError(f"public_share is {self.public_share}, must be from 0 to 1")
        if self.deadline is not None and self.deadline.tzinfo is None:
            raise AssignmentError("deadline has no time zone: add tzinfo, such as timezone.utc")

    @property
    def points(self) -> float:
        """The points of all tasks together."""
        return sum(task.points for task in self.tasks)


@dataclass(frozen=True)
class Twin:
    """A wrong formula for one returned value of one task.

    function: takes the student function's arguments, returns what that mistake returns.
    """

    task: str
    value: str
    function: StudentFunction


@dataclass(frozen=True)
class Misconception:
    """A known mistake: its id in reports, what to tell the student, and its wrong twins.

    says: one plain sentence; asks: one question that leads on. Neither states the solution.
    """

    id: str
    says: str
    asks: str
    twins: tuple[Twin, ...]


@dataclass(frozen=True)
class Solution:
    """What students never get: reference functions, known mistakes, private sizes."""

    references: Mapping[str, StudentFunction]
    misconceptions: tuple[Misconception, ...] = ()
    private_sizes: tuple[int, int] = (2, 6)
    private_cases: int = 5


@dataclass(frozen=True)
class Course:
    """An assignment as it lies on disk, with its solution where there is one."""

    name: str
    folder: Path
    assignment: Assignment
    solution: Solution | None
    solution_folder: Path | None
