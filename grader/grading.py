"""Grades many submissions: reads, executes, judges, and keeps each verdict as it comes."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from grader.answer_key import make_answer_key, random_seed
from grader.assignment import Course
from grader.engines import Place, engine
from grader.examination import (
    Examination,
    Order,
    begin_to_make_ready,
    examine,
    make_ready,
)
from grader.gradebook import Gradebook, Handin, Key
from grader.judging import Judge
from grader.options import Options, conditions, settings_for
from grader.parcel import hash_of_files, own_hash, parcel_of
from grader.submission import Submission, Unreadable, digest
from grader.verdict import Broken, PackedVerdict, Verdict

__all__ = ["Graded", "Listener", "Options", "check", "grade"]


class Listener(Protocol):
    """Whoever wants to know how a run goes on."""

    def begins(self, total: int) -> None:
        """So many submissions are to be executed."""

    def graded(self, submission: Submission, verdict: PackedVerdict) -> None:
        """One is done, and its verdict is kept."""


@dataclass(frozen=True)
class Graded:
    """What a run came to: how many were executed now, and how many had been before.

    broken: what failed, where something was not judged.
    """

    executed: int
    unchanged: int
    broken: frozenset[Broken]


def grade(
    course: Course,
    submissions: Sequence[Submission],
    gradebook: Gradebook,
    options: Options,
    listener: Listener,
) -> Graded:
    """Grades what is new or changed; each verdict is kept before the listener hears of it.

    Raises AssignmentError before anyone is graded where the assignment is unsound.
    KeyboardInterrupt leaves the gradebook with everything that was finished.
    """
    seed = _seed(gradebook, options.seed)
    under = _key(course, seed, options)
    gradebook.rename(_renamed(submissions, gradebook))
    graded = {} if options.fresh else _graded(submissions, gradebook, under)
    gradebook.know({s.student: s.known_as for s in submissions})
    gradebook.hand_in(*graded.values())
    gradebook.count_under(under)
    todo = [s for s in submissions if s.student not in graded]
    listener.begins(len(todo))
    broken: set[Broken] = set()
    if todo:
        if options.engine == "local":
            begin_to_make_ready(settings_for(course, options))
        order = Order(parcel_of(course), seed, options, own_hash())
        work = Examination(order, make_answer_key(course, seed))
        place = Place(min(options.jobs, len(todo)), options.scheduler)
        for submission, (sha256, verdict) in engine(options.engine)(work, todo, place):
            gradebook.add(_handin(submission, sha256), under, verdict)
            broken.add(verdict.broken)
            listener.graded(submission, verdict)
    return Graded(len(todo), len(submissions) - len(todo), frozenset(broken - {""}))


def check(file: Path, course: Course, options: Options) -> Verdict:
    """A student's own check: public cases only, nothing kept."""
    settings = settings_for(course, options)
    begin_to_make_ready(settings)
    key = make_answer_key(replace(course, solution=None), None)
    submission = Submission(file.stem, file.name, file)
    make_ready(settings)
    return examine(submission, Judge(key), settings)[1]


def _renamed(submissions: Sequence[Submission], gradebook: Gradebook) -> dict[str, str]:
    """Who goes by a new name now, as after a roster came: by the old name, the new one.

    It is who is known by the same id, or whose notebook lies in the same place.
    """
    places, ids = gradebook.last_places(), gradebook.known_as()
    gone = places.keys() - {submission.student for submission in submissions}
    at_place, of_id = defaultdict(set), defaultdict(set)
    for old in gone:
        at_place[places[old]].add(old)
        for known in ids.get(old, ()):
            of_id[known].add(old)
    renamed: dict[str, set[str]] = defaultdict(set)
    for submission in submissions:
        if submission.student not in places and submission.path:
            same_id = (of_id.get(known, set()) for known in submission.known_as)
            for old in at_place.get(submission.path, set()).union(*same_id):
                renamed[old].add(submission.student)
    taken = Counter(new for of_old in renamed.values() for new in of_old)
    return {
        old: new
        for old, of_old in renamed.items()
        for new in of_old
        if len(of_old) == taken[new] == 1
    }


def _graded(submissions: Sequence[Submission], gradebook: Gradebook, key: Key) -> dict[str, Handin]:
    """What was graded already under the same conditions, by student."""
    found = {}
    for submission in submissions:
        try:
            sha256 = digest(submission.read())
            same = gradebook.has(submission.student, sha256, key)
        except Unreadable as why:
            # There is nothing to tell one from another by but the reason.
            sha256 = ""
            kept = gradebook.verdict(submission.student, sha256, key)
            same = kept is not None and kept.message == str(why)
        if same:
            found[submission.student] = _handin(submission, sha256)
    return found


def _handin(submission: Submission, sha256: str) -> Handin:
    when = submission.submitted_at.isoformat() if submission.submitted_at else ""
    return Handin(
        submission.student, sha256, submission.path, when, submission.certain, submission.late
    )


def _seed(gradebook: Gradebook, wanted: int | None) -> int:
    """The seed that was asked for, else the gradebook's, else a new random one; noted there."""
    kept = gradebook.fact("seed")
    seed = wanted if wanted is not None else int(kept) if kept else random_seed()
    if str(seed) != kept:
        gradebook.set_fact("seed", str(seed))
    return seed


def _key(course: Course, seed: int, options: Options) -> Key:
    folders = [course.folder, *([course.solution_folder] if course.solution_folder else [])]
    return Key(
        assignment=hash_of_files(folders),
        grader=own_hash(),
        seed=str(seed),
        settings=conditions(course, options),
    )
