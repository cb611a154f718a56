"""Where people read: colours on a terminal, plain lines of 80 columns in a log."""

import re
import sys
from typing import IO, TextIO, cast

from rich.console import Console

WIDTH = 80
_COMMAND = re.compile(r"^([^\S\n]*)::", re.MULTILINE)
_COMMAND_ANYWHERE = re.compile(r"##\[")


def console(*, stderr: bool = False) -> Console:
    """A console that colours only terminals; in a log it writes plain lines of 80 columns."""
    made = Console(stderr=stderr, highlight=False, emoji=False, markup=False)
    if not made.is_terminal:
        log = cast(IO[str], Log(sys.stderr if stderr else sys.stdout))
        made = Console(file=log, highlight=False, emoji=False, markup=False, width=WIDTH)
    return made


class Log:
    """A stream in which no line is a command to the CI system that keeps it.

    GitHub's runner obeys lines that begin with two colons, and an older form anywhere in a line;
    names and messages that are shown here come from strangers.
    """

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream
        self.encoding = getattr(stream, "encoding", "utf-8")

    def write(self, text: str) -> int:
        """Writes the text, its commands broken by a space."""
        return self.stream.write(_COMMAND_ANYWHERE.sub("# #[", _COMMAND.sub(r"\1: :", text)))

    def flush(self) -> None:
        """Passes on what was written."""
        self.stream.flush()

    def isatty(self) -> bool:
        """It is none."""
        return False
