"""Runs one notebook's cells and then the probes in one kernel, telling what happens as it does.

Part of the runner, the disposable process: whatever it reads here comes from a hostile kernel.
"""

import asyncio
import contextlib
from collections.abc import Callable, Container, Mapping, Sequence
from queue import Empty
from time import monotonic
from typing import Any

import nbformat
from jupyter_core.utils import ensure_async, run_sync
from nbclient.exceptions import CellExecutionComplete, CellTimeoutError, DeadKernelError
from nbconvert.preprocessors import ExecutePreprocessor
from nbformat import NotebookNode

from grader.execution.client import MOST_MESSAGES, SECONDS_TO_ANSWER, BoundedClient, Flood
from grader.execution.direct_client import DirectClient
from grader.execution.job import TOGETHER
from grader.execution.probe import MIME
from grader.execution.salvage import (
    Failure,
    definitions_in,
    line_of,
    rest_after,
    without_wrapping,
)

Tell = Callable[..., None]

MOST_PIECES = 30
SECONDS_TO_HEED_INTERRUPT = 3.0
# How long all functions have together before each is asked by itself.
SECONDS_TOGETHER = 2.0
# What Python 3.13 raises where a cell ends too early, and names for nobody but itself.
KNOWN_AS = {"_IncompleteInputError": "SyntaxError"}
OUT_OF_TIME = Failure("TimeoutError", "", None)


class Stop(Exception):
    """The kernel is of no more use: it died, or an interrupt did not bring it back."""


class NotebookRun(ExecutePreprocessor):
    """nbconvert's preprocessor, which passes answers on and keeps no output but errors.

    A cell that raises does not stop the rest. One that runs out of time is interrupted, and if
    that does not help, the run ends. Events go to `tell(kind, **fields)`.
    """

    def __init__(self, tell: Tell, plans: str, cell_seconds: float, cells_seconds: float) -> None:
        super().__init__(
            allow_errors=True,
            record_timing=False,
            store_widget_state=False,
            timeout_func=self._seconds_for,
            on_cell_error=self._note_failure,
        )
        self.tell = tell
        self.plans = plans
        self.cell_seconds = cell_seconds
        self.deadline = monotonic() + cells_seconds
        self.failure: Failure | None = None
        self.lost: frozenset[str] = frozenset()
        self.asking = False
        self.all_asked = False

    def ends_well(self, notebook: NotebookNode, manager: Any) -> bool:
        """Runs all of it in the manager's kernel; whether that is still of use then."""
        try:
            self.preprocess(notebook, km=manager)
        except Stop:
            return False
        return True

    def _seconds_for(self, cell: NotebookNode) -> float:
        """A probe has a cell's time to itself; the student's cells share what there is."""
        if cell.metadata.get("task") == TOGETHER:
            return min(self.cell_seconds, SECONDS_TOGETHER)
        if "task" in cell.metadata:
            return self.cell_seconds
        return max(0.1, min(self.cell_seconds, self.deadline - monotonic()))

    def preprocess_cell(
        self, cell: NotebookNode, resources: dict[str, Any], index: int
    ) -> tuple[NotebookNode, dict[str, Any]]:
        """Runs one cell of the student's, or asks one function."""
        if "task" in cell.metadata:
            self._ask(cell, index)
        elif monotonic() > self.deadline:
            self.tell("skipped", index=cell.metadata["index"])
        else:
            self.tell("cell", index=cell.metadata["index"])
            self._run_cell(cell, index)
        return cell, resources

    def _ask(self, cell: NotebookNode, index: int) -> None:
        """Asks one function, or all together, unless all have answered already."""
        if not self.all_asked:
            self._begin_to_ask()
            self.tell("task", name=cell.metadata["task"])
            ended_well = self._run(cell, index) is None
            self.all_asked = cell.metadata["task"] == TOGETHER and ended_well

    def _begin_to_ask(self) -> None:
        """Before the first function is asked, the kernel is told what for."""
        if self.asking:
            return
        self.asking = True
        assert isinstance(self.kc, BoundedClient | DirectClient)
        try:
            run_sync(self.kc.hand_over)(self.plans)
        except RuntimeError:
            self.tell("died")
            raise Stop from None

    def _run_cell(self, cell: NotebookNode, index: int) -> None:
        """Runs one cell; a statement that fails costs no more of it than it must."""
        take = definitions_in if cell.metadata["reduced"] else without_wrapping
        cell.source = take(cell.source)
        for _ in range(MOST_PIECES):
            failure = self._run(cell, index)
            if failure is None:
                return
            number = cell.metadata["index"]
            self.tell("error", index=number, name=failure.name, text=failure.text)
            rest, missing = rest_after(cell.source, failure, self.lost)
            self.lost |= missing
            self.tell("missing", names=sorted(missing))
            if not rest.strip():
                return
            cell = nbformat.from_dict(_code_cell(rest, cell.metadata))

    def _run(self, cell: NotebookNode, index: int) -> Failure | None:
        """Runs the cell; its error, if it raised. Raises Stop where the kernel is lost."""
        assert isinstance(self.kc, BoundedClient | DirectClient)
        self.kc.allow(MOST_MESSAGES)
        self.failure = None
        try:
            self.execute_cell(cell, index)
        except DeadKernelError:
            self.tell("died")
            raise Stop from None
        except Flood:
            said = f"it sent more than {MOST_MESSAGES:,} messages"
            self.tell("error", index=cell.metadata.get("index"), name="TooMuchOutput", text=said)
            self.tell("died")
            raise Stop from None
        except CellTimeoutError:
            heeded = run_sync(self._interrupted)(cell, index)
            if cell.metadata.get("task", TOGETHER) != TOGETHER or not heeded:
                self.tell("stuck")
                raise Stop from None
            if "index" in cell.metadata:
                self.tell("timeout", index=cell.metadata["index"])
                return None
            return OUT_OF_TIME
        return self.failure

    def _note_failure(self, *, execute_reply: Mapping[str, Any], **_: Any) -> None:
        """Called by nbclient for a cell that raised; a usage error shows in the reply alone."""
        said = execute_reply["content"]
        name, text = str(said.get("ename"))[:100], str(said.get("evalue"))[:500]
        self.failure = Failure(KNOWN_AS.get(name, name), text, line_of(said.get("traceback")))

    async def _interrupted(self, cell: NotebookNode, index: int) -> bool:
        """Interrupts the kernel; whether it answers again. What it has still to say is heard."""
        assert self.km is not None and self.kc is not None
        # nbclient leaves a task behind that would take messages away from here.
        left_behind = asyncio.all_tasks() - {asyncio.current_task()}
        for task in left_behind:
            task.cancel()
        await asyncio.gather(*left_behind, return_exceptions=True)
        await ensure_async(self.km.interrupt_kernel())
        requests = {self.kc.is_complete("")}
        deadline = monotonic() + SECONDS_TO_HEED_INTERRUPT
        with contextlib.suppress(Flood):
            while monotonic() < deadline:
                channel = self.kc.iopub_channel
                try:
                    msg = await ensure_async(channel.get_msg(timeout=SECONDS_TO_ANSWER))
                except Empty:
                    # A channel that broke under a flood is connected anew, and heard no request.
                    requests.add(self.kc.is_complete(""))
                    continue
                if msg["parent_header"].get("msg_id") in requests:
                    return True
                # What functions asked together say after an interrupt, they are asked again.
                if cell.metadata.get("task") != TOGETHER:
                    with contextlib.suppress(CellExecutionComplete):
                        self.process_message(msg, cell, index)
        return False

    def process_message(
        self, msg: dict[str, Any], cell: NotebookNode, cell_index: int
    ) -> NotebookNode | None:
        """Passes answers on, keeps errors, and drops all other output as it comes."""
        kind = msg["msg_type"]
        if kind == "display_data":
            data = msg["content"].get("data")
            text = data.get(MIME) if isinstance(data, dict) else None
            if isinstance(text, str):
                self.tell("answer", text=text)
        elif kind in ("status", "error"):
            return super().process_message(msg, cell, cell_index)
        return None


def notebook_of(
    cells: Sequence[tuple[int, str]],
    probes: Sequence[tuple[str, str]],
    reduced: Container[int] = (),
) -> NotebookNode:
    """A clean notebook: the student's code cells by their numbers, then one probe a task.

    reduced: the cells of which only the definitions are to run.
    """
    # What nbformat's own functions would validate cell by cell is made here, and right.
    made: NotebookNode = nbformat.from_dict(
        {
            "nbformat": 4,
            "nbformat_minor": 4,
            "metadata": {},
            "cells": [
                *(
                    _code_cell(source, {"index": index, "reduced": index in reduced})
                    for index, source in cells
                ),
                *(_code_cell(source, {"task": task}) for task, source in probes),
            ],
        }
    )
    return made


def _code_cell(source: str, metadata: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "cell_type": "code",
        "metadata": dict(metadata),
        "source": source,
        "outputs": [],
        "execution_count": None,
    }
