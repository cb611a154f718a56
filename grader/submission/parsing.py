"""Parses a cell as Python, within bounds; what only IPython understands counts as `pass`."""

import ast
import re
import warnings

# A tree takes hundreds of times the memory of its source.
LONGEST_TO_PARSE = 200_000
_MAGIC = re.compile(r"^([ \t]*)[%!?].*$", re.MULTILINE)


def python_lines(text: str) -> str:
    """The text with the one line end that Python reads all others as."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def tree_of(source: str) -> ast.Module | None:
    """The cell's statements; None for one that is too long to be parsed here.

    Raises SyntaxError where it is no Python, ValueError where Python's parser gives up on it.
    """
    if len(source) > LONGEST_TO_PARSE:
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return ast.parse(_MAGIC.sub(r"\1pass", source))
        except (RecursionError, MemoryError, SystemError) as error:
            raise ValueError("too deep for Python's parser") from error
