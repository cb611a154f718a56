"""Environments of their own for the graders that are compared with, made once in a cache folder."""

import venv
from pathlib import Path

from benchmarks.timing import timed

PINNED = {"nbgrader": "nbgrader==0.9.6", "otter": "otter-grader==7.0.0"}
BESIDE = ("ipykernel", "numpy", "matplotlib")
SECONDS_TO_INSTALL = 900


def environment(cache: Path, name: str) -> Path:
    """The folder of the programs of that grader's environment, installed when first needed.

    Raises Failed where that is not possible.
    """
    place = cache / PINNED[name].replace("==", "-")
    stamp = place / "installed"
    if not stamp.exists():
        venv.create(place, with_pip=True, clear=True)
        pip = [place / "bin" / "python", "-m", "pip", "install", "--quiet"]
        timed([*pip, PINNED[name], *BESIDE], cwd=place, limit=SECONDS_TO_INSTALL)
        stamp.touch()
    return place / "bin"
