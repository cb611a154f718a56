"""Packs an assignment as an autograder for Gradescope: a zip that grades with this grader."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from grader.assignment import Course
from grader.autograder.wheel import constraints, wheel, zipped
from grader.folders import files_below

HERE = Path(__file__).parent
MARGIN = 180.0  # seconds beyond the submission's own, for starting, judging, and writing


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
    folders = {"assignments": course.folder, "solutions": course.solution_folder}
    files = {
        "setup.sh": (HERE / "setup.sh").read_bytes(),
        "run_autograder": (HERE / "run_autograder.py").read_bytes(),
        "config.json": json.dumps(config, indent=1).encode(),
        "constraints.txt": constraints().encode(),
        name: data,
        **{
            f"{place}/{course.name}/{path}": content
            for place, folder in folders.items()
            for path, content in files_below(folder)
        },
    }
    if requirements is not None:
        files["requirements.txt"] = requirements.encode()
    return zipped(files, executable=frozenset({"setup.sh", "run_autograder"}))
