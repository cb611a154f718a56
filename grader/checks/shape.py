"""Is it an array of exactly the declared shape?"""

from grader.checks.question import Question, Result, failed, passed
from grader.execution import Leaf


def ask(question: Question) -> Result:
    """Strict: nothing is broadcast, so one number never equals a whole array."""
    name, leaf, wanted = question.value.name, question.leaf, question.expected_shape
    if not isinstance(leaf, Leaf):
        return failed(leaf, wanted=f"shape {wanted}")
    if leaf.array is None:
        objects = "dtype object" in leaf.type
        why = ", which holds objects and no plain numbers" if objects else ""
        return failed(
            f"{name} is {leaf.type or 'no array of numbers'}{why}; an array of shape {wanted} is"
            f" asked",
            seen=leaf.type,
            wanted=f"shape {wanted}",
        )
    if leaf.array.shape != wanted:
        return failed(
            f"{name} has shape {leaf.array.shape}, expected {wanted}"
            f" for {question.task.shape_of(question.value)}",
            seen=f"shape {leaf.array.shape}",
            wanted=f"shape {wanted}",
        )
    return passed()
