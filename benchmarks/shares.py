"""Processor milliseconds of one notebook by the process that spends them; Linux only.

`python -m benchmarks.shares RUNS` prints a JSON object. The children of a process that forks
are counted in its own row of /proc once they are buried.
"""

import json
import os
import sys
import time
from pathlib import Path

from benchmarks.contestants import ASSIGNMENT
from benchmarks.notebooks import cells_of
from grader.answer_key import AnswerKey, make_answer_key
from grader.execution import Settings, execute, warm_up
from grader.execution.kernels import server
from grader.execution.runners import server_of_runners
from grader.judging import Judge
from grader.loading import load_course
from grader.options import Options, settings_for
from grader.submission import Notebook

A_TICK = 1000 / os.sysconf("SC_CLK_TCK")
SECONDS_TO_BURY = 1.5


def shares(runs: int) -> dict[str, float]:
    """Milliseconds of processor time a notebook, and `wall` beside them.

    All notebooks are the same: `unlike` is what one more takes whose answers nobody gave before.
    """
    course = load_course(ASSIGNMENT, with_solution=True)
    key = make_answer_key(course, 5)
    settings = settings_for(course, Options(sandbox="auto"))
    warm_up(settings)
    notebook = Notebook(tuple(enumerate(cells_of("right", 7), start=1)))
    judge = Judge(key)
    judge.verdict(notebook, execute(notebook, key.calls, settings))
    before, started = spent(), time.perf_counter()
    for _ in range(runs):
        judge.verdict(notebook, execute(notebook, key.calls, settings)).packed()
    wall = 1000 * (time.perf_counter() - started)
    after = spent()
    found = {name: (after[name] - before[name]) / runs for name in after}
    return {**found, "wall": wall / runs, "unlike": unlike(key, notebook, settings, runs)}


def unlike(key: AnswerKey, notebook: Notebook, settings: Settings, runs: int) -> float:
    """Milliseconds that judging takes, beyond remembering what the same answers came to."""
    execution = execute(notebook, key.calls, settings)
    remembers = Judge(key)
    remembers.verdict(notebook, execution)
    began = time.process_time()
    for _ in range(runs):
        Judge(key).verdict(notebook, execution)
    anew = time.process_time()
    for _ in range(runs):
        remembers.verdict(notebook, execution)
    return 1000 * (2 * anew - began - time.process_time()) / runs


def spent() -> dict[str, float]:
    """Milliseconds spent so far: by the judge, by runners, by kernels, and by forking both."""
    time.sleep(SECONDS_TO_BURY)
    (outer,) = server.running()
    # The gate is its child, and the warm process the gate's first one.
    gates = children(outer)
    forking = (outer, *gates, *(children(gate)[0] for gate in gates))
    own, kernels = zip(*(ticks(pid) for pid in forking), strict=True)
    forker = server_of_runners()
    itself, buried = ticks(forker)
    runners = buried + sum(sum(ticks(pid)) for pid in children(forker))
    return {
        "judge": 1000 * time.process_time(),
        "runner": runners,
        "kernel and its supervisor": sum(kernels),
        "forking both": itself + sum(own),
    }


def ticks(process: int) -> tuple[float, float]:
    """Milliseconds of a process itself, and of its children that are buried."""
    fields = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
    user, system, of_children, in_children = (int(field) * A_TICK for field in fields[11:15])
    return user + system, of_children + in_children


def children(process: int) -> list[int]:
    """The children of a process that are alive."""
    said = Path(f"/proc/{process}/task/{process}/children").read_text()
    return [int(word) for word in said.split()]


if __name__ == "__main__":
    print(json.dumps(shares(int(sys.argv[1]))))
