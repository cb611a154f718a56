"""Every verdict ever given, kept in SQLite: what is graded already is not graded again."""

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from types import TracebackType
from typing import Any

from grader.errors import StorageError
from grader.verdict import PackedVerdict, Verdict

SCHEMA = """
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS handins (
    id INTEGER PRIMARY KEY,
    student TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    submission TEXT NOT NULL,
    submitted_at TEXT NOT NULL,
    turn INTEGER NOT NULL,
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
# What each version adds to the one before it; the first release had SCHEMA alone, version 0.
UPGRADES = (
    ("ALTER TABLE handins ADD COLUMN late INTEGER NOT NULL DEFAULT 0",),
    (
        "ALTER TABLE handins ADD COLUMN counts INTEGER REFERENCES verdicts (id)",
        "UPDATE handins SET counts = (SELECT max(id) FROM verdicts WHERE handin = handins.id)",
    ),
)
# No name comes after it.
LAST_STUDENT = "\U0010ffff"
_MENDS = {
    (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT): "put a copy of it in its place, or move it"
    " away and grade again",
    (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED): "another run uses it; wait for its end",
    (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR): "free some space",
}
_ELSE = "see that the folder can be written, or choose another with --out"


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
                self._upgrade()
            except (sqlite3.DatabaseError, StorageError):
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

    def _upgrade(self) -> None:
        """Brings a new gradebook, or one of an older release, up to date: wholly or not at all."""
        if self._version() == len(UPGRADES):
            return
        with self.connection:
            self.connection.execute("BEGIN IMMEDIATE")
            version = self._version()
            if version > len(UPGRADES):
                raise StorageError(
                    f"{self.file}: a newer release of the grader wrote this gradebook: use that one"
                )
            for statement in (*SCHEMA.split(";"), *chain(*UPGRADES[version:])):
                self.connection.execute(statement)
            self.connection.execute(f"PRAGMA user_version = {len(UPGRADES)}")

    def _version(self) -> int:
        return int(self.connection.execute("PRAGMA user_version").fetchone()[0])

    @property
    def is_empty(self) -> bool:
        """Whether it holds no verdict yet."""
        with _explained(self.file):
            return self.connection.execute("SELECT 1 FROM verdicts LIMIT 1").fetchone() is None

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

    def known_as(self) -> dict[str, set[str]]:
        """The ids by which platforms know each student, as far as they were noted."""
        noted = json.loads(self.fact("known_as") or "{}")
        return {student: set(ids) for student, ids in noted.items()}

    def know(self, ids: Mapping[str, Iterable[str]]) -> None:
        """Notes students' ids; one that another student had before is that one's no more."""
        new = {student: set(of) for student, of in ids.items()}
        taken = set().union(*new.values())
        before = self.known_as()
        known = {student: of - taken for student, of in before.items()} | new
        known = {student: of for student, of in known.items() if of}
        if known != before:
            self.set_fact("known_as", json.dumps({who: sorted(of) for who, of in known.items()}))

    def last_places(self) -> dict[str, str]:
        """Where each student's last submission lay."""
        query = "SELECT student, submission, max(turn) FROM handins GROUP BY student"
        with _explained(self.file):
            return {student: place for student, place, _ in self.connection.execute(query)}

    def rename(self, names: Mapping[str, str]) -> None:
        """Puts what is kept under a student's name under the new one, which nobody has yet."""
        with _explained(self.file), self.connection:
            self.connection.executemany(
                "UPDATE handins SET student = ? WHERE student = ?",
                [(new, old) for old, new in names.items()],
            )

    def has(self, student: str, sha256: str, key: Key) -> bool:
        """Whether this content of this student's was graded under the same conditions."""
        return self._under("1", student, sha256, key) is not None

    def verdict(self, student: str, sha256: str, key: Key) -> Verdict | None:
        """The verdict that was given on it last under the same conditions, if there is one."""
        packed = self._under("verdict", student, sha256, key)
        return None if packed is None else self._unpacked(student, packed)

    def _under(self, column: str, student: str, sha256: str, key: Key) -> Any:
        """The column of that verdict, None where there is none."""
        query = (
            f"SELECT {column} FROM verdicts JOIN handins ON handins.id = handin"
            " WHERE student = ? AND sha256 = ? AND key = ? ORDER BY verdicts.id DESC LIMIT 1"
        )
        with _explained(self.file):
            row = self.connection.execute(query, (student, sha256, key.text)).fetchone()
        return row[0] if row else None

    def hand_in(self, *handins: Handin) -> None:
        """Notes that notebooks were handed in.

        The first time that one was handed in counts; but handed in again after another one, it
        is the student's last.
        """
        with _explained(self.file), self.connection:
            for handin in handins:
                self._note(handin)

    def count_under(self, key: Key) -> None:
        """From now on the verdicts under these conditions count, where there are any."""
        with _explained(self.file), self.connection:
            self.connection.execute(
                "UPDATE handins SET counts = coalesce((SELECT max(id) FROM verdicts"
                " WHERE handin = handins.id AND key = ?), counts)",
                (key.text,),
            )

    def add(self, handin: Handin, key: Key, verdict: PackedVerdict) -> None:
        """Keeps a verdict, beside all earlier ones; it is the one that counts.

        One that could not be given is kept under no conditions: it is tried again.
        """
        under = "" if verdict.broken else key.text
        now = datetime.now(UTC).isoformat(timespec="seconds")
        with _explained(self.file), self.connection:
            number = self._note(handin)
            added = self.connection.execute(
                "INSERT INTO verdicts (handin, key, assignment, grader, seed, graded_at, verdict)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                (number, under, key.assignment, key.grader, key.seed, now, verdict.data),
            )
            self.connection.execute(
                "UPDATE handins SET counts = ? WHERE id = ?", (added.lastrowid, number)
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

    def students(self) -> list[str]:
        """Everyone on whom there is a verdict, in the order of `latest`."""
        query = "SELECT DISTINCT student FROM handins WHERE counts NOTNULL ORDER BY student"
        with _explained(self.file):
            return [student for (student,) in self.connection.execute(query)]

    def latest(self, first: str = "", last: str = LAST_STUDENT) -> Iterator[tuple[Handin, Verdict]]:
        """Every notebook with the verdict that counts, by student, oldest notebook first.

        Of all students, or from the `first` of those who are wanted to the `last`.
        """
        query = (
            "SELECT student, sha256, submission, submitted_at, late, verdict"
            " FROM handins JOIN verdicts ON verdicts.id = counts"
            " WHERE student BETWEEN ? AND ?"
            " ORDER BY student, turn"
        )
        with _explained(self.file):
            rows = self.connection.execute(query, (first, last))
            for student, sha256, submission, submitted_at, late, packed in rows:
                handin = Handin(student, sha256, submission, submitted_at, late=bool(late))
                yield handin, self._unpacked(student, packed)

    def _unpacked(self, student: str, packed: bytes) -> Verdict:
        try:
            return Verdict.unpacked(packed)
        except (ValueError, TypeError, LookupError):
            raise StorageError(
                f"{self.file}: the verdict on {student} is damaged: grade again with --fresh"
            ) from None

    def state(self) -> str:
        """A hash that changes whenever `latest` would say something else; no verdict is read."""
        with _explained(self.file):
            rows = self.connection.execute("SELECT * FROM handins ORDER BY id").fetchall()
        return hashlib.sha256(repr(rows).encode()).hexdigest()


@contextmanager
def _explained(file: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.DatabaseError as error:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        mend = next((said for codes, said in _MENDS.items() if code in codes), _ELSE)
        raise StorageError(f"{file}: the gradebook can't be used ({error}): {mend}") from None
    except OSError as error:
        raise StorageError(
            f"{file}: the gradebook can't be used ({error.strerror}): {_ELSE}"
        ) from None
