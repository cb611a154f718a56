"""Whose a file is, by where it lies: the layouts in which submissions are downloaded.

| layout | looks like |
|---|---|
| Gradescope | `assignment_1_export/submission_2/x.ipynb` beside `submission_metadata.yml` |
| Moodle | `Full Name_123_assignsubmission_file_/x.ipynb` |
| nbgrader | `submitted/STUDENT/ASSIGNMENT/x.ipynb`, perhaps with `timestamp.txt` |
| GitHub Classroom | `assignment-username/any/where/x.ipynb` |
| Canvas | `lastnamefirstname_LATE_12_34_x.ipynb` |
| plain | `STUDENT.ipynb` or `STUDENT/x.ipynb` |

They may be mixed; the first layout that knows a file claims it.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from itertools import takewhile

from grader.submission.gradescope import METADATA, Submitters, read_metadata
from grader.submission.timestamps import nbgrader_time
from grader.submission.tree import Entry, Tree, title_of


@dataclass(frozen=True)
class Claim:
    """A file, and the student that it is from.

    identity: tells two students of one name apart. known_as: what a roster may know the
    student by. submitted_at and late: as far as the layout says so; `by_file` where only
    the file's own time is there. called: what the student called the file, where the
    platform calls it otherwise.
    """

    entry: Entry
    student: str
    identity: str = ""
    known_as: tuple[str, ...] = ()
    submitted_at: datetime | None = None
    late: bool = False
    by_file: bool = False
    called: str = ""

    @property
    def file_name(self) -> str:
        """What the student called the file."""
        return self.called or self.entry.parts[-1]


Claims = tuple[Claim, ...]
Claimer = Callable[[Entry], Claims | None]
"""The students that a file is from; nobody's is (), and not of this layout is None."""

MOODLE = re.compile(r"(?P<name>.+)_(?P<id>\d+)_assign(?:submission|feedback)_[a-z]+(?:_.*)?", re.S)
CANVAS = re.compile(
    r"(?:(?P<name>(?!\d+_)\w+?)_(?P<late>LATE_)?(?P<id>\d+)|(?P<anon_late>LATE_)?(?P<anon>anon_[A-Za-z0-9]+))"
    r"_(?:\d{3,}_(?P<file>.+)|(?:text|link)\.html)",
    re.S,
)
SUBMISSION = re.compile(r"submission_(\d+)")
EXPORT = re.compile(r"assignment_\d+_export")
OTHERS_OF_NBGRADER = ("source", "release", "autograded", "feedback")


def gradescope(tree: Tree, named: str) -> Claimer | None:
    """An export: a folder a submission, and one file that names the submitters of each."""
    bases = [(), *{entry.parts[:1] for entry in tree.entries if EXPORT.fullmatch(entry.parts[0])}]
    bases += [tree.entries[0].parts[:n] for n in range(1, tree.common + 1)]
    found = {base: text for base in bases if (text := tree.text((*base, METADATA), 2**26))}
    submitters = {base: read_metadata(text) for base, text in found.items()}

    def claims(entry: Entry) -> Claims | None:
        for base, known in submitters.items():
            below = entry.parts[len(base) :]
            if entry.parts[: len(base)] == base and below:
                if SUBMISSION.fullmatch(below[0]):
                    return _submitted(entry, below[0], known)
                if below == (METADATA,):
                    return ()
        if len(entry.parts) > 1 and _is_exported(entry):
            return _submitted(entry, entry.parts[1], {})
        return None

    return claims if found or any(EXPORT.fullmatch(e.parts[0]) for e in tree.entries) else None


def _is_exported(entry: Entry) -> bool:
    return bool(EXPORT.fullmatch(entry.parts[0]) and SUBMISSION.fullmatch(entry.parts[1]))


def _submitted(entry: Entry, folder: str, known: Submitters) -> Claims:
    """A group's one submission is each member's."""
    if folder not in known or not known[folder].people:
        return (Claim(entry, folder),)
    return tuple(
        Claim(
            entry,
            person.name or person.email or person.sid or folder,
            identity=person.email or person.sid or folder,
            known_as=tuple(text for text in (person.sid, person.email, person.name) if text),
            submitted_at=known[folder].submitted_at,
        )
        for person in known[folder].people
    )


def moodle(tree: Tree, named: str) -> Claimer | None:
    """A folder, or in old versions a file, by the student's full name and Moodle's number."""

    def claims(entry: Entry) -> Claims | None:
        for part in entry.parts[: tree.common + 1]:
            match = MOODLE.fullmatch(part)
            if match:
                number = match["id"]
                return (Claim(entry, match["name"], number, (f"moodle:{number}", match["name"])),)
        return None

    return claims


def nbgrader(tree: Tree, named: str) -> Claimer | None:
    """STUDENT/ASSIGNMENT/ below `submitted`, or with a timestamp.txt beside the notebook."""
    depth = _submitted_depth(tree)
    if depth is None:
        return None
    noted = {e.parts[:-1] for e in tree.entries if e.parts[-1] == "timestamp.txt"}
    below = {e.parts[: depth + 2] for e in tree.entries if len(e.parts) > depth + 2}
    there = {path for path in below if path in noted or _is_below_submitted(tree, path, depth)}
    named_too = any(path[-1] == named for path in there)

    def claims(entry: Entry) -> Claims | None:
        own = entry.parts[: depth + 2]
        if depth and entry.parts[depth - 1 : depth] in {(name,) for name in OTHERS_OF_NBGRADER}:
            return ()
        if len(own) < depth + 2 and not entry.is_folder:
            return None
        if own in there and named_too and own[-1] != named:
            return ()
        if len(own) <= depth or not (_is_below_submitted(tree, own, depth) or noted):
            return None
        said = tree.text((*own, "timestamp.txt"), 1000) or ""
        return (Claim(entry, own[depth], "", (own[depth],), nbgrader_time(said)),)

    return claims


def _submitted_depth(tree: Tree) -> int | None:
    """At which part of the paths the students' names stand, None where the layout is another."""
    if tree.name == "submitted" and not tree.zipped:
        return 0
    for entry in tree.entries:
        parts = entry.parts
        for depth in range(min(tree.common + 1, len(parts) - 3)):
            if parts[depth] == "submitted":
                return depth + 1
    depths = {len(e.parts) - 3 for e in tree.entries if e.parts[-1] == "timestamp.txt"}
    return min((depth for depth in depths if 0 <= depth <= tree.common), default=None)


def _is_below_submitted(tree: Tree, parts: tuple[str, ...], depth: int) -> bool:
    return parts[depth - 1] == "submitted" if depth else tree.name == "submitted"


def classroom(tree: Tree, named: str) -> Claimer | None:
    """One clone a student: folders whose names share the assignment's name, then the user's."""
    depth, prefix = _clones(tree, named)
    if not prefix:
        return None

    def claims(entry: Entry) -> Claims | None:
        if len(entry.parts) <= depth + 1 and not entry.is_folder:
            return None
        user = entry.parts[depth].removeprefix(prefix)
        if not entry.parts[depth].startswith(prefix) or not user:
            return None
        return (Claim(entry, user, "", (f"github:{user}", user)),)

    return claims


def _clones(tree: Tree, named: str) -> tuple[int, str]:
    """Where the clones lie, and what comes before the user in their names."""
    first = tree.entries[0].parts
    for depth in range(tree.common + 1):
        above = first[depth - 1] if depth else tree.name
        if above.endswith("-submissions"):
            return depth, above.removesuffix("submissions")
    folders = [clone for clone in tree.clones if 0 < len(clone) <= tree.common + 1]
    if len(folders) > 1 and len({len(folder) for folder in folders}) == 1:
        shared = _shared_words([folder[-1] for folder in folders])
        if shared:
            known = f"{named}-" if named and shared.startswith(f"{named}-") else ""
            return len(folders[0]) - 1, known or shared
    for depth in range(min(tree.common + 1, len(first))):
        if named and first[depth].startswith(f"{named}-"):
            return depth, f"{named}-"
    return tree.common, f"{named}-" if named else ""


def _shared_words(names: list[str]) -> str:
    """The words up to a hyphen that all names begin with, the last hyphen included."""
    columns = zip(*(name.split("-")[:-1] for name in names), strict=False)
    shared = takewhile(lambda words: len(set(words)) == 1, columns)
    return "".join(f"{words[0]}-" for words in shared)


def canvas(tree: Tree, named: str) -> Claimer | None:
    """Loose files by the student's name, Canvas's numbers of student and file, and LATE."""

    loose = [e for e in tree.entries if len(e.parts) <= tree.common + 1 and not e.is_folder]
    matching = {e.parts: match for e in loose if (match := CANVAS.fullmatch(e.parts[-1]))}

    def claims(entry: Entry) -> Claims | None:
        match = matching.get(entry.parts)
        # One such name in somebody's folder is a chance; several are a download.
        if match is None or (len(entry.parts) > 1 and len(matching) < 2):
            return None
        number = match["id"] or match["anon"]
        name = match["name"] or match["anon"]
        late = bool(match["late"] or match["anon_late"])
        known_as = (f"canvas:{number}", f"canvasname:{name}")
        return (Claim(entry, name, number, known_as, late=late, called=match["file"] or ""),)

    return claims


def plain(tree: Tree, named: str) -> Claimer | None:
    """The name of the file or of the outermost folder; a zip's wrapping folders do not count."""
    many = sum(entry.is_notebook for entry in tree.entries) > 1
    depth = tree.common if tree.zipped and many else 0

    def claims(entry: Entry) -> Claims | None:
        own = entry.parts[depth:]
        if len(own) == 1 and not (entry.is_notebook or entry.is_folder):
            return ()
        student = title_of(own[0]) if len(own) == 1 else own[0]
        when = entry.modified
        return (Claim(entry, student, "", (student,), when, by_file=True),)

    return claims


LAYOUTS = (gradescope, moodle, nbgrader, classroom, canvas, plain)


def claims_in(tree: Tree, named: str) -> list[Claim]:
    """Every file of a submission with its student; `named` is the assignment's name."""
    if not tree.entries:
        return []
    claimers = [claimer for layout in LAYOUTS if (claimer := layout(tree, named))]
    found: list[Claim] = []
    for entry in tree.entries:
        claims = (claimer(entry) for claimer in claimers)
        found.extend(next((known for known in claims if known is not None), ()))
    return found
