"""Every verdict ever given, kept in SQLite: what is graded already is not graded again."""

import sqlite3
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType

from grader.errors import StorageError
from grader.verdict import Verdict

SCHEMA = """
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS handins (
    id INTEGER PRIMARY KEY,
    student TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    submission TEXT NOT NULL,
    submitted_at TEXT NOT NULL,
    turn INTEGER NOT NULL,
    late INTEGER NOT NULL DEFAULT 0,
    UNIQUE (student, sha256)
);
CREATE TABLE IF NOT EXISTS verdicts (
    id INTEGER PRIMARY KEY,
    handin INTEGER NOT NULL REFERENCES handins (id),
    key TEXT NOT NULL,
    assignment TEXT NOT NULL,
    grader TEXT NOT NULL,
    seed TEXT NOT NULL,
    graded_at TEXT NOT NULL,
    verdict BLOB NOT NULL
);
CREATE INDEX IF NOT EXISTS verdicts_of_handin ON verdicts (handin, key);
"""


@dataclass(frozen=True)
class Handin:
    """One notebook that a student handed in; the same content handed in again is the same one.

    certain: the time comes from a roster, not from a file, and overrules an earlier one.
    late: the learning platform marks it as late, whether or not a time is known.
    """

    student: str
    sha256: str
    submission: str
    submitted_at: str
    certain: bool = field(default=False, compare=False)
    late: bool = False


@dataclass(frozen=True)
class Key:
    """What a verdict depends on besides the notebook: hashes of the files, seed, settings."""

    assignment: str
    grader: str
    seed: str
    settings: str

    @property
    def text(self) -> str:
        """The key as one text."""
        return "\n".join((self.assignment, self.grader, self.seed, self.settings))


class Gradebook:
    """A gradebook file; each verdict is on disk before `add` returns."""

    def __init__(self, file: Path) -> None:
        self.file = file
        with _explained(file):
            file.parent.mkdir(parents=True, exist_ok=True)
            self.connection = sqlite3.connect(file, timeout=30)
            try:
                with self.connection:
                    self.connection.executescript(SCHEMA)
                    self._add_late()
            except sqlite3.DatabaseError:
                self.connection.close()
                raise

    def __enter__(self) -> "Gradebook":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.connection.close()

    def _add_late(self) -> None:
        """Brings a gradebook of an older release up to date."""
        columns = {row[1] for row in self.connection.execute("PRAGMA table_info(handins)")}
        if "late" not in columns:
            self.connection.execute(
                "ALTER TABLE handins ADD COLUMN late INTEGER NOT NULL DEFAULT 0"
            )

    def fact(self, name: str) -> str | None:
        """A fact about the gradebook, such as its assignment or its seed."""
        with _explained(self.file):
            row = self.connection.execute(
                "SELECT value FROM facts WHERE name = ?", (name,)
            ).fetchone()
        return row[0] if row else None

    def set_fact(self, name: str, value: str) -> None:
        """Notes a fact, in place of an older one."""
        with _explained(self.file), self.connection:
            self.connection.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", (name, value))

    def has(self, student: str, sha256: str, key: Key) -> bool:
        """Whether this content of this student's was graded under the same conditions."""
        query = (
            "SELECT 1 FROM verdicts JOIN handins ON handins.id = handin"
            " WHERE student = ? AND sha256 = ? AND key = ? LIMIT 1"
        )
        with _explained(self.file):
            return (
                self.connection.execute(query, (student, sha256, key.text)).fetchone() is not None
            )

    def hand_in(self, *handins: Handin) -> None:
        """Notes that notebooks were handed in.

        The first time that one was handed in counts; but handed in again after another one, it
        is the student's last.
        """
        with _explained(self.file), self.connection:
            for handin in handins:
                self._note(handin)

    def add(self, handin: Handin, key: Key, verdict: Verdict) -> None:
        """Keeps a verdict, beside all earlier ones."""
        packed = zlib.compress(verdict.to_json().encode(), level=3)
        now = datetime.now(UTC).isoformat(timespec="seconds")
        with _explained(self.file), self.connection:
            number = self._note(handin)
            self.connection.execute(
                "INSERT INTO verdicts (handin, key, assignment, grader, seed, graded_at, verdict)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                (number, key.text, key.assignment, key.grader, key.seed, now, packed),
            )

    def _note(self, handin: Handin) -> int:
        """The number of a notebook that was handed in, new or not."""
        when = "excluded.submitted_at" if handin.certain else "submitted_at"
        self.connection.execute(
            "INSERT INTO handins (student, sha256, submission, submitted_at, turn, late)"
            " VALUES (?1, ?2, ?3, ?4,"
            "   (SELECT coalesce(max(turn), 0) + 1 FROM handins WHERE student = ?1), ?5)"
            " ON CONFLICT DO UPDATE SET submission = excluded.submission,"
            f" submitted_at = {when}, turn = CASE WHEN turn + 1 = excluded.turn"
            "   THEN turn ELSE excluded.turn END",
            (handin.student, handin.sha256, handin.submission, handin.submitted_at, handin.late),
        )
        found = self.connection.execute(
            "SELECT id FROM handins WHERE student = ? AND sha256 = ?",
            (handin.student, handin.sha256),
        )
        return int(found.fetchone()[0])

    def latest(self) -> Iterator[tuple[Handin, Verdict]]:
        """Every notebook handed in with its newest verdict, by student, oldest notebook first."""
        query = (
            "SELECT student, sha256, submission, submitted_at, late, verdict"
            " FROM handins JOIN verdicts ON verdicts.id ="
            " (SELECT max(id) FROM verdicts WHERE handin = handins.id)"
            " ORDER BY student, turn"
        )
        with _explained(self.file):
            rows = self.connection.execute(query)
            for student, sha256, submission, submitted_at, late, packed in rows:
                handin = Handin(student, sha256, submission, submitted_at, late=bool(late))
                yield handin, Verdict.from_json(zlib.decompress(packed).decode())


@contextmanager
def _explained(file: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.DatabaseError as error:
        raise StorageError(f"{file}: the gradebook can't be used: {error}") from None
    except OSError as error:
        raise StorageError(f"{file}: the gradebook can't be used: {error.strerror}") from None
