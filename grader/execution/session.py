"""Gets answers out of one submission: as many fresh runs as it takes, within its limits.

Part of the judge. A runner is started for each run and may be killed at any moment; what it
says is read as bounded frames and believed to be no more than a student's claims.
"""

import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from threading import Event
from time import monotonic
from typing import Any, Literal, cast

from grader.execution.answers import Answer, Definition, Malformed, clean, parse_messages
from grader.execution.calls import TaskCalls, cells_asking, plans_of
from grader.execution.job import TOGETHER, Job
from grader.execution.kernels.server import can_fork
from grader.execution.runners import SECONDS_TO_END, ensure_server, start_runner
from grader.execution.settings import Settings, ensure_warm, kernel_source, warm_process_for
from grader.submission import Notebook

Ending = Literal["end", "died", "stuck", "broke", "late"]
RunStatus = Literal["ok", "errors", "timeout", "died"]

LARGEST_FRAME = 8 * 1024 * 1024
MOST_BYTES = 128 * 1024 * 1024
MOST_EVENTS = 50_000
MOST_ERRORS = 50
MOST_RUNS = 12
MOST_FAILED_STARTS = 2
PATIENCE = 0.1
SCRATCH = "grader-run-"
# What this grader and its parts call their folders, and Python's tempfile the rest of the name.
LEFT_BEHIND = re.compile(r"grader-(?:run|warm|key)-(?P<owner>\d{1,10})-[a-z0-9_]{8}")


class NotStarted(OSError):
    """No kernel came up, before anything of the student's ran: the machine is at fault."""


class Stopped(Exception):
    """The grader was interrupted while this submission ran."""


@dataclass(frozen=True)
class CellError:
    """A cell of the student's that raised, counted as the notebook counts its cells, from 1."""

    index: int
    name: str
    text: str


@dataclass(frozen=True)
class Execution:
    """What ran and how it ended; answers by task and case.

    slow, deadly: cells that ran out of time, or took the kernel down with them.
    asked: tasks that were begun to be called. lost: those that could not be finished, and why.
    missing: names that failed imports did not bring.
    """

    status: RunStatus
    errors: tuple[CellError, ...]
    slow: tuple[int, ...]
    deadly: tuple[int, ...]
    definitions: Mapping[str, Definition]
    answers: Mapping[str, Mapping[str, Answer]]
    lost: Mapping[str, Literal["timeout", "died"]]
    seconds: float
    asked: frozenset[str] = frozenset()
    missing: frozenset[str] = frozenset()


def execute(
    notebook: Notebook, calls: Sequence[TaskCalls], settings: Settings, stop: Event | None = None
) -> Execution:
    """Runs the notebook and calls the functions; never raises for what the notebook does.

    A cell or a function that hangs or kills the kernel costs only itself: what comes after
    it is asked in a fresh run. Raises Stopped when `stop` is set, and NotStarted where this
    machine starts no kernel.
    """
    session = _Session(notebook, calls, settings, stop or Event())
    for _ in range(MOST_RUNS):
        session.settle(session.run_once())
        if not session.tasks or session.time_left <= 0:
            break
    return session.result()


def begin_to_warm_up(settings: Settings) -> None:
    """Starts the processes that runners and kernels are forked from; other work may go on."""
    if can_fork():
        warm_process_for(settings)
        ensure_server()


def warm_up(settings: Settings) -> None:
    """Waits until kernels can be had, and clears what a run before this one left.

    Raises OSError where they can't be.
    """
    if os.name != "nt":
        _sweep()
    begin_to_warm_up(settings)
    if can_fork():
        ensure_warm(settings)


class _Session:
    """The state of one submission between its runs."""

    def __init__(
        self, notebook: Notebook, calls: Sequence[TaskCalls], settings: Settings, stop: Event
    ) -> None:
        self.cells = dict(notebook.cells)
        self.tasks = {task.name: task for task in calls}
        self.outstanding = {task.name: dict(task.cases) for task in calls}
        self.settings = settings
        self.stop = stop
        self.started = monotonic()
        self.deadline = self.started + settings.total_seconds
        self.definitions: dict[str, Definition] = {}
        self.answers: dict[str, dict[str, Answer]] = {task.name: {} for task in calls}
        self.lost: dict[str, Literal["timeout", "died"]] = {}
        self.careful: set[str] = set()
        self.reduced: set[int] = set()
        self.together = len(calls) > 1
        self.task_of = {key: task.name for task in calls for key in task.cases}
        self.asked: set[str] = set()
        self.missing: set[str] = set()
        self.errors: dict[int, CellError] = {}
        self.slow: list[int] = []
        self.deadly: list[int] = []
        self.place: int | str | None = None
        self.failed_starts = 0

    @property
    def time_left(self) -> float:
        return self.deadline - monotonic()

    def run_once(self) -> Ending:
        """One runner, from start to whatever its end is."""
        self.place = None
        prefix = f"{SCRATCH}{os.getpid()}-"
        with tempfile.TemporaryDirectory(prefix=prefix, ignore_cleanup_errors=True) as scratch:
            return self._supervise(scratch)

    def _supervise(self, scratch: str) -> Ending:
        try:
            runner = start_runner(self._job(scratch))
        except OSError as why:
            raise NotStarted(f"no kernel could be asked for ({why})") from why
        ending: Ending | None = None
        try:
            for event in _events(runner.pipe, self.deadline, self.stop):
                ending = self._take(event)
                if ending is not None:
                    return ending
            return "late" if self.time_left <= 0 else "broke"
        finally:
            if ending == "end":
                runner.rest()
            else:
                # A runner that has said all it will say needs a moment to end its kernel.
                given_up = self.time_left <= 0 or self.stop.is_set()
                runner.end(0.0 if given_up else SECONDS_TO_END)

    def _job(self, scratch: str) -> Job:
        return Job(
            scratch=scratch,
            **vars(kernel_source(self.settings, scratch)),
            cells=tuple(self.cells.items()),
            reduced=tuple(self.reduced),
            probes=cells_asking(self.tasks.values(), self.careful, together=self.together),
            plans=plans_of(self.tasks.values()),
            python=self.settings.python,
            cell_seconds=self.settings.cell_seconds,
            cells_seconds=max(1.0, self.time_left - self.settings.reserve),
            confined=bool(self.settings.confinement.layers),
        )

    def _take(self, event: Mapping[str, Any]) -> Ending | None:
        """Notes one event; the run's ending, if this is it."""
        kind, index = event.get("kind"), event.get("index")
        if kind in ("end", "died", "stuck"):
            return cast(Ending, kind)
        if kind == "task" and event.get("name") in (TOGETHER, *self.tasks):
            self.place = str(event["name"])
            self.asked.update({self.place} & self.tasks.keys())
        elif kind == "missing" and isinstance(event.get("names"), list):
            self.missing.update(str(name) for name in event["names"][:MOST_ERRORS])
        elif kind == "answer" and isinstance(self.place, str):
            self._answer(str(event.get("text")))
        elif isinstance(index, int) and index in self.cells:
            if kind == "cell":
                self.place = index
            elif kind in ("timeout", "skipped") and index not in self.slow:
                self.slow.append(index)
            elif kind == "error" and len(self.errors) < MOST_ERRORS:
                name, text = str(event.get("name")), str(event.get("text"))
                error = CellError(index, clean(name, 100), clean(text, 500))
                self.errors.setdefault(index, error)
        return None

    def _answer(self, text: str) -> None:
        """The first well-formed answer to a call that is waiting for one counts, no other."""
        try:
            messages = parse_messages(text)
        except Malformed:
            return
        for key, said in messages:
            task = key if isinstance(said, Definition) else self.task_of.get(key, "")
            if isinstance(said, Definition) and task in self.outstanding:
                self.definitions.setdefault(task, said)
            elif isinstance(said, Answer) and key in self.outstanding.get(task, ()):
                self.answers[task][self.outstanding[task].pop(key)] = said

    def settle(self, ending: Ending) -> None:
        """Decides what a further run shall leave out."""
        why: Literal["timeout", "died"] = "died" if ending in ("died", "broke") else "timeout"
        if ending == "end":
            self.tasks.clear()
        elif ending == "late":
            self.lost.update(dict.fromkeys(self.tasks, why))
            self.tasks.clear()
        elif self.place == TOGETHER:
            # Whoever it was, each is asked by itself now, and shows it.
            self.together = False
        elif isinstance(self.place, str):
            self._leave_off(self.place, why)
        elif isinstance(self.place, int):
            self._leave_out(self.place, why)
        else:
            self.failed_starts += 1
            if self.failed_starts == MOST_FAILED_STARTS:
                raise NotStarted("no kernel could be started")

    def _leave_off(self, task: str, why: Literal["timeout", "died"]) -> None:
        """What comes after the function that ended the kernel is asked in a fresh run.

        Killed while its answers waited to be sent together, it is asked once more, with care.
        """
        ask_again = why == "died" and task not in self.careful
        if ask_again:
            self.careful.add(task)
        else:
            self.lost[task] = why
        place = list(self.tasks).index(task)
        for name in list(self.tasks)[: place if ask_again else place + 1]:
            del self.tasks[name]

    def _leave_out(self, index: int, why: Literal["timeout", "died"]) -> None:
        """A cell that ended the kernel keeps its definitions once, then nothing."""
        if index in self.reduced:
            self.cells[index] = ""
        self.reduced.add(index)
        (self.deadly if why == "died" else self.slow).append(index)

    def result(self) -> Execution:
        """What all the runs came to."""
        for name in self.tasks:
            self.lost.setdefault(name, "timeout")
        for name, cases in self.outstanding.items():
            why = self.lost.get(name)
            for case in cases.values():
                self.answers[name][case] = Answer(why or "unanswered")
        deadly = tuple(dict.fromkeys(self.deadly))
        slow = tuple(index for index in dict.fromkeys(self.slow) if index not in deadly)
        status: RunStatus = "ok"
        if deadly or "died" in self.lost.values():
            status = "died"
        elif slow or self.lost:
            status = "timeout"
        elif self.errors:
            status = "errors"
        return Execution(
            status=status,
            errors=tuple(self.errors.values()),
            slow=slow,
            deadly=deadly,
            definitions=self.definitions,
            answers=self.answers,
            lost=self.lost,
            seconds=monotonic() - self.started,
            asked=frozenset(self.asked),
            missing=frozenset(self.missing),
        )


def _events(reader: Connection, deadline: float, stop: Event) -> Iterator[Mapping[str, Any]]:
    """Events until the pipe closes, the deadline passes or a bound is crossed."""
    size = number = 0
    while True:
        while not reader.poll(PATIENCE):
            if stop.is_set():
                raise Stopped
            if monotonic() > deadline:
                return
        try:
            data = reader.recv_bytes(LARGEST_FRAME)
            events = json.loads(data)
        except (EOFError, OSError, ValueError, RecursionError):
            return
        size, number = size + len(data), number + 1
        if size > MOST_BYTES or not isinstance(events, list):
            return
        for event in events:
            number += 1
            if number > MOST_EVENTS or not isinstance(event, dict):
                return
            yield event


def _sweep() -> None:
    """Removes the temporary folders of graders that were killed before they could."""
    for folder in Path(tempfile.gettempdir()).glob("grader-*"):
        named = LEFT_BEHIND.fullmatch(folder.name)
        if named and not _alive(int(named["owner"])):
            shutil.rmtree(folder, ignore_errors=True)


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
