"""The answer key of one run: all cases of all tasks, their truths, and the proof of both."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from grader.assignment import Course, Task
from grader.authors import authors_code
from grader.cases import Case, private_cases, public_cases
from grader.checks import checks_of_task
from grader.diagnosis import TaskCandidates
from grader.errors import AssignmentError
from grader.execution import TaskCalls, calls_of
from grader.scoring import worth_of
from grader.truth import Disagreement, Truth, disagreements, truth_of


@dataclass(frozen=True)
class AnswerKey:
    """What is asked and what is right, computed once a run. Never leaves the judge.

    truths: by task, by the case's name. Without a solution there are public cases only.
    """

    course: Course
    truths: Mapping[str, Mapping[str, Truth]]

    @cached_property
    def calls(self) -> tuple[TaskCalls, ...]:
        """What the kernel is asked: inputs alone."""
        return tuple(
            calls_of(task, [truth.case for truth in self.truths[task.name].values()])
            for task in self.course.assignment.tasks
        )

    @cached_property
    def candidates(self) -> Mapping[str, TaskCandidates]:
        """Wrong answers to compare with, by task, each computed when first needed."""
        return {
            task.name: TaskCandidates(task, self.course.solution, self.truths[task.name])
            for task in self.course.assignment.tasks
        }

    @cached_property
    def worth(self) -> Mapping[str, Sequence[int]]:
        """The most that each check of a task can earn, in cents, in the order of the checks."""
        assignment = self.course.assignment
        return {
            task.name: worth_of(
                assignment, task, checks_of_task(task, self.truths[task.name], {}, None, "")
            )
            for task in assignment.tasks
        }

    @cached_property
    def full(self) -> Mapping[str, int]:
        """The most that can be earned by each task on these cases, in cents."""
        return {task: sum(of_checks) for task, of_checks in self.worth.items()}


def random_seed() -> int:
    """A seed that no student can guess."""
    return secrets.randbits(63)


def make_answer_key(course: Course, seed: int | None) -> AnswerKey:
    """Draws the cases and computes what is right on them; private ones only with a seed.

    Raises AssignmentError where the reference is not the derivative of the forward function:
    the assignment is at fault then, and nobody may be graded by it.
    """
    truths = {
        task.name: {case.name: _truth(course, task, case) for case in _cases(course, task, seed)}
        for task in course.assignment.tasks
    }
    for task in course.assignment.tasks:
        for found in disagreements(task, truths[task.name].values()):
            raise AssignmentError(_in_words(course, found))
    key = AnswerKey(course, truths)
    _compute_candidates(key)
    return key


def _cases(course: Course, task: Task, seed: int | None) -> list[Case]:
    file = course.folder / "assignment.py"
    try:
        with authors_code(f"task {task.name}: drawing its inputs"):
            cases = [*public_cases(task)]
            if course.solution is not None and seed is not None:
                solution = course.solution
                sizes = solution.private_sizes
                cases += private_cases(task, seed, solution.private_cases, sizes)
            return cases
    except AssignmentError as error:
        raise AssignmentError(f"{file}: {error}") from error.__cause__


def _truth(course: Course, task: Task, case: Case) -> Truth:
    reference = course.solution.references[task.name] if course.solution else None
    try:
        with authors_code():
            return truth_of(task, case, reference)
    except (Exception, SystemExit) as error:
        said = "" if isinstance(error, AssignmentError) else f"{type(error).__name__}: "
        raise AssignmentError(
            f"{course.folder / 'assignment.py'}: task {task.name} can't be computed on the case"
            f" {case.name} of sizes {dict(case.sizes)}: {said}{error}"
        ) from error


def _compute_candidates(key: AnswerKey) -> None:
    """Calls every declared twin, so that none raises when a student's numbers are at hand."""
    if key.course.solution is None or key.course.solution_folder is None:
        return
    for task in key.course.assignment.tasks:
        for of_case in key.candidates[task.name].by_case.values():
            try:
                with authors_code(f"task {task.name}: its wrong twins"):
                    of_case.compute()
            except AssignmentError as error:
                file = key.course.solution_folder / "solution.py"
                raise AssignmentError(f"{file}: {error}") from error.__cause__


def _in_words(course: Course, found: Disagreement) -> str:
    folder = course.solution_folder or course.folder
    return (
        f"{folder / 'solution.py'}: the reference {found.task} is not the derivative of its"
        f" forward function: {found.value} {found.says} on the case {found.case};"
        f" mend the reference, or forward, `wrt` and `mean_over` in assignment.py"
    )
