"""Compares the notebooks of a class, leaving out what the course itself gives."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from grader.assignment import Course
from grader.releasing import contents, released_notebook
from grader.similarity.functions import Function, Given, functions_of, given_by
from grader.similarity.pairs import SHORTEST, Comparison, compare
from grader.submission import Submission, Unreadable, helper_files, read_notebook


def compare_class(
    course: Course,
    submissions: Iterable[Submission],
    shortest: int = SHORTEST,
    at_most: int | None = None,
) -> Comparison:
    """All pairs of submissions that have a function in common; nothing is executed.

    A notebook that several students handed in as a group is compared once, under all names.
    Raises AssignmentError where the course's own notebook can't be read.
    """
    given = given_by(_given_sources(course))
    tasks = [task.name for task in course.assignment.tasks]
    groups: dict[tuple[Path | None, str, str], list[Submission]] = defaultdict(list)
    for submission in submissions:
        alone = "" if submission.file else submission.student
        groups[submission.file, submission.member, alone].append(submission)
    functions: dict[str, list[Function]] = {}
    unread: dict[str, str] = {}
    for group in groups.values():
        names = " & ".join(submission.student for submission in group)
        try:
            functions[names] = _functions(group[0], tasks, given)
        except Unreadable as why:
            unread[names] = str(why)
    return replace(compare(functions, shortest, at_most), unread=unread)


def _functions(submission: Submission, tasks: list[str], given: Given) -> list[Function]:
    return functions_of(read_notebook(submission.read(), tasks), given)


def _given_sources(course: Course) -> Iterator[str]:
    cells = released_notebook(course).cells
    yield from (cell.source for cell in cells if cell.cell_type == "code")
    for file in helper_files(course.folder):
        if file.endswith(".py"):
            yield contents(Path(file)).decode("utf-8", "replace")
