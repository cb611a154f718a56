"""Pages of HTML that open anywhere: one file each, nothing fetched, made from the frames alone."""

from pathlib import Path

from grader.reports.frames import Results
from grader.reports.pages.class_page import class_page
from grader.reports.pages.skeleton import file_name, write_page
from grader.reports.pages.student import student_pages

CLASS_PAGE = "index.html"
STUDENTS = "students"


def write_student_pages(results: Results, folder: Path) -> None:
    """Writes a page for each student, unless it is there as it would be. Raises StorageError."""
    for student, text in student_pages(results):
        write_page(folder / _place_of(student), text)


def write_class_page(results: Results, folder: Path) -> Path:
    """Writes the page of the class, which links to its students'. Raises StorageError."""
    links = {student: _place_of(student) for student in results.scores["student"]}
    write_page(folder / CLASS_PAGE, class_page(results, links))
    return folder / CLASS_PAGE


def _place_of(student: str) -> str:
    return f"{STUDENTS}/{file_name(student)}"


__all__ = ["CLASS_PAGE", "write_class_page", "write_student_pages"]
