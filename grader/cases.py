"""Draws the inputs that students' functions are called with, public and private, from a seed."""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.random import Generator

from grader.assignment import Array, Draw, Task
from grader.errors import AssignmentError

Split = Literal["public", "private"]
Kind = Literal["ordinary", "edge", "large", "repeat"]
Layout = Literal["C", "F", "strided"]
Sizes = Mapping[str, int]

PUBLIC_SEED = 20_240_229
# How close to a kink some entries lie, and how far from it the others stay at least. A wrong
# threshold shows if it is further off than the closest of them.
CLOSEST, CLEAR = 1e-4, 0.2
PATIENCE = 1000
# The derivative is measured entry by entry, and nobody redoes a thousand by hand.
MOST_ENTRIES = 20_000


@dataclass(frozen=True)
class Case:
    """One call of one task's function: inputs by name, float64 unless the case says otherwise."""

    task: str
    name: str
    split: Split
    kind: Kind
    sizes: Sizes
    inputs: Mapping[str, Any]
    layout: Layout = "C"
    at_kink: bool = False
    repeats: str = ""

    @cached_property
    def entries(self) -> int:
        """How many numbers the inputs hold: the smaller, the easier to redo by hand."""
        return sum(int(np.size(value)) for value in self.inputs.values())


def public_cases(task: Task) -> tuple[Case, ...]:
    """The cases that students may see: the same for everyone, small ones first."""
    rng = np.random.default_rng(PUBLIC_SEED)
    twos = dict.fromkeys(task.symbols, 2)
    cases = [_by_hand(task, "by-hand", "ordinary", twos, rng)]
    for symbol in task.symbols:
        cases.append(_by_hand(task, f"by-hand-{symbol}=1", "edge", {**twos, symbol: 1}, rng))
    for number, sizes in enumerate(task.sizes or _spread_sizes(task), start=1):
        cases.append(_drawn(task, f"example-{number}", "public", "ordinary", sizes, rng))
    cases.extend(_large(task, "public", twos, rng))
    return _with_repeat(cases)


def private_cases(
    task: Task, seed: int, count: int, size_range: tuple[int, int]
) -> tuple[Case, ...]:
    """The cases that nobody sees, all drawn from `seed`."""
    rng = np.random.default_rng([seed, *task.name.encode()])
    low, high = size_range
    cases: list[Case] = []
    sizes: dict[str, int] = {}
    for number in range(1, count + 1):
        # The second has the sizes of the first, so that no table of answers by shape passes.
        sizes = sizes if number == 2 else _distinct_sizes(task, low, high, rng)
        cases.append(_drawn(task, f"drawn-{number}", "private", "ordinary", sizes, rng))
    if len(task.symbols) > 1:
        square = dict.fromkeys(task.symbols, int(rng.integers(low + 1, high + 1)))
        cases.append(_drawn(task, "square", "private", "ordinary", square, rng))
    sizes = _distinct_sizes(task, low, high, rng)
    for symbol in task.symbols:
        case = _drawn(task, f"{symbol}=1", "private", "edge", {**sizes, symbol: 1}, rng)
        cases.append(case)
    cases.extend(_unusual(task, sizes, rng))
    cases.extend(_large(task, "private", sizes, rng))
    return _with_repeat(cases)


def _unusual(task: Task, sizes: Sizes, rng: Generator) -> Iterator[Case]:
    """Edge cases by value, by memory layout and by precision."""
    if not task.usable and all(array.kink is None for array in task.inputs.values()):
        zeros = _drawn(task, "zeros", "private", "edge", sizes, rng)
        still = {
            name: _zeros_like(value)
            if task.inputs[name].draw in ("normal", "weight") and name != task.upstream
            else value
            for name, value in zeros.inputs.items()
        }
        yield replace(zeros, inputs=still)
    if any(array.kink is not None for array in task.inputs.values()):
        case = _drawn(task, "at-the-kink", "private", "edge", sizes, rng)
        yield replace(case, inputs=_moved_to_kink(task, case.inputs), at_kink=True)
    if any(len(array.shape) > 1 for array in task.inputs.values()):
        for name, layout in (("fortran-order", "F"), ("strided", "strided")):
            case = _drawn(task, name, "private", "edge", sizes, rng)
            yield replace(case, layout=layout)  # type: ignore[arg-type]
    case = _drawn(task, "float32", "private", "edge", sizes, rng)
    yield replace(case, inputs={name: _single(value) for name, value in case.inputs.items()})


def _large(task: Task, split: Split, sizes: Sizes, rng: Generator) -> Iterator[Case]:
    if all(array.large is None for array in task.inputs.values()):
        return
    name = "large" if split == "private" else "example-large"
    case = _drawn(task, name, split, "large", sizes, rng)
    inputs = dict(case.inputs)
    for name, array in task.inputs.items():
        if array.large is not None:
            shape = np.shape(inputs[name])
            sign = np.where(np.arange(int(np.prod(shape))).reshape(shape) % 2, -1.0, 1.0)
            # From a moderate size to the largest, both signs: overflow begins somewhere between.
            inputs[name] = sign * array.large ** rng.uniform(0.6, 1.0, shape)
            inputs[name].flat[0], inputs[name].flat[-1] = array.large, -array.large
    yield replace(case, inputs=inputs)


def _with_repeat(cases: list[Case]) -> tuple[Case, ...]:
    """The cases, and their last ordinary one again: the answer must be the same."""
    last = [case for case in cases if case.kind == "ordinary"][-1]
    return (*cases, replace(last, name=f"{last.name}-again", kind="repeat", repeats=last.name))


def _moved_to_kink(task: Task, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Every second entry of each input that has a kink is put exactly on it."""
    moved = dict(inputs)
    for name, array in task.inputs.items():
        if array.kink is not None:
            value = np.array(inputs[name])
            value.flat[::2] = array.kink
            moved[name] = value
    return moved


def _zeros_like(value: Any) -> Any:
    return np.zeros_like(value) if isinstance(value, np.ndarray) else 0.0


def _single(value: Any) -> Any:
    return value.astype(np.float32) if isinstance(value, np.ndarray) else value


def _drawn(task: Task, name: str, split: Split, kind: Kind, sizes: Sizes, rng: Generator) -> Case:
    return _case(task, name, split, kind, sizes, rng, _RANDOM, close=rng)


def _by_hand(task: Task, name: str, kind: Kind, sizes: Sizes, rng: Generator) -> Case:
    return _case(task, name, "public", kind, sizes, rng, _HAND, close=None)


def _case(
    task: Task,
    name: str,
    split: Split,
    kind: Kind,
    sizes: Sizes,
    rng: Generator,
    draws: Mapping[Draw, Callable[[Generator, tuple[int, ...]], Any]],
    close: Generator | None,
) -> Case:
    entries = sum(math.prod(_shape(array, sizes)) for array in task.inputs.values())
    if entries > MOST_ENTRIES:
        raise AssignmentError(
            f"task {task.name}: its inputs of sizes {dict(sizes)} have {entries} entries, and"
            f" {MOST_ENTRIES} are the most: smaller sizes show the same mistakes"
        )
    for _ in range(PATIENCE):
        inputs = {
            name: _about_kink(array, draws[array.draw](rng, _shape(array, sizes)), close)
            for name, array in task.inputs.items()
        }
        if close is not None:
            inputs = _nudged(task, inputs)
        if _is_usable(task, inputs):
            return Case(task.name, name, split, kind, dict(sizes), inputs)
    raise AssignmentError(
        f"task {task.name}: none of {PATIENCE} inputs drawn of sizes {dict(sizes)} is `usable`"
    )


def _shape(array: Array, sizes: Sizes) -> tuple[int, ...]:
    return tuple(sizes[size] if isinstance(size, str) else size for size in array.shape)


def _about_kink(array: Array, value: Any, close: Generator | None) -> Any:
    """The value with both sides of its kink: some entries close to it, the others well away.

    A wrong threshold is seen by the close ones, on either side and at several distances; a
    mistake in what happens on each side is seen by the others. `close` draws which ones they
    are; there are none without it.
    """
    if not array.shape:
        return float(value)
    if array.kink is None or not value.size:
        return value
    gap = value - array.kink
    side, distance = np.where(gap < 0, -1.0, 1.0), np.maximum(np.abs(gap), CLEAR)
    if np.all(side == side.flat[0]):
        side.flat[-1] *= -1
    if close is not None:
        pairs = min(3, value.size // 4 or value.size // 2)
        chosen = close.permutation(value.size)[: 2 * pairs]
        side.flat[chosen] = np.tile([-1.0, 1.0], pairs)
        distance.flat[chosen] = np.repeat(np.geomspace(CLOSEST, CLEAR / 2, 3)[:pairs], 2)
    return array.kink + side * distance


def _nudged(task: Task, inputs: dict[str, Any]) -> dict[str, Any]:
    """The inputs as the author moves them close to the kinks inside the function."""
    if task.nudge is None:
        return inputs
    moved = _asked(task, "nudge", task.nudge, inputs)
    if not isinstance(moved, dict) or not set(moved) <= set(task.forward_inputs):
        raise AssignmentError(f"task {task.name}: `nudge` must return a dict of inputs of forward")
    for name, value in moved.items():
        if np.shape(value) != np.shape(inputs[name]):
            raise AssignmentError(f"task {task.name}: `nudge` changes the shape of {name}")
    return {**inputs, **moved}


def _is_usable(task: Task, inputs: Mapping[str, Any]) -> bool:
    return task.usable is None or bool(_asked(task, "usable", task.usable, inputs))


def _asked(task: Task, name: str, function: Callable[..., Any], inputs: Mapping[str, Any]) -> Any:
    """What one of the author's functions says of forward's inputs."""
    try:
        return function(**{of: inputs[of] for of in task.forward_inputs})
    except AssignmentError:
        raise
    except Exception as error:
        said = f"{type(error).__name__}: {error}"
        raise AssignmentError(f"task {task.name}: `{name}` raises {said}") from error


def _distinct_sizes(task: Task, low: int, high: int, rng: Generator) -> dict[str, int]:
    """A size for each symbol, no two alike where the range allows it, so axes can't be mixed.

    Where it has fewer sizes than there are symbols, each of them is used before one comes again.
    """
    drawn = low + np.resize(rng.permutation(high - low + 1), len(task.symbols))
    return {symbol: int(size) for symbol, size in zip(task.symbols, drawn, strict=True)}


def _spread_sizes(task: Task) -> tuple[dict[str, int], ...]:
    """Two public choices of sizes: all different, and all different the other way round."""
    up = {symbol: 2 + i for i, symbol in enumerate(task.symbols)}
    down = {symbol: 2 + i for i, symbol in enumerate(reversed(task.symbols), start=1)}
    return up, down


def _hand_numbers(rng: Generator, shape: tuple[int, ...]) -> Any:
    """Small whole numbers, never 0, so that a mistake shows and mental arithmetic suffices."""
    return rng.choice([-3.0, -2.0, -1.0, 1.0, 2.0, 3.0], size=shape)


def _one_hot_columns(rng: Generator, shape: tuple[int, ...]) -> Any:
    classes, examples = shape
    return np.eye(classes)[:, rng.integers(classes, size=examples)]


_LABELS: Mapping[Draw, Callable[[Generator, tuple[int, ...]], Any]] = {
    "label": lambda rng, shape: rng.integers(0, 2, size=shape).astype(np.float64),
    "one-hot-columns": _one_hot_columns,
    "one-hot-rows": lambda rng, shape: np.array(_one_hot_columns(rng, shape[::-1]).T, order="C"),
}
_RANDOM: Mapping[Draw, Callable[[Generator, tuple[int, ...]], Any]] = {
    **_LABELS,
    "normal": lambda rng, shape: rng.normal(size=shape),
    "weight": lambda rng, shape: rng.normal(size=shape),
    "probability": lambda rng, shape: rng.uniform(0.05, 0.95, size=shape),
    "rate": lambda rng, shape: rng.uniform(0.01, 0.5, size=shape),
}
_HAND: Mapping[Draw, Callable[[Generator, tuple[int, ...]], Any]] = {
    **_LABELS,
    "normal": _hand_numbers,
    "weight": lambda rng, shape: rng.choice([-1.0, -0.5, 0.5, 1.0], size=shape),
    "probability": lambda rng, shape: rng.choice([0.2, 0.25, 0.4, 0.5, 0.8], size=shape),
    "rate": lambda rng, shape: rng.choice([0.1, 0.5], size=shape),
}
