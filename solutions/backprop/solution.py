"""Reference functions and known mistakes for the backward functions of one layer.

Sources of the mistakes: the published student question on a 3-layer network, and classes.
"""

import numpy as np

from grader import Misconception, Solution, Twin


def sigmoid(Z):
    return 0.5 * (1.0 + np.tanh(0.5 * Z))


def relu(Z):
    return np.maximum(0.0, Z)


def linear_backward(dZ, cache):
    """dA_prev = W^T . dZ; dW and db are averages over the m examples."""
    A_prev, W, _ = cache
    m = dZ.shape[1]
    return W.T @ dZ, dZ @ A_prev.T / m, np.sum(dZ, axis=1, keepdims=True) / m


def relu_backward(dA, Z):
    return dA * (Z > 0)


def sigmoid_backward(dA, Z):
    return dA * sigmoid(Z) * sigmoid(-Z)


def linear(value, formula):
    """A twin for one value of linear_backward; `formula` takes dZ, A_prev, W, b."""
    return Twin("linear_backward", value, lambda dZ, cache: formula(dZ, *cache))


def right(index, change):
    """A twin's formula: one right value of linear_backward, changed."""
    return lambda dZ, *cache: change(linear_backward(dZ, cache)[index])


def activation(task, formula):
    """A twin for the one value of an activation's backward function."""
    return Twin(task, "dZ", formula)


NAMES = ("dA_prev", "dW", "db")
BOTH = ("relu_backward", "sigmoid_backward")

solution = Solution(
    references={
        "linear_backward": linear_backward,
        "relu_backward": relu_backward,
        "sigmoid_backward": sigmoid_backward,
    },
    misconceptions=(
        Misconception(
            "activation-of-gradient",
            "the activation function itself was applied to the gradient dA",
            "A gradient passes back through the slope of the curve: slope of what, and where?",
            (
                activation("relu_backward", lambda dA, Z: relu(dA)),
                activation("relu_backward", lambda dA, Z: dA * (dA > 0) * (Z > 0)),
                activation("sigmoid_backward", lambda dA, Z: sigmoid(dA)),
            ),
        ),
        Misconception(
            "dw-uses-gradient",
            "dW is built from a gradient alone; the activation that entered the layer is missing",
            "Nudge one weight: which number that came into the layer decides how far Z moves?",
            (
                linear("dW", lambda dZ, A_prev, W, b: dZ @ dZ.T / dZ.shape[1]),
                linear("dW", lambda dZ, A_prev, W, b: dZ @ (W.T @ dZ).T / dZ.shape[1]),
            ),
        ),
        Misconception(
            "da-repeats-dw",
            "dA_prev holds the formula of dW again",
            "Which shape must dA_prev have, and through what did A_prev reach Z?",
            (linear("dA_prev", right(1, lambda dW: dW)),),
        ),
        Misconception(
            "da-has-1-over-m",
            "dA_prev is divided by the number of examples",
            "By this course's convention, which returned values are averages, and which is not?",
            (linear("dA_prev", lambda dZ, A_prev, W, b: W.T @ dZ / dZ.shape[1]),),
        ),
        Misconception(
            "db-sums-everything",
            "db is one single number: units and examples were added up together",
            "How many biases has the layer, and which entries of dZ does each of them touch?",
            (
                linear("db", lambda dZ, *_: np.sum(dZ) / dZ.shape[1]),
                linear("db", lambda dZ, *_: np.sum(dZ, keepdims=True) / dZ.shape[1]),
                linear("db", lambda dZ, *_: np.full((len(dZ), 1), np.sum(dZ) / dZ.shape[1])),
            ),
        ),
        Misconception(
            "db-shape",
            "db has lost one of its dimensions",
            "b is a column: what does np.sum do with the axis that it sums over?",
            (linear("db", right(2, lambda db: db[:, 0])), linear("db", right(2, np.squeeze))),
        ),
        Misconception(
            "db-wrong-axis",
            "db was summed over the units instead of the examples",
            "In dZ of shape (n, m), which axis counts the examples?",
            (
                linear("db", lambda dZ, *_: np.sum(dZ, axis=0, keepdims=True) / dZ.shape[1]),
                linear("db", lambda dZ, *_: np.sum(dZ, axis=0) / dZ.shape[1]),
                linear("db", lambda dZ, *_: np.mean(dZ, axis=0, keepdims=True)),
                linear("db", lambda dZ, *_: np.mean(dZ, axis=0)),
                linear("db", lambda dZ, *_: np.sum(dZ, axis=0)[:, None] / dZ.shape[1]),
            ),
        ),
        Misconception(
            "missing-1-over-m",
            "a sum over the examples stands where their mean belongs",
            "If every example came twice in the batch, should this value double?",
            (
                linear("dW", lambda dZ, A_prev, W, b: dZ @ A_prev.T),
                linear("db", lambda dZ, *_: np.sum(dZ, axis=1, keepdims=True)),
            ),
        ),
        Misconception(
            "wrong-m",
            "it is divided by a number of units instead of the number of examples",
            "Which axis of dZ counts the examples, and what does shape[0] give you?",
            tuple(
                linear(
                    value,
                    lambda dZ, *cache, i=i, size=size: (
                        linear_backward(dZ, cache)[i] * dZ.shape[1] / size(dZ, *cache)
                    ),
                )
                for i, value in ((1, "dW"), (2, "db"))
                for size in (
                    lambda dZ, A_prev, W, b: dZ.shape[0],
                    lambda dZ, A_prev, W, b: A_prev.shape[0],
                    lambda dZ, A_prev, W, b: W.size,
                    lambda dZ, A_prev, W, b: dZ.size,
                )
            ),
        ),
        Misconception(
            "transposed",
            "rows and columns are exchanged: it is transposed",
            "Write the shapes of both factors beside each other: which order gives this shape?",
            tuple(linear(v, right(i, np.transpose)) for i, v in enumerate(NAMES)),
        ),
        Misconception(
            "w-not-transposed",
            "W was used as it stands on the way back",
            "W takes n_prev numbers to n: which matrix goes the other way?",
            (
                linear("dA_prev", lambda dZ, A_prev, W, b: W @ dZ),
                linear("dA_prev", lambda dZ, A_prev, W, b: dZ @ W),
            ),
        ),
        Misconception(
            "derivative-of-wrong-variable",
            "the slope of the activation was taken at the wrong variable",
            "The cache holds one of Z and A: which one, and where must the slope be taken?",
            (
                activation("sigmoid_backward", lambda dA, Z: dA * sigmoid(dA) * sigmoid(-dA)),
                activation("sigmoid_backward", lambda dA, Z: sigmoid(dA) * sigmoid(-dA)),
                activation(
                    "sigmoid_backward",
                    lambda dA, Z: dA * sigmoid(sigmoid(Z)) * sigmoid(-sigmoid(Z)),
                ),
                activation("sigmoid_backward", lambda dA, Z: dA * Z * (1 - Z)),
                activation("sigmoid_backward", lambda dA, Z: dA * dA * (1 - dA)),
                activation("sigmoid_backward", lambda dA, Z: dA * (1 - dA)),
            ),
        ),
        Misconception(
            "missing-derivative",
            "dA is handed on without the slope of the activation",
            "Where the curve is flat, how much of a gradient should come through?",
            tuple(activation(task, lambda dA, Z: dA) for task in BOTH),
        ),
        Misconception(
            "missing-upstream",
            "it is the slope of the activation alone: the gradient dA that arrives is not in it",
            "If dA were twice as large, what should happen to dZ?",
            (
                activation("relu_backward", lambda dA, Z: 1.0 * (Z > 0)),
                activation("sigmoid_backward", lambda dA, Z: sigmoid(Z) * sigmoid(-Z)),
            ),
        ),
        Misconception(
            "mask-inverted",
            "the gradient was kept where ReLU is flat, and cut where it is not",
            "For which Z does a small change of Z change relu(Z)?",
            (activation("relu_backward", lambda dA, Z: dA * (Z <= 0)),),
        ),
        Misconception(
            "sign-flipped",
            "its sign is the other way round",
            "Follow the minus sign: is one missing, or one too many?",
            (
                *(linear(v, right(i, np.negative)) for i, v in enumerate(NAMES)),
                activation("relu_backward", lambda dA, Z: -relu_backward(dA, Z)),
                activation("sigmoid_backward", lambda dA, Z: -sigmoid_backward(dA, Z)),
            ),
        ),
    ),
)
