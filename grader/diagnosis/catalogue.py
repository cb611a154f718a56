"""What to say of each mistake that is recognised for any task, without a declaration."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Entry:
    """One plain sentence that completes "it looks as if …", and one question that leads on.

    A mistake may stand on top of another, so the sentence says what was done, and of nothing
    that it is right.
    """

    says: str
    asks: str


GENERAL: dict[str, Entry] = {
    "sign-flipped": Entry(
        "its sign is the other way round",
        "Follow the minus sign: is one missing, or one too many?",
    ),
    "missing-1-over-m": Entry(
        "a sum over the examples stands where their mean belongs",
        "If every example came twice in the batch, should this value double?",
    ),
    "extra-1-over-m": Entry(
        "it is divided by a size once more than it should be",
        "Which of the returned values are averages by this course's convention?",
    ),
    "extra-m": Entry(
        "it is multiplied by a size that has no place in it",
        "Is something added up over an axis along which it does not change?",
    ),
    "wrong-m": Entry(
        "it is divided by the wrong size: units were counted, not examples",
        "Which axis counts the examples, and what does shape[0] give you?",
    ),
    "constant-factor": Entry(
        "it is off by a constant factor",
        "Which constant is it, and where could it have come in or got lost?",
    ),
    "transposed": Entry(
        "rows and columns are exchanged: it is transposed",
        "Write the shapes of both factors beside each other: which order gives this shape?",
    ),
    "lost-dimension": Entry(
        "a dimension is lost or added",
        "What does a sum do with the axis that it sums over?",
    ),
    "sums-everything": Entry(
        "everything was added up into one number",
        "Over which axis should be summed, and which one should be left?",
    ),
    "missing-sum": Entry(
        "the terms of a sum are returned one by one, and not added up",
        "Your answer has more entries than its shape allows: what do those belong to that are"
        " too many?",
    ),
    "returns-swapped": Entry(
        "the values are returned in another order",
        "In which order does the assignment name the returned values?",
    ),
    "another-value": Entry(
        "it holds what belongs to another returned value",
        "What does this value's shape have to be, and does your formula give it?",
    ),
    "input-returned": Entry(
        "one of the arguments is returned where a result belongs",
        "Which line was meant to compute it, and is its result what you return?",
    ),
    "missing-derivative": Entry(
        "the arriving gradient is handed on, and the slope is missing",
        "Where the curve is flat, how much of a gradient should come through?",
    ),
    "missing-upstream": Entry(
        "it is the slope alone: the gradient that arrives is not in it",
        "If the arriving gradient were twice as large, what should happen to the result?",
    ),
    "activation-of-gradient": Entry(
        "the activation function itself was applied to the arriving gradient",
        "A gradient passes back through the slope of the curve: slope of what, and where?",
    ),
    "derivative-of-wrong-variable": Entry(
        "the slope was taken at the wrong variable",
        "What does the cache hold, and at which variable must the slope be taken?",
    ),
    "mask-inverted": Entry(
        "the gradient was kept where the curve is flat, and cut where it is not",
        "For which inputs does a small change of the input change the output?",
    ),
    "low-precision": Entry(
        "it is off by less than a millionth",
        "Is a step done in float32, is a small number such as 1e-8 added, or are differences"
        " taken in place of a derivative?",
    ),
    "constant-answer": Entry(
        "the answer is the same whatever the input",
        "Which of the arguments does your formula use?",
    ),
    "overflow": Entry(
        "the values overflow for very large inputs and become NaN or infinite",
        "Which intermediate result grows without bound, and can it be written without it?",
    ),
    "changes-input": Entry(
        "the arguments are changed in place, and whoever needs them next gets the changed ones",
        "Which line writes into an array that was handed in?",
    ),
    "not-deterministic": Entry(
        "the same input gave two different answers",
        "Does the function use random numbers, or something left over from an earlier call?",
    ),
}
