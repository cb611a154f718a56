"""Says in words why a function could not be asked, from what ran and how it ended."""

import re
from unicodedata import category

from grader.execution import Execution
from grader.execution.answers import clean
from grader.submission import Notebook, tree_of


def trouble_with(name: str, notebook: Notebook, execution: Execution) -> str:
    """A sentence for the student, "" where the function could be asked as usual."""
    lost, definition = execution.lost.get(name), execution.definitions.get(name)
    asked = definition is not None and definition.found
    if asked or (definition is None and lost and name in execution.asked):
        return _lost_in_call(name, lost)
    home = _cell_defining(name, notebook)
    if home is None:
        if definition is None:
            return _never_reached(name, lost)
        return f"{name} is not defined in the notebook"
    number, source = home
    mistake = syntax_error(source)
    if mistake:
        return f"{name} is not defined: cell {number} has a syntax error, {mistake}"
    if number in execution.deadly:
        return f"{name} is not defined: cell {number}, where it stands, killed the kernel"
    if number in execution.slow:
        return f"{name} is not defined: cell {number}, where it stands, ran out of time"
    for error in execution.errors:
        if error.index == number:
            said = f"{error.name}: {error.text}" if error.text else error.name
            return f"{name} is not defined: cell {number} stopped with {said}"
    return _never_reached(name, lost) if definition is None else f"{name} is not defined at the end"


def syntax_error(source: str) -> str:
    """What keeps a cell from being Python, "" where nothing does (or where magics hide it)."""
    try:
        tree_of(source)
    except SyntaxError as error:
        line = clean((error.text or "").strip(), 100)
        hint = ""
        if re.match(r"print\s+[^(=]", line):
            hint = " (in Python 3, print needs parentheses)"
        return f"line {error.lineno}: {error.msg}, `{line}`{hint}"
    except ValueError:
        return "it can't be parsed"
    return ""


def ending_in_words(execution: Execution) -> str:
    """Which cells went wrong and how, "" where none did."""
    said = [f"cell {number} killed the kernel" for number in execution.deadly]
    said += [f"cell {number} ran out of time" for number in execution.slow]
    if not said and execution.errors:
        first = execution.errors[0]
        more = f" (and {len(execution.errors) - 1} more)" if len(execution.errors) > 1 else ""
        said = [f"cell {first.index} raised {first.name}{more}"]
    return "; ".join(dict.fromkeys(said))


def _lost_in_call(name: str, lost: str | None) -> str:
    if lost == "timeout":
        return f"{name} did not return in time: does every loop end?"
    if lost == "died":
        return f"the kernel died while {name} was called"
    return ""


def _never_reached(name: str, lost: str | None) -> str:
    if lost is None:
        return (
            f"{name} could not be called: the kernel stopped answering (does the notebook replace"
            " or close something that Python needs, such as sys.stdout or print?)"
        )
    if lost == "timeout":
        return f"the time was used up before {name} could be called"
    return f"the kernel died before {name} could be called"


def _seen(source: str) -> str:
    """What a reader sees of a cell: marks without a shape, which Python stumbles over, are gone."""
    if source.isascii():
        return source
    return "".join(c for c in source if category(c) != "Cf")


def _cell_defining(name: str, notebook: Notebook) -> tuple[int, str] | None:
    # A pattern that could run on over line ends would take hours on a cell of blank lines.
    blank, word = r"[ \t]", re.escape(name)
    made = rf"(?:async{blank}+)?def{blank}+{word}\b|{word}{blank}*=[^=]"
    pattern = re.compile(rf"^{blank}*(?:{made})", re.MULTILINE)
    found = [(number, source) for number, source in notebook.cells if pattern.search(_seen(source))]
    return found[-1] if found else None
