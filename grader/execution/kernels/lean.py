"""Parts of a kernel that do once, or not at all, what serves a front end and no grader."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import socket
import threading
import traceback
from ast import AST, PyCF_ALLOW_TOP_LEVEL_AWAIT, PyCF_ONLY_AST
from collections.abc import Iterator, Mapping
from types import TracebackType
from typing import Any, cast

from ipykernel.compiler import XCachingCompiler, get_tmp_directory
from ipykernel.iostream import OutStream
from ipykernel.zmqshell import ZMQInteractiveShell
from IPython.core.inputtransformer2 import TransformerManager
from jupyter_client.jsonutil import json_default
from jupyter_client.session import Session
from traitlets import Instance, default

from grader.execution.kernels import wire
from grader.execution.probe import MIME

IOPUB, SHELL = "iopub", "shell"
_TOKEN_TRANSFORMERS = list(TransformerManager().token_transformers)
# The tree of the cell that was looked at last, by its text, until it is compiled.
_PARSED: dict[str, AST] = {}


class Unread(OutStream):
    """Standard output where nobody reads what is printed: it takes text, and keeps none."""

    def __init__(self, session: Session, pub_thread: object, name: str, **_: object) -> None:
        self.session, self.pub_thread, self.name = session, pub_thread, name
        self._isatty = self._should_watch = False
        self._local = threading.local()
        # What a program that the student starts is told to write to.
        self._original_stdstream_copy = 1 if name == "stdout" else 2

    @property
    def closed(self) -> bool:
        """Never: there is nothing to close."""
        return False

    def write(self, string: str) -> int:
        """The length of the text. Raises TypeError for what is no text."""
        if not isinstance(string, str):
            raise TypeError(f"write() argument must be str, not {type(string)}")
        return len(string)

    def flush(self) -> None:
        """Nothing waits."""

    def set_parent(self, parent: Mapping[str, Any]) -> None:
        """Which cell prints makes no difference."""

    def close(self) -> None:
        """There is nothing to close."""


class QuickCompiler(XCachingCompiler):
    """Names cells after their text as ipykernel does, by a hash that is not written in Python.

    It does not parse again what was parsed already.
    """

    def __init__(self) -> None:
        super().__init__()
        self.flags_at_first = self.flags

    def ast_parse(self, source: str, filename: str = "<unknown>", symbol: str = "exec") -> AST:
        """The tree of a cell, which the caller may change."""
        known = _PARSED.pop(source, None)
        # A cell before this one may have imported something from the future.
        if known is None or symbol != "exec" or self.flags != self.flags_at_first:
            return super().ast_parse(source, filename, symbol)
        return known

    def get_code_name(self, raw_code: str, code: str, number: int) -> str:
        """The file name that a cell's code goes by, in tracebacks and warnings."""
        digest = hashlib.blake2b(raw_code.encode("utf-8", "surrogatepass"), digest_size=8)
        return os.path.join(get_tmp_directory(), f"{digest.hexdigest()}.py")


class QuickTransformers(TransformerManager):
    """IPython's transformers, which look for magics in the tokens of what is not Python alone."""

    def do_token_transforms(self, lines: list[str]) -> list[str]:
        """The lines, with what IPython adds to Python turned into Python."""
        only_ipythons = list(self.token_transformers) == _TOKEN_TRANSFORMERS
        if only_ipythons and _is_python("".join(lines)):
            return lines
        return cast("list[str]", super().do_token_transforms(lines))


def _is_python(text: str) -> bool:
    flags = PyCF_ALLOW_TOP_LEVEL_AWAIT | PyCF_ONLY_AST
    _PARSED.clear()
    try:
        _PARSED[text] = compile(text, "", "exec", flags, dont_inherit=True)
    except Exception:  # whatever it is, IPython shall say
        return False
    return True


class QuickShell(ZMQInteractiveShell):
    """A shell that looks once at a cell's text where ipykernel and IPython each ask it to.

    It keeps nothing of what cells print, and of an error it tells the line alone.
    """

    input_transformer_manager = Instance(TransformerManager)
    known: Mapping[tuple[str, str], Any] = {}

    @default("input_transformer_manager")
    def _quick_transformers(self) -> TransformerManager:
        return QuickTransformers()

    def begin(self) -> None:
        """Another cell: a notebook may have changed how its text is read."""
        self.known = {}

    def init_traceback_handlers(self, custom_exceptions: Any) -> None:
        """Sets what is told of errors."""
        super().init_traceback_handlers(custom_exceptions)
        vars(self.InteractiveTB)["structured_traceback"] = self._line_that_raised

    def _line_that_raised(
        self, kind: type, error: object, raised: TracebackType | None = None, *_: Any, **__: Any
    ) -> list[str]:
        """Where in the cell it came up, as IPython says it.

        For the rest of a traceback it would read all files in it, and colour what it shows.
        """
        for frame, line in traceback.walk_tb(raised):
            if frame.f_globals is self.user_global_ns:
                return [f"Cell In[{self.execution_count}], line {line}"]
        return []

    @contextlib.contextmanager
    def _tee(self, channel: str) -> Iterator[None]:
        # IPython keeps all that is printed, for a command that saves the session as a notebook.
        yield

    def transform_cell(self, raw_cell: str) -> str:
        """The cell as Python, its magics turned into calls."""
        key = ("transformed", raw_cell)
        if key not in self.known:
            self.known = {**self.known, key: super().transform_cell(raw_cell)}
        return str(self.known[key])

    def should_run_async(self, raw_cell: str, **how: Any) -> bool:
        """Whether the cell awaits something."""
        text = how.get("transformed_cell")
        if text is not None and "await" not in text and "async" not in text:
            return False
        key = ("awaits", raw_cell)
        if key not in self.known:
            self.known = {**self.known, key: super().should_run_async(raw_cell, **how)}
        return bool(self.known[key])


class DirectSession(Session):
    """Sends messages over a wire, unsigned: it has no name by which others could find it.

    That a cell has begun, and its reply, go with the message after them: each packet wakes
    whoever reads it.
    """

    end: socket.socket | None = None

    def open(self, end: socket.socket | None) -> None:
        """From now on messages of this process go out over this end of a wire, or nowhere."""
        self.end, self.owner, self.turn = end, os.getpid(), threading.Lock()
        self.waiting: list[bytes] = []

    def send(  # type: ignore[override]
        self,
        stream: str,
        msg_or_type: str | dict[str, Any],
        content: Any = None,
        parent: Any = None,
        ident: Any = None,
        buffers: Any = None,
        track: bool = False,
        header: Any = None,
        metadata: Any = None,
    ) -> dict[str, Any] | None:
        """Sends what a grader reads, under the name of the channel `stream`.

        What a process says that the student's code has forked is not among it.
        """
        if self.end is None or os.getpid() != self.owner:
            return None
        message = msg_or_type
        if not isinstance(message, dict):
            message = self.msg(message, content, parent, header, metadata)
        kind, content = message["header"]["msg_type"], message["content"]
        if stream != IOPUB or _is_read(kind, content):
            said = {
                "channel": stream,
                "msg_type": kind,
                "parent": message["parent_header"].get("msg_id"),
                "content": content,
            }
            text = json.dumps(said, default=json_default).encode()
            with self.turn:
                self.waiting.append(text)
                more_follows = stream == SHELL or content.get("execution_state") == "busy"
                if not more_follows or len(self.waiting) == wire.MOST_TOGETHER:
                    wire.send(self.end, wire.BETWEEN.join(self.waiting))
                    self.waiting.clear()
        return message


def _is_read(kind: str, content: Mapping[str, Any]) -> bool:
    """Whether a grader reads what is published; all else is for people to look at."""
    answers = kind == "display_data" and MIME in content.get("data", ())
    return answers or kind in ("status", "error")
