"""Reference functions and known mistakes for the 3-layer network.

Sources of the mistakes: the published student question on this very network, and classes.
"""

import numpy as np

from grader import Misconception, Solution, Twin

NAMES = ("dW1", "db1", "dW2", "db2", "dW3", "db3")
HIDDEN = ("db1", "db2")


def sigmoid(Z):
    return 0.5 * (1.0 + np.tanh(0.5 * Z))


def relu(Z):
    return np.maximum(0.0, Z)


def loss_backward(A3, Y):
    """The derivative of the loss by A3, without 1/m."""
    return -(Y / A3 - (1 - Y) / (1 - A3))


def output_step(dA, Z):
    return dA * sigmoid(Z) * sigmoid(-Z)


def hidden_step(dA, Z):
    return dA * (Z > 0)


def weight_step(dZ, A_prev, A, W, dA):
    return dZ @ A_prev.T / dZ.shape[1]


def bias_step(dZ, A_prev):
    return np.sum(dZ, axis=1, keepdims=True) / dZ.shape[1]


def back_step(dZ, W, A_prev, A):
    return W.T @ dZ


def backward(
    A3,
    Y,
    caches,
    loss=loss_backward,
    output=output_step,
    inner=hidden_step,
    weight=weight_step,
    bias=bias_step,
    back=back_step,
):
    """The whole way back; each step can be replaced by a wrong one."""
    grads = {}
    dA, A = loss(A3, Y), A3
    for layer in (3, 2, 1):
        (A_prev, W, _), Z = caches[layer - 1]
        dZ = output(dA, Z) if layer == 3 else inner(dA, Z)
        grads[f"dW{layer}"] = weight(dZ, A_prev, A, W, dA)
        grads[f"db{layer}"] = bias(dZ, A_prev)
        dA, A = back(dZ, W, A_prev, A), A_prev
    return grads


def network_backward(A3, Y, caches):
    return backward(A3, Y, caches)


def update_parameters(parameters, grads, learning_rate):
    return {name: p - learning_rate * grads[f"d{name}"] for name, p in parameters.items()}


def network(*, names=NAMES, **wrong):
    """Twins of the returned values of network_backward with one kind of step replaced."""
    return tuple(
        Twin("network_backward", name, lambda *call, name=name: backward(*call, **wrong)[name])
        for name in names
    )


def weights(step):
    return network(weight=step, names=NAMES[::2])


def biases(step, names=NAMES[1::2]):
    return network(bias=step, names=names)


def loss(formula):
    return Twin("loss_backward", "dA3", formula)


def update(formula):
    """Twins of all updated parameters; `formula` takes parameter, gradient and rate."""
    return tuple(
        Twin(
            "update_parameters",
            name,
            lambda p, grads, rate, name=name: formula(p[name], grads[f"d{name}"], rate),
        )
        for name in ("W1", "b1", "W2", "b2", "W3", "b3")
    )


def second_denominator(A, Y):
    return -(Y / A - (1 - Y) / A)


def is_dz(A, Y):
    return A - Y


solution = Solution(
    references={
        "loss_backward": loss_backward,
        "network_backward": network_backward,
        "update_parameters": update_parameters,
    },
    private_sizes=(2, 5),
    misconceptions=(
        Misconception(
            "loss-second-denominator",
            "the second part of the loss derivative is divided by A where 1 - A belongs",
            "What is the slope of log(1 - A), and what happens to it when A is close to 1?",
            (loss(second_denominator), *network(loss=second_denominator)),
        ),
        Misconception(
            "loss-derivative-is-dz",
            "A3 - Y was taken for dA3, but that is already dZ3",
            "Has the sigmoid's slope been used yet, or is it still to come?",
            (loss(is_dz), *network(loss=is_dz)),
        ),
        Misconception(
            "missing-derivative",
            "the slope of an activation is missing on the way back",
            "Where the curve is flat, how much of a gradient should come through?",
            (*network(inner=lambda dA, Z: dA, names=NAMES[:4]), *network(output=lambda dA, Z: dA)),
        ),
        Misconception(
            "activation-of-gradient",
            "an activation function itself was applied to a gradient",
            "A gradient passes back through the slope of the curve: slope of what, and where?",
            (
                *network(inner=lambda dA, Z: relu(dA), names=NAMES[:4]),
                *network(output=lambda dA, Z: sigmoid(dA)),
                *network(inner=lambda dA, Z: relu(dA), output=lambda dA, Z: sigmoid(dA)),
            ),
        ),
        Misconception(
            "derivative-of-wrong-variable",
            "the sigmoid's slope was taken at the wrong variable",
            "The cache holds one of Z and A: which one, and where must the slope be taken?",
            (
                *network(output=lambda dA, Z: dA * sigmoid(dA) * sigmoid(-dA)),
                *network(output=lambda dA, Z: dA * sigmoid(sigmoid(Z)) * sigmoid(-sigmoid(Z))),
                *network(output=lambda dA, Z: dA * Z * (1 - Z)),
            ),
        ),
        Misconception(
            "missing-upstream",
            "a slope stands alone: the gradient that arrives there is not in it",
            "If the arriving gradient were twice as large, what should happen to dZ?",
            (
                *network(inner=lambda dA, Z: 1.0 * (Z > 0), names=NAMES[:4]),
                *network(output=lambda dA, Z: sigmoid(Z) * sigmoid(-Z)),
                *network(
                    inner=lambda dA, Z: 1.0 * (Z > 0),
                    output=lambda dA, Z: sigmoid(Z) * sigmoid(-Z),
                ),
            ),
        ),
        Misconception(
            "mask-inverted",
            "the gradient was kept where ReLU is flat, and cut where it is not",
            "For which Z does a small change of Z change relu(Z)?",
            network(inner=lambda dA, Z: dA * (Z <= 0), names=NAMES[:4]),
        ),
        Misconception(
            "dw-uses-gradient",
            "dW is built from a gradient alone; the activation that entered the layer is missing",
            "Nudge one weight: which number that came into the layer decides how far Z moves?",
            (
                *weights(lambda dZ, A_prev, A, W, dA: dZ @ dZ.T / dZ.shape[1]),
                *weights(lambda dZ, A_prev, A, W, dA: dZ @ dA.T / dZ.shape[1]),
                *weights(lambda dZ, A_prev, A, W, dA: dZ @ (W.T @ dZ).T / dZ.shape[1]),
            ),
        ),
        Misconception(
            "dw-off-by-one-layer",
            "dW uses the activation of its own layer, one layer too late",
            "Which activation does W multiply on the way forward?",
            weights(lambda dZ, A_prev, A, W, dA: dZ @ A.T / dZ.shape[1]),
        ),
        Misconception(
            "da-has-1-over-m",
            "the gradient is divided by m each time it passes a layer",
            "Where does 1/m enter by this course's convention, and how often may it?",
            network(back=lambda dZ, W, A_prev, A: W.T @ dZ / dZ.shape[1], names=NAMES[:4]),
        ),
        Misconception(
            "da-repeats-dw",
            "the gradient that goes on to the layer before holds the formula of dW again",
            "Which shape must dA have, and through what did the layer before reach Z?",
            (
                *network(back=lambda dZ, W, A_prev, A: dZ @ A_prev.T / dZ.shape[1]),
                *network(back=lambda dZ, W, A_prev, A: dZ @ A.T / dZ.shape[1]),
            ),
        ),
        Misconception(
            "w-not-transposed",
            "W was used as it stands on the way back",
            "W takes the units of one layer to the next: which matrix goes the other way?",
            (
                *network(back=lambda dZ, W, A_prev, A: W @ dZ),
                *network(back=lambda dZ, W, A_prev, A: dZ @ W),
            ),
        ),
        Misconception(
            "missing-1-over-m",
            "a sum over the examples stands where their mean belongs",
            "If every example came twice in the batch, should this value double?",
            (
                *weights(lambda dZ, A_prev, A, W, dA: dZ @ A_prev.T),
                *biases(lambda dZ, A_prev: np.sum(dZ, axis=1, keepdims=True)),
            ),
        ),
        Misconception(
            "wrong-m",
            "it is divided by a number of units instead of the number of examples",
            "Which axis of dZ counts the examples, and what does shape[0] give you?",
            tuple(
                twin
                for size in (
                    lambda dZ, A_prev: dZ.shape[0],
                    lambda dZ, A_prev: A_prev.shape[0],
                    lambda dZ, A_prev: dZ.size,
                )
                for twin in (
                    *weights(
                        lambda dZ, A_prev, A, W, dA, size=size: dZ @ A_prev.T / size(dZ, A_prev)
                    ),
                    *biases(
                        lambda dZ, A_prev, size=size: (
                            np.sum(dZ, axis=1, keepdims=True) / size(dZ, A_prev)
                        )
                    ),
                )
            ),
        ),
        Misconception(
            "db-sums-everything",
            "db is one single number: units and examples were added up together",
            "How many biases has the layer, and which entries of dZ does each of them touch?",
            (
                *biases(lambda dZ, A_prev: np.sum(dZ) / dZ.shape[1]),
                *biases(lambda dZ, A_prev: np.sum(dZ, keepdims=True) / dZ.shape[1], HIDDEN),
                *biases(lambda dZ, A_prev: np.full((len(dZ), 1), np.sum(dZ)) / dZ.shape[1], HIDDEN),
            ),
        ),
        Misconception(
            "db-shape",
            "db has lost one of its dimensions",
            "b is a column: what does np.sum do with the axis that it sums over?",
            (
                *biases(lambda dZ, A_prev: np.sum(dZ, axis=1) / dZ.shape[1]),
                *biases(lambda dZ, A_prev: np.sum(dZ) / dZ.shape[1], NAMES[5:]),
            ),
        ),
        Misconception(
            "db-wrong-axis",
            "db was summed over the units instead of the examples",
            "In dZ of shape (n, m), which axis counts the examples?",
            (
                *biases(lambda dZ, A_prev: np.sum(dZ, axis=0, keepdims=True) / dZ.shape[1]),
                *biases(lambda dZ, A_prev: np.sum(dZ, axis=0) / dZ.shape[1]),
                *biases(lambda dZ, A_prev: np.mean(dZ, axis=0, keepdims=True)),
                *biases(lambda dZ, A_prev: np.mean(dZ, axis=0)),
            ),
        ),
        Misconception(
            "ascent",
            "the step goes up the gradient instead of down",
            "Does the loss grow or shrink if you walk along its gradient?",
            update(lambda p, g, rate: p + rate * g),
        ),
        Misconception(
            "missing-learning-rate",
            "the whole gradient is taken off: the learning rate is not in it",
            "What would a learning rate of 0 have to do to the parameters?",
            update(lambda p, g, rate: p - g),
        ),
    ),
)
