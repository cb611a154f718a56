"""Pages of HTML that open anywhere: one file each, nothing fetched, made from the frames alone."""

from pathlib import Path

from grader.reports.frames import Results
from grader.reports.pages.class_page import class_page
from grader.reports.pages.skeleton import file_name, write_page
from grader.reports.pages.student import student_pages

CLASS_PAGE = "index.html"
STUDENTS = "students"


def write_pages(results: Results, folder: Path) -> Path:
    """Writes the class page and a page for each student; the class page's file.

    A page that would be the same as before is left alone. Raises StorageError.
    """
    links = {student: f"{STUDENTS}/{file_name(student)}" for student in results.scores["student"]}
    for student, text in student_pages(results):
        write_page(folder / links[student], text)
    write_page(folder / CLASS_PAGE, class_page(results, links))
    return folder / CLASS_PAGE


__all__ = ["CLASS_PAGE", "STUDENTS", "write_pages"]
