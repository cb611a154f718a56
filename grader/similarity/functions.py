"""The functions of a notebook, read as text and never run, each with its normal form."""

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from grader.similarity.normal_form import FunctionNode, normal_form, statements_of
from grader.submission import Notebook, python_lines, tree_of

LONGEST_SHOWN = 20_000


@dataclass(frozen=True)
class Function:
    """One function of a notebook. cell: its number. size: the names and
    constants in it that are the student's own."""

    name: str
    cell: int
    source: str
    form: str
    size: int


@dataclass(frozen=True)
class Given:
    """What the course gives: names, forms of whole functions, and statements of its stubs."""

    names: frozenset[str] = frozenset()
    forms: frozenset[str] = frozenset()
    statements: Mapping[str, frozenset[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class _Parsed:
    """A notebook's functions as trees, with cell and source; and what its imports mean."""

    functions: tuple[tuple[int, str, FunctionNode], ...]
    imported: Mapping[str, str]


def functions_of(notebook: Notebook, given: Given | None = None) -> list[Function]:
    """All functions and methods that are not the course's own; of one defined twice, the last.

    A cell that is no Python, or is too long or too deep to be looked at, has none.
    """
    given = given or Given()
    parsed = _parsed(notebook.cells)
    known = {**{name: name for name in given.names}, **parsed.imported}
    found: dict[str, Function] = {}
    for cell, source, node in parsed.functions:
        own = given.statements.get(node.name, frozenset())
        form, size = normal_form(node, known, own)
        whole, _ = normal_form(node, known)
        if size and whole not in given.forms:
            found[node.name] = Function(node.name, cell, source, form, size)
    return list(found.values())


def given_by(sources: Iterable[str]) -> Given:
    """What the course's own notebook and files give, from their cells and texts."""
    parsed = _parsed(enumerate(map(python_lines, sources), start=1))
    names = frozenset(node.name for _, _, node in parsed.functions)
    known = {**{name: name for name in names}, **parsed.imported}
    return Given(
        names=names,
        forms=frozenset(normal_form(node, known)[0] for _, _, node in parsed.functions),
        statements={node.name: statements_of(node) for _, _, node in parsed.functions},
    )


def _parsed(cells: Iterable[tuple[int, str]]) -> _Parsed:
    functions: list[tuple[int, str, FunctionNode]] = []
    imported: dict[str, str] = {}
    for number, source in cells:
        tree = _tree(source)
        if tree is None:
            continue
        # As Python counts them: what else ends a line for splitlines() ends none in a program.
        lines = source.split("\n")
        for statement in _outside_functions(tree):
            if isinstance(statement, FunctionNode):
                functions.append((number, _source(lines, statement), statement))
            else:
                imported.update(_imported(statement))
    return _Parsed(tuple(functions), imported)


def _tree(source: str) -> ast.Module | None:
    try:
        return tree_of(source)
    except (SyntaxError, ValueError):
        return None


def _outside_functions(tree: ast.Module) -> Iterator[ast.stmt]:
    """Every statement in order, those in classes and conditions too, none inside functions."""
    stack: list[ast.stmt] = tree.body[::-1]
    while stack:
        statement = stack.pop()
        yield statement
        if not isinstance(statement, FunctionNode):
            inner = list(ast.iter_child_nodes(statement))
            stack += [child for child in reversed(inner) if isinstance(child, ast.stmt)]


def _source(lines: list[str], node: FunctionNode) -> str:
    first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
    return "\n".join(lines[first - 1 : node.end_lineno])[:LONGEST_SHOWN]


def _imported(statement: ast.stmt) -> Iterator[tuple[str, str]]:
    """The names that an import binds, and what they stand for."""
    if isinstance(statement, ast.Import):
        for alias in statement.names:
            name = alias.name if alias.asname else alias.name.partition(".")[0]
            yield alias.asname or name, name
    elif isinstance(statement, ast.ImportFrom):
        for alias in statement.names:
            yield alias.asname or alias.name, f"{statement.module or ''}.{alias.name}"
