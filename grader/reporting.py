"""Makes all reports of a class from its gradebook, on as many cores as there may be."""

import math
from pathlib import Path

import pandas as pd

from grader.assignment import Course
from grader.engines.mapping import mapped, mapping
from grader.gradebook import Gradebook
from grader.reports.files import write_frame, writers_of
from grader.reports.frames import Results, joined, results
from grader.reports.pages import write_class_page, write_student_pages
from grader.sections import section_texts
from grader.standings import standings

FEWEST_AT_A_TIME, MOST_AT_A_TIME = 10, 50


def write_reports(
    course: Course, gradebook: Gradebook, folder: Path, jobs: int
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Writes tables and pages to the folder; the frames of scores and of checks.

    At most `jobs` processes are at work. Verdicts are taken a few students at a time: those of
    a large class would not fit. Raises StorageError, and EngineError where a process died.
    """
    sections = section_texts(course.folder / f"{course.name}.ipynb")

    def reported(first_and_last: tuple[str, str]) -> Results:
        # A connection to a database does not outlive a fork.
        with Gradebook(gradebook.file) as here:
            rows = standings(course.assignment, here.latest(*first_and_last))
            found = results(course.assignment, rows, sections)
        write_student_pages(found, folder)
        return found

    of_class = joined(mapped(reported, _spans(gradebook.students(), jobs), jobs))
    # What matters most comes first: the disk may be full.
    write_frame(of_class.scores, folder, "scores")
    writers = writers_of(of_class.checks, folder, "checks")
    with mapping(lambda write: write(), writers, jobs) as written:
        # Here, as what draws its plots has threads, which would not outlive a fork.
        write_class_page(of_class, folder)
        written()
    return of_class.scores, of_class.checks


def _spans(students: list[str], jobs: int) -> list[tuple[str, str]]:
    """The first and the last of some students, and of the next."""
    share = math.ceil(len(students) / jobs)
    size = max(FEWEST_AT_A_TIME, min(MOST_AT_A_TIME, share))
    some = [students[start : start + size] for start in range(0, len(students), size)]
    return [(few[0], few[-1]) for few in some]
