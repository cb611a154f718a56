"""What every check is given, and what it answers."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np

from grader.assignment import Returned, Task
from grader.cases import Case
from grader.execution import Answer, Definition, Leaf, arrays_in
from grader.execution.answers import Tree, leaves
from grader.numerics import Difference, precision_of
from grader.truth import Truth

Outcome = Literal["passed", "failed", "not_judged"]

LARGEST_SHOWN = 100


@dataclass(frozen=True)
class Result:
    """One answer: the outcome, a sentence, and the evidence in fields of its own.

    where: the index of the worst entry; error: how far it is off; seen: in few words.
    off: for each entry 0 where it is right, else 1 to 4, in quarters of the worst one; nested
    lists, None where entries can't be told apart or there are too many to look at.
    """

    outcome: Outcome
    message: str = ""
    where: tuple[int, ...] | None = None
    error: float | None = None
    seen: str = ""
    off: Any = None


_PASSED = Result("passed")


def passed(message: str = "") -> Result:
    """There is evidence that it is right."""
    return Result("passed", message) if message else _PASSED


def failed(message: str, *, seen: str = "", off: Any = None) -> Result:
    """There is evidence that it is wrong."""
    return Result("failed", message, seen=seen, off=off)


def not_judged(message: str) -> Result:
    """There is no evidence either way."""
    return Result("not_judged", message)


def differs(difference: Difference, message: str) -> Result:
    """It is wrong by a measured difference; the message is completed with where and how far."""
    place = f" at {list(difference.worst)}" if difference.worst else ""
    entries = f"{difference.wrong} of {difference.size} entries" if difference.size > 1 else "it"
    verb = "are" if difference.wrong > 1 else "is"
    return Result(
        "failed",
        f"{message}: {entries} {verb} off, by up to {difference.error:.3g}{place}",
        where=difference.worst,
        error=difference.error,
        off=difference.quarters if difference.size <= LARGEST_SHOWN else None,
    )


@dataclass(frozen=True)
class Question:
    """One returned value of one task on one case, with the truth and the student's answer.

    first: the answer to the case that this one repeats, if it repeats one.
    definition: what the task's name is bound to, None where the kernel never said.
    trouble: why the function could not be asked, in words for the student.
    missing: names that the notebook's failed imports did not bring.
    """

    task: Task
    value: Returned
    case: Case
    truth: Truth
    answer: Answer
    definition: Definition | None
    first: Answer | None = None
    trouble: str = ""
    missing: frozenset[str] = frozenset()

    @cached_property
    def leaf(self) -> Leaf | str:
        """What was returned for this value, or a sentence why there is nothing to look at."""
        return returned_leaf(self.task, self.value, self.answer.returned)

    @cached_property
    def array(self) -> np.ndarray | None:
        """The returned array, None where it is none."""
        return self.leaf.array if isinstance(self.leaf, Leaf) else None

    @property
    def expected_shape(self) -> tuple[int, ...]:
        """The shape that this value must have on this case."""
        return self.truth.gradient[self.value.name].value.shape

    @property
    def epsilon(self) -> float:
        """The lower precision of what went in and what came out."""
        return input_precision(self.case, self.array)

    @cached_property
    def rounding(self) -> float:
        """What rounding may do to a right answer here."""
        return self.truth.rounding(self.value.name, self.epsilon)


def input_precision(case: Case, array: np.ndarray | None) -> float:
    """The spacing of the least precise dtype among a case's inputs and a returned array."""
    dtypes = [value.dtype for value in case.inputs.values() if isinstance(value, np.ndarray)]
    return precision_of(*dtypes, *([array.dtype] if array is not None else []))


def returned_leaf(task: Task, value: Returned, tree: Tree | None) -> Leaf | str:
    """The part of a returned structure that holds `value`, or a sentence why there is none."""
    names = [item.name for item in task.returned]
    if tree is None:
        return "it returned nothing"
    if task.as_dict:
        if not isinstance(tree, Mapping):
            return f"it returned {_in_words(tree)}; a dict with {', '.join(names)} is expected"
        found = tree.get(value.name)
        if found is None:
            return f"the returned dict has no {value.name!r}"
        return _leaf_of(value, found)
    if len(names) == 1:
        if isinstance(tree, Leaf):
            return tree
        return f"it returned {_in_words(tree)}; one array is expected: {names[0]}"
    if isinstance(tree, list) and len(tree) == len(names):
        return _leaf_of(value, tree[names.index(value.name)])
    expected = f"{len(names)} values are expected: {', '.join(names)}"
    return f"it returned {_in_words(tree)}; {expected}"


def _leaf_of(value: Returned, found: Tree) -> Leaf | str:
    if isinstance(found, Leaf):
        return found
    return f"{value.name} is {_in_words(found)}; an array is expected"


def _in_words(tree: Tree) -> str:
    if isinstance(tree, Leaf):
        shape = tree.array.shape if tree.array is not None else None
        return what_it_is(tree) if shape is None else f"one array of shape {shape}"
    if isinstance(tree, Mapping):
        return f"a dict of {len(tree)}"
    kinds = {leaf.type for leaf in leaves(tree)}
    return f"a list or tuple of {'lists' if kinds == {'list'} else len(tree)}"


def what_it_is(leaf: Leaf) -> str:
    """What was returned that is no array of numbers, in words."""
    if leaf.type == "array (dtype object)":
        return "an array of objects, not of numbers"
    name = leaf.type.removesuffix(" (dtype object)")
    if name == "None":
        return name
    return with_article(name) if name else "something that is no array"


def with_article(word: str) -> str:
    """The word with `a` or `an` before it."""
    return f"{'an' if word[:1].lower() in 'aeiou' else 'a'} {word}"


def same_arguments(question: Question) -> bool | None:
    """Whether the call left its arguments as they were; None where it did not say."""
    answer = question.answer
    before = [array for array in arrays_in(question.truth.arguments) if array.shape]
    if answer.kind != "returned" or not before:
        return None
    if answer.after is None:
        return True
    after = [array for array in answer.after if array.shape]
    if not after:
        return None
    return len(before) == len(after) and all(
        a.shape == b.shape and a.dtype == b.dtype and np.array_equal(a, b, equal_nan=True)
        for a, b in zip(before, after, strict=True)
    )
