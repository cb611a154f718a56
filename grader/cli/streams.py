"""Standard output and error that end no command in a traceback, wherever they lead."""

import os
import sys
from collections.abc import Callable
from typing import TextIO, TypeVar, cast

from grader.errors import StorageError

T = TypeVar("T")


def prepare_streams() -> None:
    """Makes both streams write what they can, in whatever encoding, to whoever reads.

    Raises StorageError where standard output is closed.
    """
    stderr: TextIO | None = sys.stderr  # Python sets to None what is closed
    stdout: TextIO | None = sys.stdout
    sys.stderr = cast(TextIO, Stream(stderr or _nowhere()))
    if stdout is None:
        raise StorageError("standard output is closed: let it lead somewhere, such as /dev/null")
    if hasattr(stdout, "reconfigure"):
        stdout.reconfigure(errors="replace")
    sys.stdout = cast(TextIO, Stream(stdout, "standard output"))


def _nowhere() -> TextIO:
    return os.fdopen(os.open(os.devnull, os.O_WRONLY), "w", encoding="utf-8")


class Stream:
    """A stream whose reader may go away: what is written from then on is thrown away.

    named: what it is called where it can't be written, if anybody is to know.
    """

    def __init__(self, stream: TextIO, named: str = "") -> None:
        self.stream = stream
        self.named = named
        self.trouble: StorageError | None = None
        self.encoding = stream.encoding
        self.errors = stream.errors

    def write(self, text: str) -> int:
        """Writes the text. Raises StorageError where a disk is full."""
        if self.trouble is not None:  # a library that tries first may have hidden it
            raise self.trouble
        return self._tried(lambda: self.stream.write(text), len(text))

    def flush(self) -> None:
        """Passes on what was written. Raises StorageError where a disk is full."""
        self._tried(self.stream.flush, None)

    def isatty(self) -> bool:
        """Whether a person sits before it."""
        return self.stream.isatty()

    def fileno(self) -> int:
        """The number by which the system knows it."""
        return self.stream.fileno()

    def _tried(self, write: Callable[[], T], otherwise: T) -> T:
        try:
            return write()
        except OSError as error:
            # What is still in the buffer must not fail again at the end of the process.
            os.dup2(os.open(os.devnull, os.O_WRONLY), self.fileno())
            if self.named and not isinstance(error, BrokenPipeError):
                self.trouble = StorageError(
                    f"{self.named} can't be written ({error.strerror}): free some space, or let it"
                    f" lead elsewhere"
                )
                raise self.trouble from None
            return otherwise
