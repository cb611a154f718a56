"""The words that reports share: how a run ended, what a check asks, how an outcome is called."""

from collections.abc import Iterable

from grader.verdict import NOT_JUDGED

ENDINGS = {
    "ok": "The notebook ran to its end.",
    "errors": "Some cells raised; what was defined was judged.",
    "timeout": "It ran out of time; what was defined before was judged.",
    "died": "The kernel died; what could be judged was.",
    "unreadable": "It could not be read.",
    "missing": "Nothing was handed in.",
}

QUESTIONS = {
    "defined": "Is the function there once the notebook has run?",
    "signature": "Can it be called with the arguments of the assignment?",
    "runs": "Does it return, without raising and in time?",
    "shape": "Is it an array of exactly the declared shape?",
    "dtype": "Does it hold real floating-point numbers?",
    "finite": "Is there no NaN and no infinity in it?",
    "reference": "Are the values those of the reference?",
    "gradient": "Are the values the slope of the forward function?",
    "pure": "Are the arguments as they were before the call?",
    "deterministic": "Does the same input give the same answer again?",
    "stable": "Is it still right where the inputs are very large?",
}

CELL_ENDINGS = {
    "raised": "raised an error",
    "timeout": "ran out of time",
    "died": "killed the kernel",
}


def ending(status: str, message: str) -> str:
    """How a run ended; `message` says why a notebook could not be read, or not be judged."""
    if message.startswith(NOT_JUDGED):
        return f"It was {message}."
    return f"It could not be read: {message}" if status == "unreadable" else ENDINGS[status]


def said_in_short(late: float, mistakes: Iterable[str]) -> str:
    """What lateness took off and the mistakes recognised: `late −6, transposed`."""
    return ", ".join([*([f"late −{late:g}"] if late else []), *mistakes])


def count(number: int, noun: str) -> str:
    """A number with its noun, such as `1 student` or `3 students`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def sentence(text: str) -> str:
    """The text with a capital at its start, unless it starts with a name such as `dA`."""
    first = text.split(" ", 1)[0]
    return text[0].upper() + text[1:] if first.islower() else text


def listed(items: list[str]) -> str:
    """Several things as a sentence lists them: `a`, `a and b`, `a, b and c`."""
    return " and ".join([*([", ".join(items[:-1])] if items[:-1] else []), *items[-1:]])


def numbers(value: object) -> str:
    """Nested lists of numbers as a person writes them."""
    if isinstance(value, list):
        return f"[{', '.join(numbers(item) for item in value)}]"
    if isinstance(value, float):
        return f"{value:.6g}"
    return str(value)
