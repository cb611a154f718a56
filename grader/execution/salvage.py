"""What of a cell still runs after one of its statements failed, so that no more is lost with it.

Where this machine is at fault (a module, a file or a magic that is not here), all that follows
runs as it did where the notebook was written. After any other error the cell ends, as it does
anywhere; only its imports are still made, since other cells may live by them.
"""

import ast
import contextlib
import re
from collections.abc import Iterator, Set
from dataclasses import dataclass

from IPython.core.inputtransformer2 import TransformerManager

from grader.submission import LONGEST_TO_PARSE

# Errors that a notebook which ran elsewhere meets on a machine that lacks something.
OF_THE_MACHINE = frozenset(
    {
        "ImportError", "ModuleNotFoundError", "UsageError",
        "FileNotFoundError", "NotADirectoryError", "PermissionError", "OSError",
        "URLError", "HTTPError", "ConnectionError", "ConnectionRefusedError", "gaierror",
    }
)  # fmt: skip
# Cell magics that only surround a cell's code. One of them hides its errors, too.
_AROUND_CODE = re.compile(r"\s*%%(?:capture|time)(?: +--?[\w-]+)*[ \t]*\n")
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_CHAINED = re.compile(r"^(?:The above exception was|During handling of the above)", re.MULTILINE)
# As IPython 8 heads the frame of a cell, and as older ones mark the line in it.
_PLACE = re.compile(r"^Cell In ?\[\d+\], line (\d+)|^-+> ?(\d+)", re.MULTILINE)
_QUOTED = re.compile(r"'([\w.]+)'")


@dataclass(frozen=True)
class Failure:
    """A cell's error; `line` is where in the cell it came up, None where that was not told."""

    name: str
    text: str
    line: int | None

    def by_the_machine(self, lost: Set[str]) -> bool:
        """Whether this machine is at fault; `lost`: names that failed imports did not bring."""
        undefined = self.name == "NameError" and bool(lost & set(_QUOTED.findall(self.text)))
        return undefined or self.name in OF_THE_MACHINE


def line_of(traceback: object) -> int | None:
    """The line of the cell that a traceback of IPython's points to first."""
    parts = traceback if isinstance(traceback, list) else ()
    text = _COLOUR.sub("", "\n".join(str(part)[:10_000] for part in parts[:100]))
    place = _PLACE.search(_CHAINED.split(text)[-1])
    return int(place[1] or place[2]) if place else None


def without_wrapping(source: str) -> str:
    """The cell without a magic that is about its output or its time alone."""
    return _AROUND_CODE.sub("", source, count=1) if _AROUND_CODE.match(source) else source


def rest_after(source: str, failure: Failure, lost: Set[str]) -> tuple[str, frozenset[str]]:
    """What is still to be run of a cell, "" for nothing, and the names that were not brought."""
    plain, statements = _parsed(source)
    place = _failed(statements, failure)
    if place is None:
        return "", frozenset()
    return _rest(plain, statements, place, failure, lost)


def definitions_in(source: str) -> str:
    """The cell with nothing but its imports and definitions, each on its own line still."""
    plain, statements = _parsed(source)
    return _only(plain, [node for node in statements if _defines(node)])


def _parsed(source: str) -> tuple[str, list[ast.stmt]]:
    """The cell as Python runs it, where magics are calls, and its statements, if it has any."""
    if len(source) <= LONGEST_TO_PARSE:
        # What only looks like Python raises whatever IPython's parts and Python's parser come to.
        with contextlib.suppress(Exception):
            transformers = TransformerManager()  # type: ignore[no-untyped-call]
            plain = str(transformers.transform_cell(source))
            return plain, ast.parse(plain).body
    return "", []


def _failed(statements: list[ast.stmt], failure: Failure) -> int | None:
    """Which statement failed: by its line; of several there, the first to name what is missing."""
    line = failure.line
    there = [
        place
        for place, statement in enumerate(statements)
        if line is None or _first_line(statement) <= line <= (statement.end_lineno or line)
    ]
    named = [place for place in there if _names_the_missing(statements[place], failure)]
    return next(iter(named), there[0] if there and line is not None else None)


def _names_the_missing(statement: ast.stmt, failure: Failure) -> bool:
    if failure.name == "UsageError":
        return _is_magic(statement)
    return any(alias in _QUOTED.findall(failure.text) for alias in _imported(statement))


def _is_magic(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr | ast.Assign) and ast.unparse(statement.value).startswith(
        ("get_ipython().run_line_magic", "get_ipython().system", "get_ipython().getoutput")
    )


def _rest(
    plain: str, statements: list[ast.stmt], place: int, failure: Failure, lost: Set[str]
) -> tuple[str, frozenset[str]]:
    failed, following = statements[place], statements[place + 1 :]
    kept, missing = _without_the_missing(failed, failure)
    if not (failure.by_the_machine(lost) or _is_magic(failed)):
        following = [node for node in following if isinstance(node, ast.Import | ast.ImportFrom)]
    source = _only(plain, following)
    if kept:
        # In place of the failed statement, so that what follows keeps its lines.
        lines = source.split("\n")
        before = (failed.end_lineno or 1) - 1
        lines[before] = f"{kept}; {lines[before]}" if lines[before].strip() else kept
        source = "\n".join(lines)
    return source, missing


def _without_the_missing(statement: ast.stmt, failure: Failure) -> tuple[str, frozenset[str]]:
    """An import without the names that can't be had, and those names."""
    if not isinstance(statement, ast.Import | ast.ImportFrom) or failure.name == "NameError":
        return "", frozenset()
    said = set(_QUOTED.findall(failure.text))
    if isinstance(statement, ast.Import):
        gone = [a for a in statement.names if a.name in said or a.name.split(".")[0] in said]
    else:
        gone = [a for a in statement.names if a.name in said] or statement.names
    left = [alias for alias in statement.names if alias not in gone]
    names = frozenset(alias.asname or alias.name.split(".")[0] for alias in gone)
    if not left or not gone:
        return "", names or frozenset(alias.asname or alias.name for alias in statement.names)
    statement.names = left
    return ast.unparse(statement), names


def _imported(statement: ast.stmt) -> Iterator[str]:
    """Names by which a failed import may be named in its error."""
    modules: list[str] = []
    for node in ast.walk(statement):
        if isinstance(node, ast.Import):
            modules += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            modules += [node.module, *(alias.name for alias in node.names)]
    for module in modules:
        yield module
        yield module.split(".")[0]


def _defines(statement: ast.stmt) -> bool:
    """Whether a statement only gives something a name: a module, a function, a class, an alias."""
    if isinstance(statement, ast.Assign):
        return isinstance(statement.value, ast.Lambda | ast.Name | ast.Attribute | ast.Constant)
    definitions = ast.Import | ast.ImportFrom | ast.FunctionDef | ast.AsyncFunctionDef
    return isinstance(statement, definitions | ast.ClassDef)


def _only(plain: str, statements: list[ast.stmt]) -> str:
    """The source with these statements alone, each where it stood: errors name the same lines."""
    lines = plain.split("\n")
    kept = [""] * len(lines)
    for statement in statements:
        first, last = _first_line(statement) - 1, statement.end_lineno or 1
        start, end = statement.col_offset, statement.end_col_offset
        for number in range(first, last):
            text = lines[number].encode()
            if number == last - 1:
                text = text[:end]
            if number == statement.lineno - 1:
                text = text[start:]
            kept[number] = f"{kept[number]}; {text.decode()}" if kept[number] else text.decode()
    return "\n".join(kept)


def _first_line(statement: ast.stmt) -> int:
    decorators: list[ast.expr] = getattr(statement, "decorator_list", [])
    return min([statement.lineno, *(node.lineno for node in decorators)])
