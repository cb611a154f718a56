"""The least that grading a notebook can take: `python -m benchmarks.floor FOLDER`.

A warm Python forks a child a notebook. The child isolates itself, executes the cells, calls the
functions on all cases and asks the same checks, and ends. There is no kernel and no message.
"""

import contextlib
import gc
import io
import os
import sys
from pathlib import Path
from typing import Any

import matplotlib.pyplot  # noqa: F401 - warm, as it is in the grader's own warm process
import numpy as np

from grader.answer_key import AnswerKey, make_answer_key
from grader.execution import Answer, Definition, Execution, Leaf, arrays_in
from grader.execution.isolation import Confinement, confinement_here, visible_for
from grader.execution.isolation.namespaces import enter_own, enter_shared, fork_in_own_processes
from grader.execution.isolation.rights import confine
from grader.judging import Judge
from grader.loading import load_course
from grader.submission import Notebook, read_notebook
from grader.truth import copied
from grader.verdict import Verdict

ASSIGNMENT = Path(__file__).resolve().parent.parent / "assignments" / "backprop"
MEMORY, CPU_SECONDS = 2 * 1024**3, 60


def run_and_judge(notebook: Notebook, key: AnswerKey) -> Verdict:
    """The verdict on a notebook whose code runs right here."""
    namespace: dict[str, Any] = {"__name__": "__main__"}
    with contextlib.redirect_stdout(io.StringIO()):
        for number, source in notebook.cells:
            with contextlib.suppress(Exception):
                exec(compile(source, f"cell {number}", "exec"), namespace)
    answers: dict[str, dict[str, Answer]] = {}
    definitions = {}
    for task in key.course.assignment.tasks:
        function = namespace[task.name]
        definitions[task.name] = Definition(True, True, "function", "")
        answers[task.name] = {
            name: answer(function, task.call_arguments(copied(truth.case.inputs)))
            for name, truth in key.truths[task.name].items()
        }
    return Judge(key).verdict(notebook, Execution("ok", (), (), (), definitions, answers, {}, 0.0))


def answer(function: Any, arguments: tuple[Any, ...]) -> Answer:
    """What the function returns, as a kernel's answer would have told it."""
    with np.errstate(all="ignore"):
        returned = function(*arguments)
    leaves = [Leaf(np.asarray(value), type(value).__name__) for value in _items(returned)]
    tree = leaves if isinstance(returned, tuple) else leaves[0]
    return Answer("returned", tree, tuple(arrays_in(arguments)))


def _items(returned: Any) -> tuple[Any, ...]:
    return returned if isinstance(returned, tuple) else (returned,)


def judged_in_a_fork(notebook: Notebook, key: AnswerKey, confinement: Confinement) -> bool:
    """Whether the notebook earned points, by a child that is confined as a kernel is."""
    child = fork_in_own_processes("processes" in confinement.layers)
    if child == 0:
        enter_own(confinement)
        confined = os.fork()
        if confined == 0:
            confine(confinement, "/tmp", MEMORY, CPU_SECONDS)
            os._exit(0 if run_and_judge(notebook, key).cents() else 1)
        os._exit(os.waitstatus_to_exitcode(os.waitpid(confined, 0)[1]) & 0xFF)
    return os.waitpid(child, 0)[1] == 0


def main() -> None:
    """Judges every notebook of a folder; ends with 1 if one of them had no points."""
    key = make_answer_key(load_course(ASSIGNMENT, with_solution=True), 1)
    key.candidates  # noqa: B018 - computed before the first fork, as a class shares it
    names = [task.name for task in key.course.assignment.tasks]
    files = sorted(Path(sys.argv[1]).glob("*.ipynb"))
    contents = [file.read_bytes() for file in files]
    confinement = confinement_here(visible_for(sys.executable), (str(Path.home()),))
    scratch = Path(sys.argv[1]).parent / "floor"
    scratch.mkdir(exist_ok=True)
    # Looking for garbage would copy all that the children share.
    gc.collect()
    gc.freeze()
    # From here on the machine's files are out of this process's sight, too.
    enter_shared(confinement, str(scratch))
    for file, content in zip(files, contents, strict=True):
        if not judged_in_a_fork(read_notebook(content, names), key, confinement):
            sys.exit(f"{file}: no points")


if __name__ == "__main__":
    main()
