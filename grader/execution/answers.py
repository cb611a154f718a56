"""Decodes what came out of a kernel: text from a stranger becomes arrays, or a word why not.

Nothing is unpickled or evaluated; a header is checked before anything is allocated.
"""

import binascii
import contextlib
import json
import math
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal, NamedTuple
from unicodedata import category

import numpy as np

from grader.execution.probe import DEEPEST, LARGEST, MOST_DIMENSIONS, MOST_ITEMS, SAME, room_of

MOST_MESSAGES = 1_000
MOST_BRACKETS = 50_000
MOST_LAYOUTS = 1_000

# Exactly what numpy writes for an array of plain numbers; numpy's own reader of headers
# parses them as Python, which is more than a stranger's bytes deserve.
_HEADER = re.compile(
    rb"\x93NUMPY\x01\x00..\{'descr': '(?P<dtype>[<>|](?:b1|[iu][1248]|f2|f4|f8|f16|c8|c16|c32))',"
    rb" 'fortran_order': (?P<fortran>True|False),"
    rb" 'shape': \((?P<shape>(?:\d{1,7}(?:, ?|(?=\))))*)\), \} {0,200}\n",
    re.DOTALL,
)
# Control and format characters, halves of characters, unassigned ones; separators of lines.
_NOT_SHOWN = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")

AnswerKind = Literal["returned", "raised", "timeout", "died", "unanswered"]


@dataclass(frozen=True)
class Leaf:
    """One returned thing: its array (None where it is no array of numbers) and its type's name."""

    array: np.ndarray | None
    type: str


class Layout(NamedTuple):
    """How the bytes after a .npy header make an array; size: how many there are."""

    dtype: np.dtype
    shape: tuple[int, ...]
    order: Literal["C", "F"]
    size: int


Tree = Leaf | list["Tree"] | dict[str, "Tree"]


@dataclass(frozen=True)
class Raised:
    """An exception in a student's function, with the student's own line that raised it."""

    name: str
    text: str
    line: str
    number: int
    function: str


@dataclass(frozen=True)
class Definition:
    """What a task's name is bound to once the notebook has run."""

    found: bool
    callable: bool
    type: str
    signature: str


@dataclass(frozen=True)
class Answer:
    """What one call came to.

    returned: the values, nested as the student nested them (kind "returned").
    after: the arguments as the call left them, arrays only, in order; None where it left them
    as they were.
    """

    kind: AnswerKind
    returned: Tree | None = None
    after: tuple[np.ndarray, ...] | None = ()
    raised: Raised | None = None
    warnings: tuple[str, ...] = ()


class Malformed(ValueError):
    """A message that the probe would not have sent."""


def parse_messages(text: str) -> list[tuple[str, Definition | Answer]]:
    """What the probe says at once: (a task, its definition) or (a call's id, its answer), each.

    What is not exactly of the form is passed over. Raises Malformed where that is everything.
    """
    # A few bytes of brackets become hundreds of bytes of empty lists: they are counted first.
    if text.count("[") + text.count("{") > MOST_BRACKETS:
        raise Malformed("too many lists")
    try:
        messages = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Malformed("not JSON") from error
    if not isinstance(messages, list) or len(messages) > MOST_MESSAGES:
        raise Malformed("no short list")
    parsed = []
    for message in messages:
        with contextlib.suppress(Malformed):
            parsed.append(parse_message(message))
    return parsed


def parse_message(message: Any) -> tuple[str, Definition | Answer]:
    """One message, decoded from JSON. Raises Malformed for anything not exactly of the form."""
    if not isinstance(message, dict):
        raise Malformed("not an object")
    if "definition" in message:
        return _text(message.get("name"), 200), _definition(_mapping(message["definition"]))
    key = _text(message.get("id"), 64)
    if "raised" in message:
        return key, Answer("raised", raised=_raised(_mapping(message["raised"])))
    said = message.get("warnings")
    warnings = tuple(_text(item, 200) for item in said[:3]) if isinstance(said, list) else ()
    after = _arrays_after(message.get("after"))
    return key, Answer("returned", _tree(message.get("returned"), 0), after, warnings=warnings)


def _arrays_after(said: Any) -> tuple[np.ndarray, ...] | None:
    if said == SAME:
        return None
    return tuple(leaf.array for leaf in leaves(_tree(said, 0)) if leaf.array is not None)


def leaves(tree: Tree) -> list[Leaf]:
    """All leaves of a tree, in order."""
    if isinstance(tree, Leaf):
        return [tree]
    branches = tree.values() if isinstance(tree, dict) else tree
    return [leaf for branch in branches for leaf in leaves(branch)]


def clean(text: str, limit: int) -> str:
    """Text of a stranger's, at most `limit` long: what can't be shown or written is left out."""
    text = text[: 4 * limit]
    if not text.isprintable():
        text = "".join(c for c in text if c in "\n\t" or category(c) not in _NOT_SHOWN)
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _definition(said: dict[str, Any]) -> Definition:
    return Definition(
        found=said.get("found") is True,
        callable=said.get("callable") is True,
        type=_text(said.get("type"), 100),
        signature=_text(said.get("signature"), 400),
    )


def _raised(said: dict[str, Any]) -> Raised:
    number = said.get("number")
    return Raised(
        name=_text(said.get("name"), 100) or "an exception",
        text=_text(said.get("text"), 500),
        line=_text(said.get("line"), 200),
        number=number if isinstance(number, int) and 0 <= number < 10**7 else 0,
        function=_text(said.get("function"), 100),
    )


def _tree(said: Any, depth: int) -> Tree:
    node = _mapping(said)
    kind, name = node.get("kind"), _text(node.get("type", ""), 200)
    if kind == "none":
        return Leaf(None, "None")
    if kind == "other":
        return Leaf(None, name)
    if kind == "array":
        return Leaf(_array(node.get("npy")), name)
    items = node.get("items")
    if depth >= DEEPEST or not isinstance(items, list) or len(items) > MOST_ITEMS:
        raise Malformed("too deep, or too many items")
    branches = [_tree(item, depth + 1) for item in items]
    if kind == "tuple":
        return branches
    names = node.get("names")
    if kind != "dict" or not isinstance(names, list) or len(names) != len(items):
        raise Malformed("of no known kind")
    return dict(zip([_text(name, 64) for name in names], branches, strict=True))


def _array(said: Any) -> np.ndarray:
    """The array in base64 .npy bytes, which it reads from; its header is checked before that."""
    if not isinstance(said, str):
        raise Malformed("an array without bytes")
    try:
        data = binascii.a2b_base64(said, strict_mode=True)
    except ValueError as error:
        raise Malformed("not base64") from error
    start = data.find(b"\n") + 1
    layout = _layout(data[:start])
    if len(data) - start != layout.size:
        raise Malformed("a header that does not fit its bytes")
    return np.ndarray(layout.shape, layout.dtype, data, start, order=layout.order)


@lru_cache(MOST_LAYOUTS)
def _layout(header: bytes) -> Layout:
    """What a .npy header tells. Raises Malformed, and remembers what is well-formed alone."""
    told = _HEADER.fullmatch(header)
    if told is None:
        raise Malformed("no .npy header of plain numbers")
    shape = tuple(int(size) for size in told["shape"].split(b",") if size.strip())
    # Before anything is reckoned with them: the product of a million sizes would take long.
    if len(shape) > MOST_DIMENSIONS:
        raise Malformed("too many dimensions")
    try:
        dtype = np.dtype(told["dtype"].decode())
    except TypeError as error:
        raise Malformed("a type of number that this machine does not have") from error
    if room_of(shape, dtype.itemsize) > LARGEST:
        raise Malformed("an impossible shape")
    order: Literal["C", "F"] = "F" if told["fortran"] == b"True" else "C"
    return Layout(dtype, shape, order, math.prod(shape) * dtype.itemsize)


def _mapping(said: Any) -> dict[str, Any]:
    if not isinstance(said, dict):
        raise Malformed("not an object")
    return said


def _text(said: Any, limit: int) -> str:
    if not isinstance(said, str):
        return ""
    return clean(said, limit)
