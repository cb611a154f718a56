"""Is the answer still right where the inputs are very large?"""

from dataclasses import replace

from grader.checks import dtype, finite, gradient, reference, runs, shape
from grader.checks.question import Question, Result, passed


def ask(question: Question) -> Result:
    """All that is asked of a value, on one case of large magnitudes: the first failure counts."""
    values = reference.ask if question.truth.reference is not None else gradient.ask
    for ask_one in (runs.ask, shape.ask, dtype.ask, finite.ask, values):
        result = ask_one(question)
        if result.outcome != "passed":
            return replace(result, message=f"at large magnitudes, {result.message}")
    return passed(runs.ask(question).message)
