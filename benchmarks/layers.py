"""Seconds that runs of one small notebook take, confined by some layers: a process a measurement.

`python -m benchmarks.layers RUNS [LAYER…]` prints a JSON list.
"""

import json
import sys
import time
from dataclasses import replace
from pathlib import Path

from benchmarks.contestants import ASSIGNMENT
from grader.execution import execute, warm_up
from grader.execution.isolation import Confinement, visible_for
from grader.loading import load_course
from grader.options import Options, settings_for
from grader.submission import Notebook

NOTEBOOK = Notebook(((1, "import numpy as np"), (2, "np.ones(3).sum()")))


def seconds_of_runs(runs: int, layers: list[str]) -> list[float]:
    """Wall seconds of each run, after one that is not counted. Raises SystemExit if one fails."""
    settings = settings_for(load_course(ASSIGNMENT, with_solution=False), Options(sandbox="off"))
    hidden = (str(Path.home()),)
    confinement = Confinement(frozenset(layers), visible_for(settings.python), hidden)
    settings = replace(settings, confinement=confinement)
    warm_up(settings)
    seconds = []
    for _ in range(runs + 1):
        started = time.perf_counter()
        status = execute(NOTEBOOK, (), settings).status
        seconds.append(time.perf_counter() - started)
        if status != "ok":
            sys.exit(f"the notebook ended with {status}")
    return seconds[1:]


if __name__ == "__main__":
    print(json.dumps(seconds_of_runs(int(sys.argv[1]), sys.argv[2:])))
