"""Grades many submissions: reads, executes, judges, and keeps each verdict as it comes."""

import hashlib
import json
import subprocess
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cache, partial
from pathlib import Path
from threading import Event
from typing import Protocol

from grader.answer_key import AnswerKey, make_answer_key, random_seed
from grader.assignment import Course, Limits
from grader.engines import ENGINES
from grader.errors import UsageError
from grader.execution import Settings, Stopped, execute, warm_up
from grader.execution.isolation import (
    Confinement,
    confinement_here,
    problems_here,
    visible_for,
)
from grader.gradebook import Gradebook, Handin, Key
from grader.judging import judge
from grader.submission import Submission, Unreadable, digest, helper_files, read_notebook
from grader.verdict import Verdict, not_executed


class Listener(Protocol):
    """Whoever wants to know how a run goes on."""

    def begins(self, total: int) -> None:
        """So many submissions are to be executed."""

    def graded(self, submission: Submission, verdict: Verdict) -> None:
        """One is done, and its verdict is kept."""


@dataclass(frozen=True)
class Options:
    """How a run is done; None takes what the assignment says.

    hidden: folders that students' code must not see, beside the ones the grader knows of.
    """

    jobs: int = 1
    seed: int | None = None
    cell_seconds: float | None = None
    total_seconds: float | None = None
    memory_bytes: int | None = None
    python: str | None = None
    engine: str = "local"
    sandbox: str = "off"
    fresh: bool = False
    hidden: tuple[Path, ...] = ()


@dataclass(frozen=True)
class Graded:
    """What a run came to: how many were executed now, and how many had been before."""

    executed: int
    unchanged: int
    broken: int


def settings_for(course: Course, options: Options) -> Settings:
    """The limits and the interpreter for students' code: options first, then the assignment's.

    Raises UsageError where that interpreter can't run a kernel.
    """
    limits = _limits(course.assignment.limits, options)
    python = options.python or course.assignment.python or sys.executable
    _check_interpreter(python)
    return Settings(
        python=python,
        cell_seconds=limits.cell_seconds,
        total_seconds=limits.total_seconds,
        memory_bytes=limits.memory_bytes,
        helpers=helper_files(course.folder),
        confinement=_confinement(course, options, python),
    )


def _confinement(course: Course, options: Options, python: str) -> Confinement:
    """What students' code is confined by: what this machine has, if that is enough.

    Raises UsageError where it is not, so that nobody is graded in the belief that it was.
    """
    if options.sandbox == "off":
        return Confinement()
    if options.sandbox == "strict":
        for layer, problem in problems_here().items():
            if problem:
                raise UsageError(f"--sandbox strict: this machine lacks {layer} ({problem})")
    private = [course.solution_folder, Path.cwd(), Path.home(), *options.hidden]
    hidden = tuple(str(folder.resolve()) for folder in private if folder)
    confinement = confinement_here(visible_for(python), hidden)
    if not confinement.isolated:
        raise UsageError(
            "this machine can't keep students' code from your files and the network (see `grader"
            " doctor`); grade on Linux, or in spite of it with --sandbox off"
        )
    return confinement


def examine(
    submission: Submission, key: AnswerKey, settings: Settings, stop: Event | None = None
) -> tuple[str, Verdict]:
    """The unit of work: one submission's SHA-256 and verdict. Raises only Stopped.

    An error of the grader's own costs this row its judgement, and no other row anything.
    """
    assignment = key.course.assignment
    sha256 = ""
    try:
        if submission.file is None and not submission.problem:
            return "", not_executed(assignment, "missing", "nothing was handed in")
        data = submission.read()
        sha256 = digest(data)
        notebook = read_notebook(data, [task.name for task in assignment.tasks])
        execution = execute(notebook, key.calls, settings, stop)
        verdict = judge(key, notebook, execution)
        return sha256, replace(verdict, isolated=settings.confinement.isolated)
    except Unreadable as why:
        return sha256, not_executed(assignment, "unreadable", str(why))
    except Stopped:
        raise
    except Exception as error:
        _note_bug(submission, error)
        said = (
            f"not judged: an error of the grader itself ({type(error).__name__}), no fault of yours"
        )
        return sha256, not_executed(assignment, "errors", said, broken=True)


def grade(
    course: Course,
    submissions: Sequence[Submission],
    gradebook: Gradebook,
    options: Options,
    listener: Listener,
) -> Graded:
    """Grades what is new or changed; each verdict is kept before the listener hears of it.

    Raises AssignmentError before anyone is graded where the assignment is unsound.
    KeyboardInterrupt leaves the gradebook with everything that was finished.
    """
    seed = _seed(gradebook, options.seed)
    settings = settings_for(course, options)
    key = make_answer_key(course, seed)
    under = _key(course, seed, settings)
    todo = [s for s in submissions if options.fresh or not _graded(s, gradebook, under)]
    stop = Event()
    listener.begins(len(todo))
    warm_up()
    work = partial(examine, key=key, settings=settings, stop=stop)
    broken = 0
    for submission, (sha256, verdict) in ENGINES[options.engine](work, todo, options.jobs, stop):
        gradebook.add(_handin(submission, sha256), under, verdict)
        broken += verdict.broken
        listener.graded(submission, verdict)
    return Graded(len(todo), len(submissions) - len(todo), broken)


def check(file: Path, course: Course, options: Options) -> Verdict:
    """A student's own check: public cases only, nothing kept."""
    key = make_answer_key(replace(course, solution=None), None)
    submission = Submission(file.stem, file.name, file)
    return examine(submission, key, settings_for(course, options))[1]


def _graded(submission: Submission, gradebook: Gradebook, key: Key) -> bool:
    if submission.file is None:
        return False
    try:
        sha256 = digest(submission.read())
    except Unreadable:
        return False
    if not gradebook.has(submission.student, sha256, key):
        return False
    gradebook.hand_in(_handin(submission, sha256))
    return True


def _handin(submission: Submission, sha256: str) -> Handin:
    when = submission.submitted_at.isoformat() if submission.submitted_at else ""
    return Handin(
        submission.student, sha256, submission.path, when, submission.certain, submission.late
    )


def _seed(gradebook: Gradebook, wanted: int | None) -> int:
    """The seed that was asked for, else the gradebook's, else a new random one; noted there."""
    kept = gradebook.fact("seed")
    seed = wanted if wanted is not None else int(kept) if kept else random_seed()
    if str(seed) != kept:
        gradebook.set_fact("seed", str(seed))
    return seed


def _key(course: Course, seed: int, settings: Settings) -> Key:
    folders = [course.folder, *([course.solution_folder] if course.solution_folder else [])]
    how = {
        **{name: value for name, value in asdict(settings).items() if name != "helpers"},
        "confinement": sorted(settings.confinement.layers),
    }
    return Key(
        assignment=hash_of_files(folders),
        grader=hash_of_files([Path(__file__).parent]),
        seed=str(seed),
        settings=json.dumps(how, sort_keys=True),
    )


def hash_of_files(folders: Iterable[Path]) -> str:
    """One SHA-256 over the names and contents of all files below the folders."""
    whole = hashlib.sha256()
    for folder in folders:
        for file in sorted(folder.rglob("*")):
            if file.is_file() and "__pycache__" not in file.parts:
                whole.update(f"{file.relative_to(folder)}\0".encode())
                whole.update(hashlib.sha256(file.read_bytes()).digest())
    return whole.hexdigest()


def _limits(limits: Limits, options: Options) -> Limits:
    return Limits(
        cell_seconds=options.cell_seconds or limits.cell_seconds,
        total_seconds=options.total_seconds or limits.total_seconds,
        memory_bytes=options.memory_bytes or limits.memory_bytes,
    )


@cache
def _check_interpreter(python: str) -> None:
    if python == sys.executable:
        return
    try:
        tried = subprocess.run(
            [python, "-c", "import ipykernel, numpy"],
            capture_output=True,
            text=True,
            timeout=60,
            stdin=subprocess.DEVNULL,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise UsageError(f"--python {python}: can't be run ({error})") from None
    if tried.returncode:
        said = tried.stderr.strip().splitlines()[-1:] or ["no reason given"]
        raise UsageError(
            f"--python {python}: {said[0]}: it needs ipykernel and numpy,"
            f" so run {python} -m pip install ipykernel numpy"
        )


def _note_bug(submission: Submission, error: Exception) -> None:
    import traceback

    print(f"grader: internal error on {submission.path!r}; please report:", file=sys.stderr)
    traceback.print_exception(error)
