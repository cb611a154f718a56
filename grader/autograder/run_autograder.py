#!/usr/bin/env python3
"""Grades one submission in Gradescope's container; writes results.json whatever happens.

Runs under the container's own Python and imports nothing of the grader, so that there is a
result even where the grader is broken. What is printed is shown to instructors only.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import traceback
from datetime import datetime
from pathlib import Path
from typing import Any, Dict, List, NoReturn

ROOT = Path(os.environ.get("AUTOGRADER_ROOT", "/autograder"))
SOURCE, SUBMISSION = ROOT / "source", ROOT / "submission"
METADATA, RESULTS = ROOT / "submission_metadata.json", ROOT / "results" / "results.json"
PYTHON = os.environ.get("AUTOGRADER_PYTHON", str(ROOT / "environment" / "bin" / "python"))
GRADED = (0, 3, 4)  # exit codes after which there is a row for the student
NOT_GRADED = (
    "Your notebook was not graded, and that is no fault of yours: the autograder could not do its"
    " work. Please tell your instructor, who finds the reason in the autograder's output."
)
FILES_LOOKED_AT = 10_000


class HandedInWrongly(Exception):
    """What the student can mend, said to the student."""


class CouldNotGrade(Exception):
    """What the instructor must mend, said to the instructor."""


def main() -> None:
    """Leaves a valid result from the first moment on; the true one takes its place."""
    save(result(NOT_GRADED))
    try:
        save(graded(json.loads((SOURCE / "config.json").read_text("utf-8"))))
    except HandedInWrongly as why:
        save(result(str(why)))
    except CouldNotGrade as why:
        print(f"run_autograder: nothing was graded: {why}")
    except Exception:
        print("run_autograder: nothing was graded:")
        traceback.print_exc(file=sys.stdout)


def result(said: str) -> Dict[str, Any]:
    """A result without points."""
    return {"score": 0, "output": said, "output_format": "text", "visibility": "visible"}


def save(said: Dict[str, Any]) -> None:
    """Writes results.json whole or not at all."""
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    temporary = RESULTS.with_suffix(".new")
    temporary.write_text(json.dumps(said, indent=1, allow_nan=False), "utf-8")
    temporary.replace(RESULTS)


def graded(config: Dict[str, Any]) -> Dict[str, Any]:
    """What the grader says of the submission. Raises HandedInWrongly or CouldNotGrade."""
    notebook = find_notebook(config["assignment"] + ".ipynb")
    work = Path(tempfile.mkdtemp(prefix="autograder-"))
    try:
        copy, roster, reports = work / "submission.ipynb", work / "roster.csv", work / "reports"
        shutil.copyfile(str(notebook), str(copy))
        roster.write_text("student,submitted_at\nsubmission,{}\n".format(submitted_at()), "utf-8")
        print("run_autograder: {}, --sandbox {}".format(notebook.name, config["sandbox"]))
        run(
            ["grade", str(copy), "--assignment", config["assignment"], "--out", str(reports)]
            + ["--roster", str(roster), "--seed", str(config["seed"])]
            + ["--sandbox", config["sandbox"], "--quiet"],
            config["seconds"],
        )
        exported = work / "results.json"
        extra = ["--leaderboard"] if config["leaderboard"] else []
        run(
            ["export", "gradescope", "--out", str(reports), "--to", str(exported)]
            + ["--private", config["private"]]
            + extra,
            config["seconds"],
        )
        said = json.loads(exported.read_text("utf-8"), parse_constant=no_number)
        if not isinstance(said, dict):
            raise CouldNotGrade("the grader wrote no object into results.json")
        return said
    finally:
        shutil.rmtree(str(work), ignore_errors=True)


def find_notebook(name: str) -> Path:
    """The notebook that was handed in: the one of the assignment's name, or the only one."""
    looked: List[Path] = []
    for folder, inside, files in os.walk(str(SUBMISSION)):
        inside[:] = sorted(d for d in inside if not d.startswith((".", "__MACOSX")))
        looked += [Path(folder, file) for file in sorted(files) if not file.startswith(".")]
        if len(looked) > FILES_LOOKED_AT:
            raise HandedInWrongly("There are too many files: hand in {} alone.".format(name))
    notebooks = [file for file in looked if file.suffix == ".ipynb" and is_own(file)]
    chosen = [file for file in notebooks if file.name == name] or notebooks
    if len(chosen) == 1:
        return chosen[0]
    if chosen:
        raise HandedInWrongly(
            "There are several notebooks ({}): hand in {} alone.".format(listed(chosen), name)
        )
    among = " among the files ({})".format(listed(looked)) if looked else ""
    raise HandedInWrongly("You handed in no notebook{}: hand in {}.".format(among, name))


def is_own(file: Path) -> bool:
    """Whether it is a file, and no link to one of ours."""
    return file.is_file() and not file.is_symlink()


def listed(files: List[Path]) -> str:
    """The first of them by name, in characters that can be written."""
    names = ", ".join(str(file.relative_to(SUBMISSION)) for file in files[:10])
    return names.encode("utf-8", "replace").decode() + (", …" if len(files) > 10 else "")


def submitted_at() -> str:
    """When it was handed in, "" where Gradescope does not say."""
    try:
        said = json.loads(METADATA.read_text("utf-8"))["created_at"].replace("Z", "+00:00")
        return datetime.fromisoformat(said).isoformat()
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        print("run_autograder: no time of submission in submission_metadata.json")
        return ""


def run(arguments: List[str], seconds: float) -> None:
    """Runs the grader, and ends all of it when the time is up. Raises CouldNotGrade."""
    try:
        running = subprocess.Popen(
            [PYTHON, "-m", "grader", *arguments],
            cwd=str(SOURCE),
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
    except OSError as error:
        raise CouldNotGrade("{}: {}: did setup.sh end well?".format(PYTHON, error)) from None
    try:
        code = running.wait(timeout=seconds)
    except subprocess.TimeoutExpired:
        os.killpg(running.pid, signal.SIGKILL)
        running.wait()
        raise CouldNotGrade("it took longer than {:g} s".format(seconds)) from None
    if code not in GRADED:
        raise CouldNotGrade("grader {} ended with {}".format(arguments[0], code))


def no_number(text: str) -> NoReturn:
    """Refuses NaN and Infinity, which are no JSON."""
    raise CouldNotGrade("{} in results.json".format(text))


if __name__ == "__main__":
    main()
