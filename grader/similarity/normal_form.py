"""The normal form of a function: its syntax tree without names, layout, comments and hints."""

import ast
import builtins
import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef
Renamed = Callable[[str], str]

BUILTINS = frozenset(dir(builtins))
# What says nothing about how a function works.
LEFT_OUT = frozenset({"ctx", "annotation", "returns", "type_comment", "type_params", "kind"})
# Fields that hold a name which whoever writes the function is free to choose.
CHOSEN = frozenset({"id", "arg", "name", "asname", "rest"})
WORD = "word "


def normal_form(
    function: FunctionNode, known: Mapping[str, str], given: frozenset[str] = frozenset()
) -> tuple[str, int]:
    """A hash of the function's form, and its size: the names and constants in its body.

    known: names that mean the same to everybody, such as `np`, and what they stand for.
    given: statements, as `statements_of` has them, that are not the student's own; they count
    neither in the form nor in the size.
    """
    own = [
        s for s in function.body if not _is_remark(s) and not (given and _as_written(s) in given)
    ]
    renamed = _renaming(function, known)
    head = list(_tokens([*function.decorator_list, function.args], renamed))
    body = list(_tokens(own, renamed))
    text = "\0".join((*head, "body", *body)).encode("utf-8", "surrogatepass")
    return hashlib.sha256(text).hexdigest(), sum(token.startswith(WORD) for token in body)


def statements_of(function: FunctionNode) -> frozenset[str]:
    """The statements of a function as they are written, names and all, but without layout."""
    return frozenset(_as_written(statement) for statement in function.body)


def _as_written(statement: ast.stmt) -> str:
    return "\0".join(_tokens([statement], lambda name: name))


def _renaming(function: FunctionNode, known: Mapping[str, str]) -> Renamed:
    """Numbers for the function's own names, in the order in which they appear."""
    nodes = list(ast.walk(function))
    own = {node.arg for node in nodes if isinstance(node, ast.arg)}
    own |= {n.id for n in nodes if isinstance(n, ast.Name) and not isinstance(n.ctx, ast.Load)}
    numbers: dict[str, str] = {}

    def renamed(name: str) -> str:
        if name not in own and name != function.name:
            if name in known:
                return known[name]
            if name in BUILTINS:
                return name
        return numbers.setdefault(name, f"#{len(numbers)}")

    return renamed


def _tokens(nodes: Iterable[ast.AST], renamed: Renamed) -> Iterator[str]:
    """The tree in order, flat; by a stack of its own, so that no tree is too deep."""
    stack: list[Any] = list(nodes)[::-1]
    while stack:
        item = stack.pop()
        if isinstance(item, str):
            yield item
        elif isinstance(item, list):
            kept = [part for part in item if not (isinstance(part, ast.stmt) and _is_remark(part))]
            stack += [")", *kept[::-1], "("]
        else:
            # `x: float = 1` says what `x = 1` says.
            yield "Assign" if isinstance(item, ast.AnnAssign) else type(item).__name__
            stack += list(_parts(item, renamed))[::-1]


def _parts(node: ast.AST, renamed: Renamed) -> Iterator[Any]:
    """What a node holds: nodes, lists of them, and texts."""
    if isinstance(node, ast.AnnAssign):
        yield from ([node.target], node.value)
    elif isinstance(node, ast.Constant):
        # The digits of a huge number are not to be had in decimals.
        plain = type(node.value) is int
        yield f"{WORD}{hex(node.value) if plain else repr(node.value)}"  # type: ignore[arg-type]
    elif isinstance(node, ast.Global | ast.Nonlocal):
        yield [WORD + renamed(name) for name in node.names]
    else:
        given_names = isinstance(node, ast.keyword | ast.alias)
        for name, value in ast.iter_fields(node):
            if name in LEFT_OUT or value is None:
                continue
            if isinstance(value, str):
                chosen = name in CHOSEN and (not given_names or name == "asname")
                yield WORD + (renamed(value) if chosen else value)
            else:
                yield value if isinstance(value, list | ast.AST) else repr(value)


def _is_remark(statement: ast.stmt) -> bool:
    """Whether a statement does nothing: a docstring, another bare constant, a bare hint."""
    if isinstance(statement, ast.AnnAssign):
        return statement.value is None
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
