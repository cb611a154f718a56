"""pytest's face of the grader: `pytest --grader-submission x.ipynb` has a test for each check.

A package of its own, because pytest loads it in every project that has the grader installed:
it must cost nothing there, and importing `grader` imports numpy.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from grader.scored_checks import ScoredCheck
    from grader.verdict import Verdict


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options, in a group of their own."""
    group = parser.getgroup("grader", "notebooks as tests")
    group.addoption(
        "--grader-submission",
        action="append",
        default=[],
        metavar="NOTEBOOK",
        help="check this notebook on public cases, a test for each check (may be repeated)",
    )
    group.addoption(
        "--grader-assignment",
        metavar="NAME",
        help="which assignment (found from the notebook or its folder)",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Has the notebooks collected: beside the tests that are named, or else alone."""
    notebooks = [str(file) for file in _notebooks(config)]
    if notebooks and config.args_source is not pytest.Config.ArgsSource.ARGS:
        config.args[:] = notebooks
    else:
        config.args += [file for file in notebooks if file not in config.args]


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> "NotebookFile | None":
    """A notebook that was named, and no other."""
    if file_path in _notebooks(parent.config):
        return NotebookFile.from_parent(parent, path=file_path)
    return None


def _notebooks(config: pytest.Config) -> list[Path]:
    return [Path(name).absolute() for name in config.getoption("--grader-submission")]


class WrongAnswer(Exception):
    """A check that was not passed, in the words that the student is told."""


class NotebookFile(pytest.File):
    """A notebook, run once; its checks are its tests."""

    def collect(self) -> Iterator["CheckItem"]:
        """Runs the notebook and asks every check."""
        from grader.errors import GraderError

        try:
            verdict = self._verdict()
        except GraderError as error:
            raise self.CollectError(str(error)) from None
        failed = {row.task for row in verdict.checks if row.outcome == "failed"}
        for row in verdict.checks:
            # A task of which nothing could be judged has earned nothing: that is no success.
            decides = row.outcome == "not_judged" and row.task not in failed
            failed |= {row.task} if decides else set()
            words = _words(verdict, row)
            yield CheckItem.from_parent(self, name=_name(row), row=row, wrong=decides, words=words)

    def _verdict(self) -> "Verdict":
        from grader import grading
        from grader.courses import course_of

        assignment = self.config.getoption("--grader-assignment")
        course = course_of(self.path, assignment, with_solution=False, look_there=True)
        return grading.check(self.path, course, grading.Options(sandbox="off"))


class CheckItem(pytest.Item):
    """One check: passed, failed, or skipped where it was not judged."""

    def __init__(self, *, row: "ScoredCheck", wrong: bool, words: str, **given: Any) -> None:
        super().__init__(**given)
        self.row, self.wrong, self.words = row, wrong, words

    def runtest(self) -> None:
        """Says what was found when the notebook was run."""
        if self.wrong or self.row.outcome == "failed":
            raise WrongAnswer(self.words)
        if self.row.outcome == "not_judged":
            pytest.skip(self.row.message)

    def repr_failure(self, excinfo: Any, style: Any = None) -> Any:
        """The words alone: there is no traceback of interest."""
        if isinstance(excinfo.value, WrongAnswer):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, None, str]:
        """Where the test is: in the notebook."""
        return self.path, None, self.name


def _name(row: "ScoredCheck") -> str:
    parts = ".".join(part for part in (row.task, row.value, row.check) if part)
    return f"{parts}[{row.case}]" if row.case else parts


def _words(verdict: "Verdict", row: "ScoredCheck") -> str:
    finding = next(
        (f for f in verdict.findings if (f.task, f.value) == (row.task, row.value)), None
    )
    looks = finding.words if finding and row.diagnosis else ""
    return f"{row.message}\nIt looks as if {looks} [{row.diagnosis}]." if looks else row.message
