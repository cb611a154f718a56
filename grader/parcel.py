"""An assignment's files as they travel to another machine, and the hashes of files."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from grader.assignment import Course
from grader.folders import files_below
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
    """One SHA-256 over the names and contents of the files below the folders."""
    whole = hashlib.sha256()
    for folder in folders:
        for path, content in files_below(folder):
            whole.update(f"{path}\0".encode())
            whole.update(hashlib.sha256(content).digest())
    return whole.hexdigest()


@cache
def own_hash() -> str:
    """The hash of the grader itself: one version grades alike on every machine."""
    return hash_of_files([Path(__file__).parent])


def _contents(place: str, folder: Path) -> dict[str, bytes]:
    return {f"{place}/{path}": content for path, content in files_below(folder)}
