"""Did the call leave its arguments as they were?"""

from grader.checks.question import Question, Result, failed, not_judged, passed, same_arguments


def ask(question: Question) -> Result:
    """The arguments come back after the call and are compared here, bit by bit."""
    same = same_arguments(question)
    if same is None:
        return not_judged("the call did not return")
    if not same:
        return failed(
            f"{question.task.name} changes its arguments: work on a copy, others still need them"
        )
    return passed()
