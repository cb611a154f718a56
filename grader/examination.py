"""The unit of work: one submission, from its bytes to its verdict, on whichever machine."""

import os
import sys
import tempfile
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Event

from grader.answer_key import AnswerKey, make_answer_key
from grader.errors import UsageError
from grader.execution import NotStarted, Settings, Stopped, begin_to_warm_up, execute, warm_up
from grader.judging import Judge
from grader.options import Options, settings_for
from grader.parcel import Parcel, own_hash
from grader.submission import Submission, Unreadable, carried, digest, read_notebook
from grader.verdict import NOT_JUDGED, Broken, PackedVerdict, Verdict, not_executed


@dataclass(frozen=True)
class Order:
    """All that another machine needs to examine alike; it is the answer key, for trusted eyes.

    grader: the hash of the grader that gives the order.
    """

    parcel: Parcel
    seed: int
    options: Options
    grader: str


class Examination:
    """Examines one submission after another: the work that an engine does.

    Travels by pickle as its order alone: where it arrives, cases and truths are made anew, once.
    """

    def __init__(self, order: Order, key: AnswerKey | None = None) -> None:
        self.order = order
        self.judge = Judge(key) if key else None
        self.settings: Settings | None = None
        self.stop = Event()
        self.folder: tempfile.TemporaryDirectory[str] | None = None

    def __reduce__(self) -> tuple[type["Examination"], tuple[Order]]:
        return Examination, (self.order,)

    def begin(self) -> None:
        """Makes ready what all submissions need.

        Raises UsageError where students' code can't be isolated or run, or where the grader
        is not the one that gave the order.
        """
        if own_hash() != self.order.grader:
            raise UsageError("it has another version of the grader: install the same one")
        options = self.order.options
        if self.judge is None:
            # Named by its owner: where this process is killed, the next one takes it away.
            self.folder = tempfile.TemporaryDirectory(prefix=f"grader-key-{os.getpid()}-")
            root = Path(self.folder.name)
            options = replace(options, hidden=(*options.hidden, root))
            key = make_answer_key(self.order.parcel.unpack(root), self.order.seed)
            self.judge = Judge(key)
        self.settings = settings_for(self.judge.key.course, options)
        make_ready(self.settings)

    def pack(self, submission: Submission) -> Submission:
        """The submission with its bytes, so that it can be read on another machine."""
        return carried(submission)

    def __call__(self, submission: Submission) -> tuple[str, PackedVerdict]:
        """The submission's SHA-256 and verdict. Raises Stopped after `end`."""
        assert self.judge is not None and self.settings is not None
        sha256, verdict = examine(submission, self.judge, self.settings, self.stop)
        try:
            return sha256, verdict.packed()
        except Exception as error:
            return sha256, failed_to_judge(submission.path, self.judge.key.full, error).packed()

    def lost(self, submission: Submission, why: str) -> tuple[str, PackedVerdict]:
        """What stands for a verdict where no machine lived long enough to give one."""
        assert self.judge is not None
        sha256 = ""
        with suppress(Unreadable):
            sha256 = digest(submission.read())
        return sha256, not_judged(self.judge.key.full, "grader", why).packed()

    def end(self) -> None:
        """Gives up what is under way, and leaves no file behind."""
        self.stop.set()
        if self.folder is not None:
            self.folder.cleanup()


def begin_to_make_ready(settings: Settings) -> None:
    """Starts what kernels are forked from, and does not wait for it.

    Raises UsageError where students' code can't be run.
    """
    with _explained(settings):
        begin_to_warm_up(settings)


def make_ready(settings: Settings) -> None:
    """Waits until kernels can be had. Raises UsageError where students' code can't be run."""
    with _explained(settings):
        warm_up(settings)


@contextmanager
def _explained(settings: Settings) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise UsageError(
            f"students' code can't be run with {settings.python}: {error} (see `grader doctor`)"
        ) from None


def examine(
    submission: Submission, judge: Judge, settings: Settings, stop: Event | None = None
) -> tuple[str, Verdict]:
    """One submission's SHA-256 and verdict. Raises only Stopped.

    An error of the grader's own costs this row its judgement, and no other row anything; so does
    a machine on which no kernel starts.
    """
    key, sha256 = judge.key, ""
    try:
        if submission.file is None and not submission.problem:
            return "", not_executed(key.full, "missing", "nothing was handed in")
        data = submission.read()
        sha256 = digest(data)
        notebook = read_notebook(data, [task.name for task in key.course.assignment.tasks])
        execution = execute(notebook, key.calls, settings, stop)
        verdict = judge.verdict(notebook, execution)
        return sha256, replace(verdict, isolated=settings.confinement.isolated)
    except Unreadable as why:
        return sha256, not_executed(key.full, "unreadable", str(why))
    except Stopped:
        raise
    except NotStarted as why:
        print(
            f"grader: {submission.path!r} is not judged: {why}; see `grader doctor`,"
            " and grade once more: what is judged already stays as it is",
            file=sys.stderr,
        )
        return sha256, not_judged(key.full, "machine", "the grader's machine could not run it")
    except Exception as error:
        return sha256, failed_to_judge(submission.path, key.full, error)


def failed_to_judge(path: str, full: Mapping[str, int], error: Exception) -> Verdict:
    """What stands for a verdict after an error of the grader's own, which is told to be reported.

    path: the submission's. full: what could have been earned by each task, in cents.
    """
    print(f"grader: internal error on {path!r}; please report:", file=sys.stderr)
    traceback.print_exception(error)
    why = f"an error of the grader itself ({type(error).__name__})"
    return not_judged(full, "grader", why)


def not_judged(full: Mapping[str, int], broken: Broken, why: str) -> Verdict:
    """What stands for a verdict that could not be given; it is tried again."""
    said = f"{NOT_JUDGED}{why}, no fault of yours"
    return not_executed(full, "errors", said, broken=broken)
