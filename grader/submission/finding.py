"""One submission a student, from whatever was handed over and whoever is on the roster."""

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from grader.errors import SubmissionsError
from grader.roster import Roster, folded
from grader.submission.layouts import Claim, claims_in
from grader.submission.names import one_line
from grader.submission.notebook import Unreadable
from grader.submission.tree import SUFFIX, read_bytes, title_of, tree_of


@dataclass(frozen=True)
class Submission:
    """One student's notebook as found; read only when it is graded.

    student: text, never used as a path. path: where it lies, relative to what was handed over.
    member: its name inside the zip, if it lies in one.
    certain: the time comes from the roster or the learning platform, not from the file.
    late: the platform marks it as late, whether or not it says when it was handed in.
    problem: why it can't be read, where that is known from its place alone.
    known_as: the ids by which platforms know the student, such as `canvas:12`.
    content: its bytes, where they were read already.
    """

    student: str
    path: str
    file: Path | None
    member: str = ""
    submitted_at: datetime | None = None
    certain: bool = False
    problem: str = ""
    late: bool = False
    known_as: tuple[str, ...] = ()
    content: bytes | None = field(default=None, repr=False)

    def read(self) -> bytes:
        """The notebook's bytes, at most LARGEST_NOTEBOOK. Raises Unreadable."""
        if self.problem or self.file is None:
            raise Unreadable(self.problem or "nothing was handed in")
        if self.content is not None:
            return self.content
        return read_bytes(self.file, self.member)


def carried(submission: Submission) -> Submission:
    """The submission with its bytes or the reason why it has none: it needs no file any more."""
    if submission.file is None:
        return submission
    try:
        return replace(submission, content=submission.read())
    except Unreadable as why:
        return replace(submission, problem=str(why))


def digest(data: bytes) -> str:
    """The SHA-256 of a notebook's bytes, in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def find_submissions(
    place: Path, named: str = "", roster: Roster | None = None
) -> list[Submission]:
    """One submission a student, sorted by name, from a notebook, a folder or a zip.

    named: the assignment's name, which settles whose of several notebooks is meant. roster:
    gives names, times, and an empty submission to everyone who handed in nothing.
    Raises SubmissionsError where the place can't be read or holds no submission at all.
    """
    claims = claims_in(tree_of(place), named)
    if not claims:
        raise SubmissionsError(
            f"{place}: no notebooks in it: put them there as STUDENT.ipynb or STUDENT/ANY.ipynb"
        )
    known = roster or Roster((), {})
    found = [
        replace(_submission(student, of_student, named), known_as=_ids(of_student))
        for student, of_student in _by_student(claims, known).items()
    ]
    listed = {one_line(student): student for student in known.students}
    return [
        _as_listed(submission, known, listed[submission.student])
        if submission.student in listed
        else submission
        for submission in on_roster(found, known.students)
    ]


def on_roster(found: list[Submission], roster: Iterable[str]) -> list[Submission]:
    """The submissions, and an empty one for everyone on the roster who handed in nothing."""
    there = {submission.student for submission in found}
    absent = {one_line(student) for student in roster} - there
    missing = [Submission(student, "", None) for student in absent]
    return sorted([*found, *missing], key=lambda submission: submission.student)


def _as_listed(submission: Submission, roster: Roster, student: str) -> Submission:
    """The submission with what the roster says of its student: ids, and the time, if any."""
    known_as = tuple(sorted({*submission.known_as, *roster.known_as(student)}))
    submission = replace(submission, known_as=known_as)
    if student not in roster.submitted_at:
        return submission
    return replace(submission, submitted_at=roster.submitted_at[student], certain=True)


def _ids(claims: Iterable[Claim]) -> tuple[str, ...]:
    """By what the layout tells the student from others: no name, which several may have."""
    ids = {
        folded(text)
        for claim in claims
        for text in claim.known_as
        if text != claim.student and not text.startswith("canvasname:")
    }
    return tuple(sorted(ids))


def _by_student(claims: Iterable[Claim], roster: Roster) -> dict[str, list[Claim]]:
    """The claims by their students' names: the roster's, where it knows them.

    Students of one name whom the layout tells apart get its number behind their name.
    """
    named = [(_on_roster(claim, roster), claim) for claim in claims]
    identities: dict[str, set[str]] = defaultdict(set)
    for known, claim in named:
        if not known and claim.identity:
            identities[one_line(claim.student)].add(claim.identity)
    by_student: dict[str, list[Claim]] = defaultdict(list)
    for known, claim in named:
        student = known or one_line(claim.student)
        if not known and claim.identity and len(identities[student]) > 1:
            student = one_line(f"{student} ({claim.identity})")
        by_student[student].append(claim)
    return by_student


def _on_roster(claim: Claim, roster: Roster) -> str:
    for text in claim.known_as:
        known = roster.find(one_line(text))
        if known:
            return one_line(known)
    return ""


def _submission(student: str, claims: Sequence[Claim], named: str) -> Submission:
    notebooks = [claim for claim in claims if claim.entry.is_notebook]
    if not notebooks:
        return _unusable(student, claims[0], _instead(claims))
    meant = _meant(notebooks, named)
    if meant is None:
        names = ", ".join(claim.entry.path for claim in notebooks[:5])
        why = f"{len(notebooks)} notebooks were handed in ({names}): keep the one to be graded"
        why += f", or name it {named}{SUFFIX}" if named else ""
        return _unusable(student, notebooks[0], why)
    entry = meant.entry
    if entry.problem:
        return _unusable(student, meant, entry.problem)
    when = meant.submitted_at
    return Submission(
        student=student,
        path=entry.path,
        file=entry.file,
        member=entry.member,
        submitted_at=entry.modified if meant.by_file else when,
        certain=when is not None and not meant.by_file,
        late=meant.late,
    )


def _unusable(student: str, claim: Claim, why: str) -> Submission:
    return Submission(student, claim.entry.path, None, problem=why, late=claim.late)


def _instead(claims: Sequence[Claim]) -> str:
    for claim in claims:
        if claim.entry.problem:
            return claim.entry.problem
    folder = next((part for part in claims[0].entry.parts if part == claims[0].student), "")
    files = sorted(claim.entry.parts[-1] for claim in claims if not claim.entry.is_folder)
    only = ", only " + ", ".join(one_line(name) for name in files[:3]) if files else ""
    return (
        f"there is no notebook{' in the folder ' + one_line(folder) if folder else ''}{only}"
        f"{', …' if len(files) > 3 else ''}: a file ending in .ipynb is needed"
    )


def _meant(notebooks: Sequence[Claim], named: str) -> Claim | None:
    """The one notebook, or the one that has the name it was released under."""
    if len(notebooks) == 1:
        return notebooks[0]
    # A platform or a browser numbers a file of the same name that is handed in again.
    copy = re.compile(rf"{re.escape(named)}(?:-\d+| ?\(\d+\))?")
    for is_meant in (named.__eq__, copy.fullmatch):
        meant = [n for n in notebooks if is_meant(title_of(n.file_name))]
        if named and len(meant) == 1:
            return meant[0]
    return None


def helper_files(folder: Path) -> tuple[str, ...]:
    """Files of an assignment that lie beside the student's notebook when it runs."""
    left_out = {"assignment.py", "README.md"}
    return tuple(
        str(entry)
        for entry in sorted(folder.iterdir())
        if entry.is_file() and entry.suffix != SUFFIX
        if entry.name not in left_out and not entry.name.startswith(".")
    )
