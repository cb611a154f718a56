"""Every error that a person can cause, each with the exit code that the command line ends with.

GraderError
├── UsageError          an option or a name that makes no sense
├── AssignmentError     a mistake in the instructor's own files
├── SubmissionsError    the place where submissions should lie can't be used
├── EngineError         the machines that do the work went away
└── StorageError        a report or the gradebook can't be written or read
    └── ReportError     a report can't be written

A student's mistake is never an exception: it is a row in the report.
"""


class GraderError(Exception):
    """Bad input from a person: one line that says what is wrong and how to mend it."""

    exit_code = 2


class UsageError(GraderError):
    """An option, or a name given on the command line, that can't be used."""


class AssignmentError(GraderError):
    """The assignment's or the solution's own file has a mistake in it."""


class SubmissionsError(GraderError):
    """The submissions' folder, notebook or zip can't be used as a whole."""


class EngineError(GraderError):
    """The machines that do the work went away in the middle of it."""

    exit_code = 3


class StorageError(GraderError):
    """A file of ours can't be read or written: a full disk, a folder without permission."""

    exit_code = 3


class ReportError(StorageError):
    """A report can't be written, and all that it is made of is as it was."""
