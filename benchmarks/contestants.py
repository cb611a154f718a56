"""Whom the grader is compared with: how each gets its notebooks, and what is timed of it."""

import os
import sys
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import nbformat

from benchmarks import notebooks
from benchmarks.environments import PINNED, environment
from benchmarks.timing import Failed, timed

ROOT = Path(__file__).resolve().parent.parent
BENCHMARKS = Path(__file__).resolve().parent
ASSIGNMENT = ROOT / "assignments" / "backprop"
# Only a process with one thread may isolate itself, and OpenBLAS starts more.
ONE_THREAD = {f"{library}_NUM_THREADS": "1" for library in ("OPENBLAS", "OMP", "MKL")}


@dataclass(frozen=True)
class Seconds:
    """What one more notebook takes, and what the program takes to start and end."""

    own: float
    start: float


class Contestant(ABC):
    """A program that runs a class of copies of one notebook.

    few, many: the sizes of two classes; what the larger one takes longer is the notebooks' own.
    """

    name: str
    few: int
    many: int

    def __init__(self, place: Path, cache: Path, limit: float) -> None:
        self.place = place / self.name.replace(" ", "-")
        self.cache = cache
        self.limit = limit
        self.variables = {"PYTHONPATH": str(ROOT)}
        if self.name in PINNED:
            self.programs = environment(cache, self.name)
            self.variables = {"PATH": f"{self.programs}{os.pathsep}{os.environ['PATH']}"}

    @abstractmethod
    def prepare(self, cells: Sequence[str]) -> None:
        """Lays out everything that the runs need; not timed."""

    @abstractmethod
    def run(self, size: int) -> float:
        """Wall seconds for a class of `few` or of `many`."""

    def seconds(self) -> Seconds:
        """Of a notebook. Raises Failed."""
        few = self.run(self.few) if self.few else 0.0
        many = self.run(self.many)
        if many <= few:
            raise Failed(f"{self.name}: {self.many} notebooks took no longer than {self.few}")
        own = (many - few) / (self.many - self.few)
        return Seconds(own, max(0.0, many - self.many * own))

    def _command(self, *words: object) -> float:
        self.place.mkdir(parents=True, exist_ok=True)
        return timed(words, cwd=self.place, limit=self.limit, env=self.variables).seconds

    def _classes(self, cells: Sequence[str]) -> None:
        for size in {self.few, self.many} - {0}:
            write_class(self.place / f"class-{size}", [cells] * size)


class Grader(Contestant):
    """`grader grade --jobs 1`, in the sandbox: executes, judges, reports."""

    name = "grader"
    few = 2
    many = 22

    def prepare(self, cells: Sequence[str]) -> None:
        """A folder of notebooks a class."""
        self._classes(cells)

    def run(self, size: int) -> float:
        """Everything anew: the verdicts of earlier rounds are not taken."""
        return self._command(*grade_command(self.place / f"class-{size}", jobs=1))


class Nbgrader(Contestant):
    """`nbgrader autograde`: executes, tests in the student's kernel, keeps the marks."""

    name = "nbgrader"
    few = 1
    many = 4

    def prepare(self, cells: Sequence[str]) -> None:
        """A course of its own with one assignment; submissions filled into what it releases."""
        course = self.place
        source = notebooks.nbgrader_source(cells)
        _write(source, course / "source" / "ps" / "ps.ipynb")
        (course / "nbgrader_config.py").write_text(
            f"c = get_config()\nc.CourseDirectory.root = {str(course)!r}\n"
        )
        self._command("nbgrader", "generate_assignment", "ps", "--force")
        release = nbformat.read(course / "release" / "ps" / "ps.ipynb", as_version=4)
        handed_in = notebooks.nbgrader_submission(release, cells)
        for number in range(self.many):
            student = f"first-{number}" if number < self.few else f"other-{number}"
            _write(handed_in, course / "submitted" / student / "ps" / "ps.ipynb")

    def run(self, size: int) -> float:
        """All students, or those whose names begin with first."""
        who = "*" if size == self.many else "first-*"
        return self._command(
            "nbgrader", "autograde", "ps", "--force", "--create", f"--student={who}"
        )


class Otter(Contestant):
    """`otter run`, a process a notebook: executes, tests in the student's kernel."""

    name = "otter"
    few = 0
    many = 1

    def prepare(self, cells: Sequence[str]) -> None:
        """A zip of the tests, and the notebook."""
        (self.place / "out").mkdir(parents=True)
        _write(notebooks.plain(cells), self.place / "student.ipynb")
        for name, text in notebooks.otter_tests().items():
            file = self.place / "tests" / name
            file.parent.mkdir(exist_ok=True)
            file.write_text(text)
        self._command(
            "otter", "generate", "-t", "tests", "-o", "autograder.zip",
            "--no-config", "--no-requirements", "--no-environment",
        )  # fmt: skip

    def run(self, size: int) -> float:
        """One notebook, as otter is run on a submission."""
        return self._command("otter", "run", "-a", "autograder.zip", "-o", "out", "student.ipynb")


class NbconvertProcess(Contestant):
    """`jupyter nbconvert --execute`, a process a notebook: executes and nothing else."""

    name = "nbconvert"
    few = 0
    many = 1

    def prepare(self, cells: Sequence[str]) -> None:
        """The notebook."""
        _write(notebooks.plain(cells), self.place / "student.ipynb")

    def run(self, size: int) -> float:
        """One notebook."""
        return self._command(
            sys.executable, "-m", "nbconvert", "--to", "notebook", "--execute", "--allow-errors",
            "--output-dir", "out", "student.ipynb",
        )  # fmt: skip


class PreprocessorLoop(Contestant):
    """nbconvert's ExecutePreprocessor in a loop: executes and nothing else."""

    name = "ExecutePreprocessor"
    few = 1
    many = 4

    def prepare(self, cells: Sequence[str]) -> None:
        """A folder of notebooks a class."""
        self._classes(cells)

    def run(self, size: int) -> float:
        """One process for the class."""
        script = BENCHMARKS / "preprocessor_loop.py"
        return self._command(sys.executable, script, self.place / f"class-{size}")


class Floor(Contestant):
    """A fork of a warm Python a notebook, isolated: the same cells, calls, checks; no messages."""

    name = "floor"
    few = 5
    many = 35

    def prepare(self, cells: Sequence[str]) -> None:
        """A folder of notebooks a class."""
        self.variables |= {**ONE_THREAD, "MPLBACKEND": "Agg"}
        self._classes(cells)

    def run(self, size: int) -> float:
        """One warm process for the class."""
        return self._command(sys.executable, "-m", "benchmarks.floor", self.place / f"class-{size}")


CONTESTANTS: Sequence[type[Contestant]] = (
    Grader, Nbgrader, Otter, NbconvertProcess, PreprocessorLoop, Floor,
)  # fmt: skip


def grade_command(folder: Path, *, jobs: int, sandbox: str = "auto", fresh: bool = True) -> list:
    """What grades a class, quietly; its reports lie beside the class."""
    command: list[object] = [sys.executable, "-m", "grader", "grade", folder, "--quiet"]
    command += ["--assignment", ASSIGNMENT, "--out", folder.parent / f"{folder.name}-reports"]
    command += ["--jobs", jobs, "--sandbox", sandbox]
    return [*command, "--fresh"] if fresh else command


def write_class(folder: Path, students: Sequence[Sequence[str]]) -> None:
    """A folder of notebooks, one a student."""
    for number, cells in enumerate(students):
        _write(notebooks.plain(cells), folder / f"student-{number:05}.ipynb")


def _write(notebook: nbformat.NotebookNode, file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, file)
