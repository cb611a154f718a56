"""Is it an array of exactly the declared shape?"""

from grader.checks.question import Question, Result, failed, passed, what_it_is
from grader.execution import Leaf


def ask(question: Question) -> Result:
    """Strict: nothing is broadcast, so one number never equals a whole array."""
    name, leaf, wanted = question.value.name, question.leaf, question.expected_shape
    if not isinstance(leaf, Leaf):
        return failed(leaf)
    if leaf.array is None:
        said = f"{name} is {what_it_is(leaf)}; an array of shape {wanted} is expected"
        return failed(said, seen=leaf.type)
    if leaf.array.shape != wanted:
        return failed(
            f"{name} has shape {leaf.array.shape}, expected {wanted}"
            f" for {question.task.shape_of(question.value)}",
            seen=f"shape {leaf.array.shape}",
        )
    return passed()
