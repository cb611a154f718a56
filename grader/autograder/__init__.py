"""Packs an assignment as an autograder for Gradescope: a zip that grades with this grader."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from grader.assignment import Course
from grader.autograder.wheel import constraints, wheel, zipped

HERE = Path(__file__).parent
MARGIN = 180.0  # seconds beyond the submission's own, for starting, judging, and writing
_NOT_PACKED = ("__pycache__", ".ipynb_checkpoints")


@dataclass(frozen=True)
class Way:
    """How the container grades.

    seed: of the private cases, the same for the whole class. private: to whom Gradescope shows
    how many private checks passed.
    """

    seed: int
    sandbox: str = "auto"
    private: str = "hidden"
    leaderboard: bool = False


def pack(course: Course, way: Way, requirements: str | None = None) -> bytes:
    """The zip that is uploaded to Gradescope. It holds the solution, so it is for nobody else.

    requirements: what pip shall install for students' code, as a requirements file.
    """
    assert course.solution_folder is not None  # whoever packs has loaded the solution
    seconds = course.assignment.limits.total_seconds + MARGIN
    config = {"assignment": course.name, "seconds": seconds, **asdict(way)}
    name, data = wheel()
    files = {
        "setup.sh": (HERE / "setup.sh").read_bytes(),
        "run_autograder": (HERE / "run_autograder.py").read_bytes(),
        "config.json": json.dumps(config, indent=1).encode(),
        "constraints.txt": constraints().encode(),
        name: data,
        **dict(_below(course.folder, f"assignments/{course.name}")),
        **dict(_below(course.solution_folder, f"solutions/{course.name}")),
    }
    if requirements is not None:
        files["requirements.txt"] = requirements.encode()
    return zipped(files, executable=frozenset({"setup.sh", "run_autograder"}))


def _below(folder: Path, place: str) -> Iterator[tuple[str, bytes]]:
    for file in sorted(folder.rglob("*")):
        if file.is_file() and not set(_NOT_PACKED) & set(file.parts):
            yield f"{place}/{file.relative_to(folder).as_posix()}", file.read_bytes()
