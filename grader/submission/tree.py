"""The files in a folder or a zip, listed and read within bounds, and never unpacked."""

import lzma
import posixpath
import re
import stat
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

from grader.errors import SubmissionsError
from grader.submission.names import plain
from grader.submission.notebook import Unreadable

LARGEST_NOTEBOOK = 50 * 1024 * 1024
MOST_MEMBERS = 100_000
DEEPEST_FOLDER = 20
SUFFIX = ".ipynb"
HIDDEN = (".", "__MACOSX")
DAMAGED = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError)
_ENDING = re.compile(r"\.ipynb(\.txt|\.json)?$", re.IGNORECASE)


@dataclass(frozen=True)
class Entry:
    """One file, or a folder with nothing in it.

    parts: its path below the place, one part a folder. member: its name inside the zip.
    problem: why it can't be read, where that is known from its place alone.
    """

    parts: tuple[str, ...]
    file: Path | None
    member: str = ""
    modified: datetime | None = None
    problem: str = ""
    is_folder: bool = False

    @property
    def path(self) -> str:
        """The path as text, for people."""
        return plain(self.member) or _shown(self.parts)

    @property
    def is_notebook(self) -> bool:
        """Whether it goes by the name of a notebook."""
        return title_of(self.parts[-1]) != self.parts[-1] and not self.is_folder


@dataclass(frozen=True)
class Tree:
    """Everything that was handed over; clones: the folders in it that are git clones."""

    name: str
    entries: tuple[Entry, ...]
    clones: frozenset[tuple[str, ...]] = frozenset()
    zipped: bool = False

    @cached_property
    def by_parts(self) -> dict[tuple[str, ...], Entry]:
        """The entries by their paths."""
        return {entry.parts: entry for entry in self.entries}

    @cached_property
    def common(self) -> int:
        """How many leading folders all entries share; files beside the submissions do not count.

        A layout is looked for no deeper: what lies in one student's folder says nothing
        about another's.
        """
        paths = [e.parts for e in self.entries if len(e.parts) > 1 or e.is_notebook or e.is_folder]
        depth = 0
        while paths and all(len(p) > depth + 1 and p[depth] == paths[0][depth] for p in paths):
            depth += 1
        return depth

    def text(self, parts: tuple[str, ...], most: int) -> str | None:
        """What a small text file beside the notebooks says, None where there is none."""
        entry = self.by_parts.get(parts)
        if entry is None or entry.file is None:
            return None
        try:
            return read_bytes(entry.file, entry.member, most).decode("utf-8-sig", "replace")
        except Unreadable:
            return None


def title_of(name: str) -> str:
    """A notebook's name without its ending, which browsers and other systems vary."""
    return _ENDING.sub("", name)


def tree_of(place: Path) -> Tree:
    """What lies in a folder or a zip, or the one notebook itself.

    Raises SubmissionsError where the place can't be read.
    """
    try:
        if place.is_dir():
            return _folder(place)
        if place.suffix.lower() == ".zip" and place.is_file():
            return _zip(place)
        if place.is_file() and title_of(place.name) != place.name:
            return Tree("", (_plain(place, (place.name,)),))
    except OSError as error:
        raise SubmissionsError(f"{place}: can't be read ({error.strerror})") from None
    if place.exists():
        raise SubmissionsError(f"{place}: not a notebook (.ipynb), nor a zip or a folder of them")
    raise SubmissionsError(f"{place}: no such file or folder: check the path")


def read_bytes(file: Path, member: str, most: int = LARGEST_NOTEBOOK) -> bytes:
    """The content of a file, or of a zip's member. Raises Unreadable beyond `most` bytes."""
    try:
        if member:
            with zipfile.ZipFile(file) as archive:
                _check_size(archive.getinfo(member).file_size, most)
                with archive.open(member) as stream:
                    data = stream.read(most + 1)
        else:
            _check_size(file.stat().st_size, most)
            with file.open("rb") as stream:
                data = stream.read(most + 1)
    except OSError as error:
        raise Unreadable(f"the file can't be read: {error.strerror or error}") from error
    except DAMAGED as why:
        raise Unreadable(f"the file can't be read, it is damaged in the zip: {why}") from why
    except (RuntimeError, ValueError) as why:  # encrypted, or packed in a way unknown to zipfile
        raise Unreadable(f"the file can't be read: {why}") from why
    except KeyError:
        raise Unreadable("the file is no longer in the zip") from None
    _check_size(len(data), most)
    return data


def _check_size(size: int, most: int) -> None:
    if size > most:
        raise Unreadable(
            f"too large: {size / 1e6:,.0f} MB, at most {most / 1e6:.0f} MB are read:"
            " clear the outputs and save it again"
        )


def _folder(folder: Path) -> Tree:
    clones: set[tuple[str, ...]] = set()
    entries: list[Entry] = []
    for entry in _below(folder, (), clones):
        entries.append(entry)
        if len(entries) > MOST_MEMBERS:
            raise SubmissionsError(f"{folder}: more than {MOST_MEMBERS} files in it")
    return Tree(folder.resolve().name, tuple(entries), frozenset(clones))


def _below(folder: Path, parts: tuple[str, ...], clones: set[tuple[str, ...]]) -> Iterator[Entry]:
    there = sorted(folder.iterdir())
    if any(path.name == ".git" for path in there):
        clones.add(parts)
    for path in there:
        inner = (*parts, path.name)
        if path.name.startswith(HIDDEN):
            continue
        if _is_elsewhere(path):
            why = f"{_shown(inner)} is a link that leads to another place: hand in the file itself"
            yield Entry(inner, None, problem=why, is_folder=path.is_dir())
        elif path.is_dir() and len(inner) < DEEPEST_FOLDER:
            yield from _subfolder(path, inner, clones)
        else:
            yield _plain(path, inner)


def _is_elsewhere(path: Path) -> bool:
    """Whether it is a link: it may lead out, or to the work of another student."""
    return path.is_symlink()


def _subfolder(folder: Path, parts: tuple[str, ...], clones: set[tuple[str, ...]]) -> list[Entry]:
    try:
        found = list(_below(folder, parts, clones))
    except OSError as error:
        why = f"the folder {_shown(parts)} can't be read ({error.strerror})"
        return [Entry(parts, None, problem=why, is_folder=True)]
    return found or [Entry(parts, None, is_folder=True)]


def _shown(parts: tuple[str, ...]) -> str:
    return plain("/".join(parts))


def _plain(path: Path, parts: tuple[str, ...]) -> Entry:
    try:
        status = path.stat()
    except OSError as error:
        return Entry(parts, None, problem=f"{_shown(parts)} can't be read ({error.strerror})")
    if not stat.S_ISREG(status.st_mode):
        return Entry(parts, None, problem=f"{_shown(parts)} is not a plain file")
    when = datetime.fromtimestamp(status.st_mtime, UTC).replace(microsecond=0)
    return Entry(parts, path, modified=when)


def _zip(file: Path) -> Tree:
    try:
        with zipfile.ZipFile(file) as archive:
            infos = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as why:
        raise SubmissionsError(f"{file}: not a zip that can be read ({why})") from None
    if len(infos) > MOST_MEMBERS:
        raise SubmissionsError(f"{file}: more than {MOST_MEMBERS} files in it")
    split = [(_parts(info.filename), info) for info in infos]
    clones = {parts[: parts.index(".git")] for parts, _ in split if ".git" in parts}
    shown = [(parts, info) for parts, info in split if parts and not _hidden(parts)]
    holders = {parts[:n] for parts, _ in shown for n in range(1, len(parts))}
    entries = [_member(file, parts, i) for parts, i in shown if parts not in holders]
    return Tree(file.stem, tuple(entries), frozenset(clones), zipped=True)


def _parts(member: str) -> tuple[str, ...]:
    """Where a member lies in its zip, whose root no name leads out of, nor any drive's letter."""
    path = re.sub(r"^[A-Za-z]:(?=/)", "", member.replace("\\", "/"))
    return tuple(part for part in posixpath.normpath(f"/{path}").split("/") if part)


def _hidden(parts: tuple[str, ...]) -> bool:
    return any(part.startswith(HIDDEN) for part in parts)


def _member(file: Path, parts: tuple[str, ...], info: zipfile.ZipInfo) -> Entry:
    if info.is_dir():
        return Entry(parts, None, info.filename, is_folder=True)
    if stat.S_ISLNK(info.external_attr >> 16):
        why = f"{plain(info.filename)} is a link, not a notebook: hand in the file itself"
        return Entry(parts, None, info.filename, problem=why)
    try:
        when = datetime(*info.date_time, tzinfo=UTC) if info.date_time[0] > 1980 else None
    except ValueError:
        when = None
    return Entry(parts, file, info.filename, when)
