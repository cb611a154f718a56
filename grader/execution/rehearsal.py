"""Runs a notebook against a kernel that only nods, before any runner is forked.

What nbclient does for the first time, and what Python learns of how it runs, is done and learned
by then in memory that all runners share.
"""

import json
from contextlib import closing
from typing import Any

from jupyter_core.utils import ensure_event_loop

from grader.execution.direct_client import DirectManager
from grader.execution.job import TOGETHER
from grader.execution.kernels import line, wire
from grader.execution.notebook_run import NotebookRun, notebook_of
from grader.execution.salvage import Failure, rest_after

# As often as Python runs a piece of code before it has settled how.
TIMES = 10
SECONDS = 60.0
MISSING = Failure("ModuleNotFoundError", "No module named 'a_module'", 1)


class NoddingKernel(DirectManager):
    """The life of a kernel of nobody's."""

    def __init__(self) -> None:
        super().__init__(control=-1, scratch="")
        self.wire, self.theirs = line.pair()
        self.inbox = wire.Inbox()

    @property
    def has_kernel(self) -> bool:
        """It always was there."""
        return True

    async def is_alive(self) -> bool:
        """It always is."""
        return True

    def nod(self) -> None:
        """Answers what was asked last."""
        request = self.inbox.take(self.theirs.recv(wire.PACKET + 1))
        if request is not None and not request.startswith(wire.PLANS):
            header = json.loads(request)["header"]
            kind, parent = header["msg_type"].replace("request", "reply"), header["msg_id"]
            self.say(
                message("iopub", "status", parent, execution_state="busy"),
                message("shell", kind, parent, status="ok", language_info={}),
                message("iopub", "status", parent, execution_state="idle"),
            )

    def say(self, *messages: bytes) -> None:
        """Sends messages together."""
        wire.send(self.theirs, wire.BETWEEN.join(messages))


def message(channel: str, kind: str, parent: str | None, **content: Any) -> bytes:
    """One message, as it goes over a wire."""
    said = {"channel": channel, "msg_type": kind, "parent": parent, "content": content}
    return json.dumps(said).encode()


def rehearse() -> None:
    """Runs a few cells and a probe, and leaves no event loop behind."""
    kernel: Any = NoddingKernel()
    with closing(ensure_event_loop()) as loop, kernel.wire, kernel.theirs:
        loop.add_reader(kernel.theirs, kernel.nod)
        for _ in range(TIMES):
            kernel.say(message("iopub", "status", None, execution_state="starting"))
            run = NotebookRun(lambda *_, **__: None, "{}", SECONDS, SECONDS)
            run.ends_well(notebook_of([(1, "1"), (2, "2")], [(TOGETHER, "3")]), kernel)
            rest_after("import a_module\n1", MISSING, frozenset())
        loop.remove_reader(kernel.theirs)
