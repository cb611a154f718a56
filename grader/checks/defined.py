"""Is there a function of that name once the notebook has run?"""

from grader.checks.question import Question, Result, failed, not_judged, passed, with_article


def ask(question: Question) -> Result:
    """Not judged where the name is missing: that is no evidence of a mistake in it."""
    name, definition = question.task.name, question.definition
    if definition is None:
        return not_judged(question.trouble or f"{name} could not be asked")
    if not definition.found:
        return not_judged(question.trouble or f"{name} is not defined in the notebook")
    if not definition.callable:
        return failed(
            f"{name} is {with_article(definition.type)}, not a function: another line gave the"
            f" name a new meaning",
            seen=definition.type,
        )
    return passed()
