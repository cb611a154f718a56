"""Reads a notebook that nobody vouches for, within bounds: its code cells and nothing else."""

import contextlib
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import nbformat

from grader.submission.names import one_line, plain
from grader.submission.parsing import python_lines

MOST_VALUES = 2_000_000
MOST_CELLS = 2_000
LONGEST_SOURCE = 2_000_000
DEEPEST = 60

_TOO_LONG = f"too large: more than {MOST_CELLS} cells or {LONGEST_SOURCE:,} letters"


class Unreadable(Exception):
    """Why a submission is not a notebook that can be run, in words for the student."""


@dataclass(frozen=True)
class Notebook:
    """The code cells of a notebook by their numbers, counted from 1 over all cells."""

    cells: tuple[tuple[int, str], ...]


def read_notebook(data: bytes, functions: Iterable[str] = ()) -> Notebook:
    """The code cells of a notebook of any nbformat version, or Unreadable with the reason.

    `functions`: the names asked for; a notebook whose metadata names another language is
    still run where its code defines one of them, since only the metadata is wrong then.
    """
    if not data.strip():
        raise Unreadable("the file is empty: save the notebook and hand it in again")
    _check_values(data)
    try:
        content = json.loads(_decoded(data))
    except RecursionError:
        raise Unreadable("the file is nested too deeply to be a notebook") from None
    except ValueError:
        raise Unreadable(f"not a notebook: {_what_instead(data)}") from None
    if not isinstance(content, dict) or not ("cells" in content or "worksheets" in content):
        raise Unreadable("not a notebook: it is JSON, but has no cells")
    if _too_deep(content):
        raise Unreadable("the file is nested too deeply to be a notebook")
    if _cell_count(content) > MOST_CELLS:
        raise Unreadable(_TOO_LONG)
    cells = _sources(content)
    code = tuple((number, source) for number, kind, source in cells if kind == "code")
    if sum(len(source) for _, source in code) > LONGEST_SOURCE:
        raise Unreadable(_TOO_LONG)
    if not any(source.strip() for _, source in code):
        raise Unreadable("there is no code in the notebook")
    language = _language(content.get("metadata"))
    if language and not _defines_any(code, functions):
        raise Unreadable(f"the notebook is written in {language}, not in Python")
    return Notebook(code)


def _decoded(data: bytes) -> str:
    """The text of a notebook: UTF-8, or UTF-16 by its mark, or the old Latin-1 of some editors."""
    for encoding in ("utf-16",) if data[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig",):
        with contextlib.suppress(UnicodeDecodeError):
            return data.decode(encoding)
    return data.decode("latin-1")


def _check_values(data: bytes) -> None:
    """Few bytes can be many values, which take a hundred times as much memory once parsed."""
    if sum(data.count(mark) for mark in (b"{", b"[", b",")) > MOST_VALUES:
        raise Unreadable(
            f"too large: more than {MOST_VALUES:,} values: clear the outputs and save it again"
        )


def _cell_count(content: dict[str, Any]) -> int:
    """How many cells or sheets of cells there are, 0 where that can't be told."""
    sheets = content.get("worksheets")
    several = sheets if isinstance(sheets, list) else [content]
    lists = [sheet.get("cells") for sheet in several if isinstance(sheet, dict)]
    return max(len(several), sum(len(cells) for cells in lists if isinstance(cells, list)))


def _what_instead(data: bytes) -> str:
    head = data.lstrip()[:200].lower()
    if head.startswith((b"<!doctype", b"<html")):
        return "it is a web page; download the .ipynb file itself"
    if head.startswith((b"%pdf", b"pk\x03\x04")):
        return "it is a PDF or a zip under the name of a notebook"
    if head.startswith(b"{"):
        return "the file is damaged or cut off (no valid JSON); save it again, or take a copy of it"
    return "the file is no JSON; hand in the .ipynb file itself"


def _too_deep(content: Any) -> bool:
    level = [content]
    for _ in range(DEEPEST):
        level = [
            child
            for node in level
            for child in (node.values() if isinstance(node, dict) else node)
            if isinstance(child, dict | list)
        ]
        if not level:
            return False
    return True


def _sources(content: dict[str, Any]) -> list[tuple[int, str, str]]:
    """Number, kind and source of every cell, after nbformat has brought it to version 4."""
    try:
        bare = _without_outputs(content)
        upgraded = nbformat.convert(nbformat.from_dict(bare), to_version=4)
        return [
            (number, str(cell["cell_type"]), _text(cell.get("source", "")))
            for number, cell in enumerate(upgraded["cells"], start=1)
        ]
    except Exception as error:  # nbformat raises whatever a malformed notebook leads it into
        said = plain(" ".join(str(error).split()))[:120]
        raise Unreadable(f"not a notebook that nbformat understands ({said})") from None


def _without_outputs(content: dict[str, Any]) -> dict[str, Any]:
    """The notebook's cells alone: outputs and metadata are no business of the grader's."""
    slim: dict[str, Any] = {"nbformat": _version(content), "nbformat_minor": 0, "metadata": {}}
    if "cells" not in content:
        sheets = [_bare_cells(sheet["cells"]) for sheet in content["worksheets"]]
        return {**slim, "worksheets": [{"cells": cells, "metadata": {}} for cells in sheets]}
    return {**slim, "cells": _bare_cells(content["cells"])}


def _version(content: dict[str, Any]) -> int:
    """The version that the cells are laid out by, whatever the number beside them says."""
    if "cells" in content:
        return 4
    said = content.get("nbformat")
    return said if isinstance(said, int) and 1 <= said <= 3 else 3


def _bare_cells(cells: list[dict[str, Any]]) -> list[dict[str, Any]]:
    kept = ("cell_type", "source", "input", "language", "level")
    bare = []
    for cell in cells:
        slim = {name: cell[name] for name in kept if name in cell}
        for name in ("source", "input"):
            if name in slim:
                slim[name] = _text(slim[name])
        if slim.get("cell_type") == "code":
            slim |= {"outputs": [], "execution_count": None}
        bare.append({**slim, "metadata": {}})
    return bare


def _text(source: Any) -> str:
    """A cell's source, with the line ends that Python reads all others as.

    Half a character (a lone surrogate), which no file can hold, becomes "?".
    """
    text = "".join(source) if isinstance(source, list) else str(source)
    return python_lines(text).encode("utf-8", "replace").decode()


def _language(metadata: Any) -> str:
    """The language that the metadata names, "" for Python or where it names none."""
    if not isinstance(metadata, dict):
        return ""
    info, spec = metadata.get("language_info"), metadata.get("kernelspec")
    named = [
        info.get("name") if isinstance(info, dict) else None,
        spec.get("language") if isinstance(spec, dict) else None,
        {"ir": "R"}.get(str(spec.get("name"))) if isinstance(spec, dict) else None,
    ]
    for name in named:
        if isinstance(name, str) and name:
            return "" if "python" in name.lower() else one_line(name)[:30]
    return ""


def _defines_any(code: Iterable[tuple[int, str]], functions: Iterable[str]) -> bool:
    names = "|".join(re.escape(name) for name in functions)
    defines = re.compile(rf"\bdef +(?:{names}) *\(|^ *(?:{names}) *= *lambda\b", re.MULTILINE)
    return bool(names) and any(defines.search(source) for _, source in code)
