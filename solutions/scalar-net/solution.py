"""Reference functions and known mistakes for the network of two weights.

Source of the mistakes: a published answer, whose sign is wrong, and classes.
"""

import numpy as np

from grader import Misconception, Solution, Twin


def sigmoid(p):
    return 0.5 * (1.0 + np.tanh(0.5 * p))


def slopes(w, x):
    """y, z and the slopes of both activations."""
    y = np.tanh(w[0] * x)
    z = sigmoid(w[1] * y)
    return y, z, 1 - y * y, z * (1 - z)


def gradient(w, x, d):
    y, z, slope1, slope2 = slopes(w, x)
    common = (z - d) * slope2
    return np.array([common * w[1] * slope1 * x, common * y])


def update_step(w, g, alpha):
    return w - alpha * g


def without_w2(w, x, d):
    y, z, slope1, slope2 = slopes(w, x)
    common = (z - d) * slope2
    return np.array([common * slope1 * x, common * y])


def without_slopes(w, x, d):
    y, z, _, _ = slopes(w, x)
    return np.array([(z - d) * w[1] * x, (z - d) * y])


def without_outer_slope(w, x, d):
    y, z, slope1, _ = slopes(w, x)
    return np.array([(z - d) * w[1] * slope1 * x, (z - d) * y])


def without_inner_slope(w, x, d):
    y, z, _, slope2 = slopes(w, x)
    common = (z - d) * slope2
    return np.array([common * w[1] * x, common * y])


def of_gradient(formula):
    return Twin("gradient", "g", formula)


solution = Solution(
    references={"gradient": gradient, "update_step": update_step},
    misconceptions=(
        Misconception(
            "error-sign",
            "the error enters as d - z: both derivatives have the wrong sign",
            "Which way does E go when z grows and is already above d?",
            (of_gradient(lambda w, x, d: -gradient(w, x, d)),),
        ),
        Misconception(
            "missing-w2",
            "the derivative by w1 does not pass through w2",
            "Which numbers does a change of w1 meet on its way to z?",
            (of_gradient(without_w2),),
        ),
        Misconception(
            "swapped-gradient",
            "the two derivatives stand in each other's place",
            "Which entry of g belongs to w1?",
            (of_gradient(lambda w, x, d: gradient(w, x, d)[::-1]),),
        ),
        Misconception(
            "missing-derivative",
            "the slope of an activation is missing from the chain",
            "List every arrow from w1 to E: does each one have its factor?",
            (
                of_gradient(without_slopes),
                of_gradient(without_outer_slope),
                of_gradient(without_inner_slope),
            ),
        ),
        Misconception(
            "ascent",
            "the step goes up the gradient instead of down",
            "Does the error grow or shrink if you walk along its gradient?",
            (Twin("update_step", "w", lambda w, g, alpha: w + alpha * g),),
        ),
        Misconception(
            "missing-learning-rate",
            "the whole gradient is taken off: alpha is not in it",
            "What would alpha = 0 have to do to the weights?",
            (Twin("update_step", "w", lambda w, g, alpha: w - g),),
        ),
    ),
)
