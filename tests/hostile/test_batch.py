"""All attacks graded in one batch with eight innocent notebooks: nothing earned, learnt or left."""

import csv
import re
import subprocess
import sys
import time
import unicodedata
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import pandas as pd
import pytest

from grader.assignment import Course
from grader.gradebook import Gradebook
from grader.standings import standings
from tests.hostile.attack import TASKS, Attack
from tests.hostile.families import ATTACKS
from tests.hostile.scene import INNOCENT, SECONDS, Scene, adopting, scene

WORTH = dict(zip(TASKS, (60.0, 20.0, 20.0), strict=True))
MOST_MEMORY = 700 * 2**20
LIMITS = ("--seed", "5", "--timeout", "5", "--time-limit", "30", "--memory", "1G")

pytestmark = [
    pytest.mark.xdist_group("hostile batch"),
    pytest.mark.skipif(sys.platform != "linux", reason="isolation is Linux's"),
]


@dataclass(frozen=True)
class Batch:
    """What grading the whole class came to, and what was seen meanwhile. memory: bytes."""

    scene: Scene
    code: int
    said: str
    memory: int
    left: dict[int, str]


def grade(scene: Scene, submissions: Path, out: Path) -> subprocess.Popen[bytes]:
    log = (out.parent / f"{out.name}.log").open("wb")
    command = [
        *(sys.executable, "-m", "grader", "grade", str(submissions), "--assignment", "backprop"),
        *(*LIMITS, "--out", str(out), "--junit", str(out / "junit.xml"), "--jobs", "2"),
    ]
    with log:
        return subprocess.Popen(
            command, cwd=scene.school, env=scene.environment, stdin=subprocess.DEVNULL,
            stdout=log, stderr=subprocess.STDOUT,
        )  # fmt: skip


def peak_memory(process: subprocess.Popen[bytes]) -> int:
    """The most bytes that the process itself ever held, watched until it ends."""
    most, ends = 0, time.monotonic() + SECONDS
    while process.poll() is None:
        assert time.monotonic() < ends, "the batch does not end"
        status = Path(f"/proc/{process.pid}/status").read_text()
        found = re.search(r"VmHWM:\s+(\d+) kB", status)
        most = max(most, 1024 * int(found[1]) if found else 0)
        time.sleep(0.05)
    return most


def left_of(scene: Scene) -> dict[int, str]:
    """What still runs once all that was ending has had the time to end."""
    for _ in range(50):
        if not scene.processes():
            break
        time.sleep(0.1)
    return {process: command_line(process) for process in scene.processes()}


def command_line(process: int) -> str:
    try:
        return Path(f"/proc/{process}/cmdline").read_text()[:200]
    except OSError:
        return ""


@pytest.fixture(scope="module")
def batch(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Batch]:
    with scene(tmp_path_factory.mktemp("hostile")) as made, adopting():
        for attack in ATTACKS.values():
            made.hand_in(attack)
        process = grade(made, made.submissions, made.out)
        try:
            memory = peak_memory(process)
        finally:
            process.kill()
            process.wait()
        said = (made.school / "reports.log").read_text(encoding="utf-8")
        yield Batch(made, process.returncode, said, memory, left_of(made))


@pytest.fixture(scope="module")
def scores(batch: Batch) -> pd.DataFrame:
    frame = pd.read_json(batch.scene.out / "scores.json", dtype={"student": str})
    return frame.set_index("student")


def rows_of(file: Path) -> dict[str, list[list[str]]]:
    """A report's rows by student, as text, without the seconds that they took."""
    with file.open(encoding="utf-8", newline="") as stream:
        header, *rows = csv.reader(stream)
    kept = [place for place, name in enumerate(header) if name != "seconds"]
    found: dict[str, list[list[str]]] = {}
    for row in rows:
        found.setdefault(row[0], []).append([row[place] for place in kept])
    return found


def test_there_are_enough_of_them() -> None:
    assert len(ATTACKS) >= 60
    assert len(INNOCENT) == 8


def test_the_batch_ends_with_a_row_for_each(batch: Batch, scores: pd.DataFrame) -> None:
    assert batch.code == 3, batch.said
    assert "Traceback" not in batch.said
    wanted = [*(a.row for a in ATTACKS.values()), *(f"innocent-{n}" for n in range(1, 9))]
    assert sorted(scores.index) == sorted(wanted)


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
def test_it_earns_what_its_functions_do(attack: Attack, scores: pd.DataFrame) -> None:
    row = scores.loc[attack.row]
    honest = {task: attack.points(task, WORTH[task]) for task in TASKS}
    for task in TASKS:
        may_be = {honest[task]} if attack.keeps else {honest[task], 0.0}
        assert row[task] in may_be, (task, row["message"])
    if attack.statuses:
        assert row["status"] in attack.statuses


def test_none_got_what_it_came_for(batch: Batch, backprop: Course) -> None:
    with Gradebook(batch.scene.out / "gradebook.sqlite") as gradebook:
        kept = list(standings(backprop.assignment, gradebook.latest()))
    assert len(kept) == len(ATTACKS) + len(INNOCENT)
    got = [
        (standing.handin.student, error.text)
        for standing in kept
        for error in standing.verdict.errors
        if error.name == "Got"
    ]
    assert got == []
    assert batch.scene.heard == []


def test_innocent_rows_are_what_they_are_alone(batch: Batch, tmp_path: Path) -> None:
    def alone(number: int) -> None:
        place = tmp_path / str(number) / "backprop"
        place.mkdir(parents=True)
        file = batch.scene.submissions / f"innocent-{number}.ipynb"
        subprocess.run(["cp", "-p", str(file), str(place)], check=True)
        assert grade(batch.scene, place, tmp_path / f"out-{number}").wait(SECONDS) == 0

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(alone, range(1, 9)))
    for report in ("scores.csv", "checks.csv"):
        together = rows_of(batch.scene.out / report)
        for number in range(1, 9):
            own = rows_of(tmp_path / f"out-{number}" / report)
            assert list(own) == [f"innocent-{number}"]
            assert together[f"innocent-{number}"] == own[f"innocent-{number}"]


def written(batch: Batch) -> dict[str, bytes]:
    """Everything that grading wrote, by file; the notes that were there before left out."""
    files = [file for file in batch.scene.out.rglob("*") if file.name != "notes.txt"]
    found = {file.name: file.read_bytes() for file in files if file.is_file()}
    summary = batch.scene.school / "summary.md"
    if summary.exists():
        found["summary.md"] = summary.read_bytes()
    return {**found, "output": batch.said.encode()}


@pytest.mark.parametrize("secret", ["solution", "environment", "home", "gradebook", "submission"])
def test_no_secret_shows(secret: str, batch: Batch) -> None:
    needle = batch.scene.canaries[secret].encode()
    assert [name for name, text in written(batch).items() if needle in text] == []


def test_nothing_is_left(batch: Batch) -> None:
    assert batch.left == {}
    assert list(batch.scene.temporary.iterdir()) == []
    mark = re.search('"mark": "([^"]+)"', batch.scene.where.read_text())
    assert mark is not None
    for folder in ("/tmp", "/dev/shm", "/var/tmp"):
        assert not (Path(folder) / mark[1]).exists()
    assert str(batch.scene.temporary) not in Path("/proc/net/unix").read_text()
    made = {entry.name for entry in batch.scene.school.iterdir()}
    assert made <= {
        "assignments", "solutions", "handed in", "home", "jupyter", "reports", "reports.log",
        "socket", "summary.md", "tmp",
    }  # fmt: skip
    assert {entry.name for entry in (batch.scene.school / "home").iterdir()} <= {".ssh", ".cache"}


def test_the_trusted_process_stays_small(batch: Batch) -> None:
    assert 0 < batch.memory < MOST_MEMORY


def test_text_is_text(batch: Batch) -> None:
    for name, data in written(batch).items():
        if name.endswith((".parquet", ".sqlite")):
            continue
        text = data.decode("utf-8")
        odd = {c for c in text if unicodedata.category(c)[0] == "C"} - {"\n", "\t", "\r"}
        assert not odd, (name, odd)


def test_no_line_of_output_is_a_command(batch: Batch) -> None:
    lines = batch.said.splitlines()
    assert [line for line in lines if line.lstrip().startswith("::") or "##[" in line] == []


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("report", ["scores.csv", "checks.csv"])
def test_no_cell_is_a_formula(report: str, delimiter: str, batch: Batch) -> None:
    with (batch.scene.out / report).open(encoding="utf-8", newline="") as stream:
        for row in csv.reader(stream, delimiter=delimiter):
            assert not [cell for cell in row if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]


def test_markup_is_escaped(batch: Batch) -> None:
    ElementTree.parse(batch.scene.out / "junit.xml")
    pages = [text for name, text in written(batch).items() if name.endswith((".html", ".xml"))]
    assert pages
    for text in pages:
        assert not re.search(rb"<(script>alert|img src=x|svg/onload)", text)
