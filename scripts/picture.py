"""Draws docs/class.svg: what grading the sample class shows in a terminal."""

from pathlib import Path

from rich.console import Console

from grader.gradebook import Gradebook
from grader.loading import load_course
from grader.reports import frames, terminal
from grader.reports.statistics import statistics
from grader.standings import standings

ROOT = Path(__file__).resolve().parent.parent

if __name__ == "__main__":
    assignment = load_course(ROOT / "assignments" / "backprop", with_solution=False).assignment
    with Gradebook(ROOT / "reports" / "backprop" / "gradebook.sqlite") as gradebook:
        rows = list(standings(assignment, gradebook.latest()))
    scores, checks = frames.scores_frame(assignment, rows), frames.checks_frame(rows)
    points = {task.name: task.points for task in assignment.tasks}
    shown = scores.iloc[:28]
    with (ROOT / "docs" / "class.svg").open("w") as nowhere:
        console = Console(record=True, width=80, file=nowhere, force_terminal=True, highlight=False)
        console.print(terminal.class_table(shown, checks, assignment))
        console.print("…")
        console.print(terminal.class_statistics(statistics(scores, checks, points)))
    console.save_svg(str(ROOT / "docs" / "class.svg"), title="grader grade submissions/backprop")
