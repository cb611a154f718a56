"""Who handed in what: finds submissions in a folder or a zip, and reads notebooks within bounds."""

import contextlib
import hashlib
import json
import re
import stat
import unicodedata
import zipfile
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any

import nbformat

from grader.errors import SubmissionsError

LARGEST_NOTEBOOK = 50 * 1024 * 1024
MOST_CELLS = 2_000
LONGEST_SOURCE = 2_000_000
DEEPEST = 60
MOST_MEMBERS = 100_000

SUFFIX = ".ipynb"


class Unreadable(Exception):
    """Why a submission is not a notebook that can be run, in words for the student."""


@dataclass(frozen=True)
class Notebook:
    """The code cells of a notebook by their numbers, counted from 1 over all cells."""

    cells: tuple[tuple[int, str], ...]


@dataclass(frozen=True)
class Submission:
    """One student's notebook as found; read only when it is graded.

    student: text, never used as a path. path: where it lies, relative to what was handed over.
    member: its name inside the zip, if it lies in one.
    certain: the time comes from the roster, not from the file.
    problem: why it can't be read, where that is known from its place alone.
    content: its bytes, where they were read already.
    """

    student: str
    path: str
    file: Path | None
    member: str = ""
    submitted_at: datetime | None = None
    certain: bool = False
    problem: str = ""
    content: bytes | None = field(default=None, repr=False)

    def read(self) -> bytes:
        """The notebook's bytes, at most LARGEST_NOTEBOOK. Raises Unreadable."""
        if self.problem or self.file is None:
            raise Unreadable(self.problem or "nothing was handed in")
        if self.content is not None:
            return self.content
        try:
            if self.member:
                with zipfile.ZipFile(self.file) as archive:
                    _check_size(archive.getinfo(self.member).file_size)
                    with archive.open(self.member) as stream:
                        return _bounded(stream.read(LARGEST_NOTEBOOK + 1))
            _check_size(self.file.stat().st_size)
            with self.file.open("rb") as stream:
                return _bounded(stream.read(LARGEST_NOTEBOOK + 1))
        except (OSError, zipfile.BadZipFile, RuntimeError, NotImplementedError, ValueError) as why:
            raise Unreadable(f"the file can't be read: {readable(str(why))}") from why


def carried(submission: Submission) -> Submission:
    """The submission with its bytes or the reason why it has none: it needs no file any more."""
    if submission.file is None:
        return submission
    try:
        return replace(submission, content=submission.read())
    except Unreadable as why:
        return replace(submission, problem=str(why))


def digest(data: bytes) -> str:
    """The SHA-256 of a notebook's bytes, in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def find_submissions(place: Path) -> list[Submission]:
    """One submission a student, sorted by name, from a notebook, a folder or a zip.

    Raises SubmissionsError where the place can't be read or holds no submission at all.
    """
    if place.is_dir():
        found = list(_in_folder(place))
    elif place.suffix == ".zip" and place.is_file():
        found = list(_in_zip(place))
    elif place.is_file() and place.suffix == SUFFIX:
        found = [_one(place, place.stem, place.name)]
    elif place.is_file():
        raise SubmissionsError(f"{place}: not a notebook (.ipynb), nor a zip or a folder of them")
    else:
        raise SubmissionsError(f"{place}: no such file or folder: check the path")
    if not found:
        raise SubmissionsError(
            f"{place}: no notebooks in it: put them there as STUDENT.ipynb or STUDENT/ANY.ipynb"
        )
    shown = [replace(s, path=readable(s.path), problem=readable(s.problem)) for s in found]
    return sorted(_one_a_student(shown), key=lambda submission: submission.student)


def _in_folder(folder: Path) -> Iterator[Submission]:
    for entry in sorted(folder.iterdir()):
        if entry.name.startswith((".", "__MACOSX")):
            continue
        if entry.suffix == SUFFIX and not entry.is_dir():
            yield _inside(folder, entry, entry.stem)
        elif entry.is_dir() and _leads_out(folder, entry):
            yield _inside(folder, entry, entry.name)
        elif entry.is_dir():
            yield from _of_student(folder, entry)


def _of_student(folder: Path, own: Path) -> Iterator[Submission]:
    notebooks = [
        entry
        for entry in sorted(own.iterdir())
        if entry.suffix == SUFFIX and not entry.name.startswith(".") and not entry.is_dir()
    ]
    if not notebooks:
        why = f"there is no notebook in the folder {own.name}: a file ending in .ipynb is needed"
        yield Submission(_name(own.name), own.name, None, problem=why)
    for notebook in notebooks:
        yield _inside(folder, notebook, own.name)


def _inside(folder: Path, entry: Path, student: str) -> Submission:
    path = entry.relative_to(folder).as_posix()
    if _leads_out(folder, entry):
        why = f"{path} is a link that leads out of the submissions: hand in the file itself"
        return Submission(_name(student), path, None, problem=why)
    return _one(entry, student, path)


def _leads_out(folder: Path, entry: Path) -> bool:
    try:
        return not entry.resolve(strict=True).is_relative_to(folder.resolve())
    except (OSError, RuntimeError):
        return True


def _one(file: Path, student: str, path: str) -> Submission:
    status = file.stat()
    if not stat.S_ISREG(status.st_mode):
        return Submission(_name(student), path, None, problem=f"{path} is not a plain file")
    when = datetime.fromtimestamp(status.st_mtime, UTC).replace(microsecond=0)
    return Submission(_name(student), path, file, submitted_at=when)


def _in_zip(file: Path) -> Iterator[Submission]:
    try:
        with zipfile.ZipFile(file) as archive:
            infos = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError) as why:
        raise SubmissionsError(f"{file}: not a zip that can be read ({why})") from None
    if len(infos) > MOST_MEMBERS:
        raise SubmissionsError(f"{file}: more than {MOST_MEMBERS} files in it")
    members = [(info, PurePosixPath(info.filename.replace("\\", "/")).parts) for info in infos]
    members = [
        (info, parts)
        for info, parts in members
        if parts and parts[-1].endswith(SUFFIX) and not info.is_dir()
        if not any(part.startswith((".", "__MACOSX")) and part != ".." for part in parts)
    ]
    depth = _common_folders([parts for _, parts in members])
    for info, parts in members:
        yield _member(file, info, parts[depth:])


def _common_folders(paths: list[tuple[str, ...]]) -> int:
    """How many leading folders only wrap the class: a zip of a folder, not of its contents."""
    depth = 0
    while len(paths) > 1 and len({path[0] for path in paths}) == 1 and len(paths[0]) > 1:
        paths = [path[1:] for path in paths]
        depth += 1
        if any(not path for path in paths):
            return depth - 1
    return depth


def _member(file: Path, info: zipfile.ZipInfo, parts: tuple[str, ...]) -> Submission:
    student = parts[0].removesuffix(SUFFIX) if len(parts) == 1 else parts[0]
    if stat.S_ISLNK(info.external_attr >> 16):
        why = f"{info.filename} is a link, not a notebook: hand in the file itself"
        return Submission(_name(student), info.filename, None, problem=why)
    when = datetime(*info.date_time, tzinfo=UTC) if info.date_time[0] > 1980 else None
    return Submission(_name(student), info.filename, file, info.filename, when)


def _name(text: str) -> str:
    """A student's name: one line of text in one Unicode form, without control characters."""
    normal = unicodedata.normalize("NFC", readable(text))
    kept = [c for c in normal if unicodedata.category(c)[0] != "C" or c == "\u200d"]
    return "".join(kept).strip()[:200] or "(no name)"


def readable(text: str) -> str:
    """Text with what is no character spelt out, such as a byte of a file's name: `\\udcff`."""
    return text.encode("utf-8", "backslashreplace").decode()


def _one_a_student(found: Iterable[Submission]) -> Iterator[Submission]:
    by_student: dict[str, list[Submission]] = defaultdict(list)
    for submission in found:
        by_student[submission.student].append(submission)
    for student, several in by_student.items():
        if len(several) == 1:
            yield several[0]
            continue
        names = ", ".join(submission.path for submission in several[:5])
        why = f"{len(several)} notebooks were handed in ({names}): keep the one to be graded"
        yield Submission(student, several[0].path, None, problem=why)


def on_roster(found: list[Submission], roster: Iterable[str]) -> list[Submission]:
    """The submissions, and an empty one for everyone on the roster who handed in nothing."""
    there = {submission.student for submission in found}
    absent = {_name(student) for student in roster} - there
    missing = [Submission(student, "", None) for student in absent]
    return sorted([*found, *missing], key=lambda submission: submission.student)


def dated(submission: Submission, when: Mapping[str, datetime]) -> Submission:
    """The submission with the time that the roster gives for it, if any."""
    if submission.student not in when:
        return submission
    return replace(submission, submitted_at=when[submission.student], certain=True)


def read_notebook(data: bytes, functions: Iterable[str] = ()) -> Notebook:
    """The code cells of a notebook of any nbformat version, or Unreadable with the reason.

    `functions`: the names asked for; a notebook whose metadata names another language is
    still run where its code defines one of them, since only the metadata is wrong then.
    """
    if not data.strip():
        raise Unreadable("the file is empty: save the notebook and hand it in again")
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
    cells = _sources(content)
    code = tuple((number, source) for number, kind, source in cells if kind == "code")
    if len(cells) > MOST_CELLS or sum(len(source) for _, source in code) > LONGEST_SOURCE:
        raise Unreadable(f"too large: more than {MOST_CELLS} cells or {LONGEST_SOURCE:,} letters")
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


def _check_size(size: int) -> None:
    if size > LARGEST_NOTEBOOK:
        raise Unreadable(
            f"too large: {size / 1e6:,.0f} MB, at most {LARGEST_NOTEBOOK / 1e6:.0f} MB are read:"
            " clear the outputs and save it again"
        )


def _bounded(data: bytes) -> bytes:
    _check_size(len(data))
    return data


def _what_instead(data: bytes) -> str:
    head = data.lstrip()[:200].lower()
    if head.startswith((b"<!doctype", b"<html")):
        return "it is a web page; download the .ipynb file itself"
    if head.startswith((b"%pdf", b"pk\x03\x04")):
        return "it is a PDF or a zip under the name of a notebook"
    if head.startswith(b"{"):
        return "the file is damaged or cut off (no valid JSON)"
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
        said = readable(" ".join(str(error).split()))[:120]
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
    """A cell's source; half a character (a lone surrogate), which no file can hold, becomes "?"."""
    text = "".join(source) if isinstance(source, list) else str(source)
    return text.encode("utf-8", "replace").decode()


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
            return "" if "python" in name.lower() else _name(name)[:30]
    return ""


def _defines_any(code: Iterable[tuple[int, str]], functions: Iterable[str]) -> bool:
    names = "|".join(re.escape(name) for name in functions)
    defines = re.compile(rf"\bdef +(?:{names}) *\(|^ *(?:{names}) *= *lambda\b", re.MULTILINE)
    return bool(names) and any(defines.search(source) for _, source in code)


def helper_files(folder: Path) -> tuple[str, ...]:
    """Files of an assignment that lie beside the student's notebook when it runs."""
    left_out = {"assignment.py", "README.md"}
    return tuple(
        str(entry)
        for entry in sorted(folder.iterdir())
        if entry.is_file() and entry.suffix != SUFFIX
        if entry.name not in left_out and not entry.name.startswith(".")
    )
