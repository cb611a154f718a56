"""An assignment's files as they travel to another machine, and the hashes of files."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from grader.assignment import Course
from grader.loading import load_course


@dataclass(frozen=True)
class Parcel:
    """An assignment's folder and its solution's: contents by their paths below a common root."""

    name: str
    files: Mapping[str, bytes]
    with_solution: bool

    def unpack(self, root: Path) -> Course:
        """Writes the files below `root` and loads the assignment from there."""
        for path, content in self.files.items():
            file = root / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
        return load_course(root / "assignments" / self.name, with_solution=self.with_solution)


def parcel_of(course: Course) -> Parcel:
    """All files of an assignment, and of its solution if there is one."""
    files = _contents(f"assignments/{course.name}", course.folder)
    if course.solution_folder is not None:
        files |= _contents(f"solutions/{course.name}", course.solution_folder)
    return Parcel(course.name, files, course.solution is not None)


def hash_of_files(folders: Iterable[Path]) -> str:
    """One SHA-256 over the names and contents of all files below the folders."""
    whole = hashlib.sha256()
    for folder in folders:
        for file in _files(folder):
            whole.update(f"{file.relative_to(folder)}\0".encode())
            whole.update(hashlib.sha256(file.read_bytes()).digest())
    return whole.hexdigest()


@cache
def own_hash() -> str:
    """The hash of the grader itself: one version grades alike on every machine."""
    return hash_of_files([Path(__file__).parent])


def _contents(place: str, folder: Path) -> dict[str, bytes]:
    return {
        f"{place}/{file.relative_to(folder).as_posix()}": file.read_bytes()
        for file in _files(folder)
    }


def _files(folder: Path) -> Iterator[Path]:
    for file in sorted(folder.rglob("*")):
        if file.is_file() and "__pycache__" not in file.parts:
            yield file
