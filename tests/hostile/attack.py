"""What an attack is, and the notebook that it is handed in as."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.notebooks import IMPORTS, LINEAR, RELU, SIGMOID

NOTEBOOKS = Path(__file__).parent / "notebooks"
TASKS = ("linear_backward", "relu_backward", "sigmoid_backward")
MANY = 100

# Where the secrets of a test lie, which port listens: an attacker who need not search.
PRELUDE = """import json, os, sys, time
WHERE = json.load(open("where.json"))
class Got(Exception):
    'Raised by an attack that has what it came for.'"""
HONEST = {"linear_backward": LINEAR, "relu_backward": RELU, "sigmoid_backward": SIGMOID}
WRONG = {
    "linear_backward": "def linear_backward(dZ, cache):\n"
    "    return tuple(np.zeros_like(x) for x in cache)",
    "relu_backward": "def relu_backward(dA, cache):\n    return np.zeros_like(dA)",
    "sigmoid_backward": "def sigmoid_backward(dA, cache):\n    return np.zeros_like(dA)",
}


@dataclass(frozen=True)
class Attack:
    """One attack in one notebook.

    tries, must: half a sentence each: what it tries, and what must happen.
    cells: the attack itself; the functions stand before it, honest ones for the tasks in
        `right` and wrong ones for the rest.
    off: the layers without which it gets what it came for, if layers are what stops it.
    fools: it wins against a grader that compares inside of the student's process.
    keeps: what is honest keeps its points for certain; it may be that it loses them itself.
    statuses: how grading it may end, "" where that is left open.
    hand_in_as: the file name that it is handed in under.
    student: the name that its row bears then.
    link_to: it is handed in as a link to this place, seen from the folder of submissions.
    metadata, cell_metadata, outputs, nbformat: what its file says of itself.
    """

    name: str
    tries: str
    must: str
    cells: tuple[str, ...] = ()
    right: tuple[str, ...] = ()
    off: frozenset[str] = frozenset()
    fools: bool = False
    keeps: bool = True
    statuses: tuple[str, ...] = ()
    hand_in_as: str = ""
    student: str = ""
    link_to: str = ""
    metadata: dict[str, Any] = field(default_factory=dict)
    cell_metadata: dict[str, Any] = field(default_factory=dict)
    outputs: tuple[dict[str, Any], ...] = ()
    nbformat: int = 4

    @property
    def line(self) -> str:
        """The one line that every file carries."""
        return f"Tries to {self.tries}; {self.must}."

    @property
    def file(self) -> Path:
        """The committed notebook."""
        return NOTEBOOKS / f"{self.name}.ipynb"

    @property
    def file_name(self) -> str:
        """What the notebook is called when it is handed in."""
        return self.hand_in_as or f"{self.name}.ipynb"

    @property
    def row(self) -> str:
        """The name in its row of the reports."""
        return self.student or self.name

    def points(self, task: str, worth: float) -> float:
        """What the functions earn honestly."""
        return worth if task in self.right and "unreadable" not in self.statuses else 0.0

    def sources(self) -> list[str]:
        """All code cells in order."""
        functions = [(HONEST if task in self.right else WRONG)[task].strip() for task in TASKS]
        return [IMPORTS, PRELUDE, *functions, *(cell.strip() for cell in self.cells)]

    def text(self) -> str:
        """The notebook's file."""
        first = {"cell_type": "markdown", "metadata": {}, "source": self.line}
        cells = [first, *(self._code(source) for source in self.sources())]
        content = {
            "cells": cells,
            "metadata": {"hostile": self.line, **self.metadata},
            "nbformat": self.nbformat,
            "nbformat_minor": 4,
        }
        indent = 1 if len(cells) < MANY else None
        return json.dumps(content, indent=indent) + "\n"

    def _code(self, source: str) -> dict[str, Any]:
        return {
            "cell_type": "code",
            "execution_count": None,
            "metadata": self.cell_metadata,
            "outputs": list(self.outputs),
            "source": source if source.count("\n") > MANY else source.splitlines(keepends=True),
        }


def named(attacks: Sequence[Attack]) -> dict[str, Attack]:
    """The attacks by name, none of them twice."""
    found = {attack.name: attack for attack in attacks}
    assert len(found) == len(attacks)
    return found
