"""Can the function be called with the arguments that the assignment names?"""

from grader.checks.question import Question, Result, failed, not_judged, passed


def ask(question: Question) -> Result:
    """Parameters may have any names, and there may be more, as long as those have defaults."""
    definition = question.definition
    if definition is None or not definition.callable:
        return not_judged("there is no function to call")
    if definition.signature:
        count = len(question.truth.arguments)
        return failed(
            f"{question.task.name} can't be called with {count} arguments: {definition.signature}",
            seen=definition.signature,
        )
    return passed()
