"""What an assignment is: tasks declared by their forward functions, points, limits and rules."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from keyword import iskeyword
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np

from grader.declared import (
    LARGEST_SIZE,
    MOST,
    require,
    require_dict,
    require_each,
    require_function,
    require_number,
    require_one_of,
    require_text,
    require_whole,
)
from grader.errors import AssignmentError
from grader.rules import Attempts, Late, Limits, Shares
from grader.solution import Misconception, Solution, StudentFunction, Twin

Draw = Literal[
    "normal", "probability", "label", "rate", "weight", "one-hot-columns", "one-hot-rows"
]
Forward = Callable[..., Any]

# The report has a column for each task beside these.
COLUMNS = (
    "student", "submission", "status", "score", "max_score", "public_score", "private_score",
    "late_penalty", "attempts", "submitted_at", "seconds", "sha256", "message",
)  # fmt: skip

__all__ = [
    "Array",
    "Assignment",
    "Attempts",
    "Course",
    "Draw",
    "Late",
    "Limits",
    "Misconception",
    "Returned",
    "Shares",
    "Solution",
    "StudentFunction",
    "Task",
    "Twin",
]


@dataclass(frozen=True)
class Array:
    """One input of a forward function.

    shape: symbols ("n", "m") or fixed sizes; () is a plain float.
    draw: how its entries are drawn; "label" is 0 or 1, "probability" is inside (0, 1);
        "one-hot-columns" has one 1 in each column and 0 elsewhere, "one-hot-rows" in each row.
    kink: a value at which the forward function has no derivative; ordinary cases keep away
        from it, and one edge case lies exactly on it, where either one-sided derivative is right.
    large: the size of its entries in the cases that ask for stability (None: not asked).
    """

    shape: tuple[str | int, ...] = ()
    draw: Draw = "normal"
    kink: float | None = None
    large: float | None = None

    def __post_init__(self) -> None:
        require(
            isinstance(self.shape, tuple), f'shape is {self.shape!r}, must be a tuple: ("n", "m")'
        )
        for size in self.shape:
            if not (isinstance(size, str) and size.isidentifier()):
                require_whole(f"a size in the shape {self.shape}", size, 1, LARGEST_SIZE)
        require_one_of("draw", self.draw, get_args(Draw))
        require(
            len(self.shape) == 2 or not self.draw.startswith("one-hot"),
            f"draw is {self.draw!r}, and shape is {self.shape}, must have two sizes then",
        )
        if not self.shape and (self.kink is not None or self.large is not None):
            raise AssignmentError("kink and large are for arrays, not for a plain float")
        if self.kink is not None:
            require_number("kink", self.kink, -MOST)
        if self.large is not None:
            require_number("large", self.large, 1, 1e300, above=True)


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

    def __post_init__(self) -> None:
        require_text("the name of a returned value", self.name)
        require_number(f"{self.name}: weight", self.weight, 0, above=True)

    def factor(self, sizes: Mapping[str, int]) -> float:
        """What the derivative is multiplied by, for a case of these sizes."""
        return 1.0 / sizes[self.mean_over] if self.mean_over else 1.0


@dataclass(frozen=True)
class Task:
    """One function that the student writes, declared by the forward function it differentiates.

    forward: takes the inputs by keyword, all but `upstream`, and returns an array.
    arguments: takes all inputs by keyword and returns the tuple of positional arguments that the
        student's function is called with; or a dict of them, in order, by the names under which
        the student is to see them in place of the inputs.
    upstream: the name of the input that holds the gradient with respect to the forward
        function's output (None: the forward function returns the scalar loss itself).
    returned: one value, or several, in order; `as_dict`: returned in a dict by name.
    sizes: public sizes of the symbols, one mapping a case (None: chosen by the grader).
    usable: takes the forward function's inputs; False where derivatives can't be told well, at
        a kink inside the function or where it is saturated: such inputs are drawn again.
    nudge: takes the forward function's inputs and returns, in a dict, those to use instead, such
        as biases by which something inside the function comes close to a kink.
    section: heading in the notebook where the task is explained.
    """

    name: str
    forward: Forward
    inputs: Mapping[str, Array]
    arguments: Callable[..., tuple[Any, ...] | dict[str, Any]]
    returned: tuple[Returned, ...]
    points: float
    upstream: str | None = None
    as_dict: bool = False
    sizes: tuple[Mapping[str, int], ...] | None = None
    usable: Callable[..., bool] | None = None
    nudge: Callable[..., dict[str, Any]] | None = None
    section: str = ""

    def __post_init__(self) -> None:
        name = f"task {self.name}"
        require_text("the name of a task", self.name)
        require(
            self.name.isidentifier() and not iskeyword(self.name),
            f"task {self.name!r}: the name is not a Python identifier",
        )
        require(self.name not in COLUMNS, f"{name}: that is a column of the reports: rename it")
        require_number(f"{name}: points", self.points, 0, 1e6, above=True)
        require(
            abs(self.points - round(self.points, 2)) < 1e-9,
            f"{name}: points is {self.points}, must be whole hundredths of a point",
        )
        for field_name in ("forward", "arguments"):
            require_function(f"{name}: {field_name}", getattr(self, field_name))
        for field_name in ("usable", "nudge"):
            if getattr(self, field_name) is not None:
                require_function(f"{name}: {field_name}", getattr(self, field_name))
        self._check_inputs(name)
        self._check_returned(name)
        for sizes in self.sizes or ():
            require_dict(f"{name}: sizes", sizes, int)
            require(
                set(sizes) == set(self.symbols),
                f"{name}: sizes has {sizes!r}, must name {', '.join(self.symbols)} and no others",
            )
            for symbol, size in sizes.items():
                require_whole(f"{name}: sizes: {symbol}", size, 1, LARGEST_SIZE)

    def _check_inputs(self, name: str) -> None:
        require_dict(f"{name}: inputs", self.inputs, Array)
        if self.upstream is not None and self.upstream not in self.inputs:
            raise AssignmentError(f"{name}: upstream {self.upstream!r} is not an input")
        parameters = inspect.signature(self.forward).parameters
        takes_any = any(p.kind is p.VAR_KEYWORD for p in parameters.values())
        if not takes_any and set(parameters) != set(self.forward_inputs):
            raise AssignmentError(
                f"{name}: forward takes ({', '.join(sorted(parameters))}) but the inputs"
                f" are ({', '.join(sorted(self.forward_inputs))})"
            )

    def _check_returned(self, name: str) -> None:
        require(self.returned, f"{name}: `returned` names no value")
        require_each(f"{name}: returned", self.returned, Returned)
        names = [value.name for value in self.returned]
        for value in self.returned:
            require(names.count(value.name) == 1, f"{name}: {value.name} is returned twice")
            if value.wrt not in self.forward_inputs:
                raise AssignmentError(
                    f"{name}: {value.name} is differentiated with respect to"
                    f" {value.wrt!r}, which is not an input of forward"
                )
            if value.mean_over is not None and value.mean_over not in self.symbols:
                raise AssignmentError(
                    f"{name}: {value.name} is averaged over {value.mean_over!r},"
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
        given = self.arguments(**inputs)
        return tuple(given.values()) if isinstance(given, dict) else given

    def unpack(self, result: Any) -> dict[str, Any]:
        """The returned values by name, of a function that keeps to the declaration."""
        if self.as_dict:
            return {value.name: result[value.name] for value in self.returned}
        values = result if len(self.returned) > 1 else (result,)
        return {value.name: item for value, item in zip(self.returned, values, strict=True)}


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
        require_text("title", self.title)
        require_each("tasks", self.tasks, Task)
        names = [task.name for task in self.tasks]
        require(names, "an assignment needs at least one task")
        for name in names:
            require(names.count(name) == 1, f"task {name} is declared twice")
        require_number("public_share", self.public_share, 0, 1)
        for name, kind in (
            ("shares", Shares),
            ("limits", Limits),
            ("late", Late),
            ("attempts", Attempts),
        ):
            found = getattr(self, name)
            require(isinstance(found, kind), f"{name} is {found!r}, must be {kind.__name__}(...)")
        if self.deadline is not None:
            require(isinstance(self.deadline, datetime), f"deadline is {self.deadline!r}, no time")
            require(
                self.deadline.tzinfo, "deadline has no time zone: add tzinfo, such as timezone.utc"
            )

    @property
    def points(self) -> float:
        """The points of all tasks together."""
        return sum(task.points for task in self.tasks)


@dataclass(frozen=True)
class Course:
    """An assignment as it lies on disk, with its solution where there is one."""

    name: str
    folder: Path
    assignment: Assignment
    solution: Solution | None
    solution_folder: Path | None
