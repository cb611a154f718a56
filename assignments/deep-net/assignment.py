"""A 3-layer network (ReLU, ReLU, sigmoid) with binary cross-entropy, from loss to update."""

import numpy as np

from grader import Array, Assignment, Limits, Returned, Task, gradient

LAYERS = (1, 2, 3)
PARAMETERS = {
    "W1": Array(("n1", "n0"), draw="weight"),
    "b1": Array(("n1", 1), draw="weight"),
    "W2": Array(("n2", "n1"), draw="weight"),
    "b2": Array(("n2", 1), draw="weight"),
    "W3": Array((1, "n2"), draw="weight"),
    "b3": Array((1, 1), draw="weight"),
}
NETWORK = {"X": Array(("n0", "m")), "Y": Array((1, "m"), draw="label"), **PARAMETERS}
SIZES = ({"n0": 3, "m": 4, "n1": 2, "n2": 3}, {"n0": 2, "m": 5, "n1": 3, "n2": 4})


def sigmoid(Z):
    return 0.5 * (1.0 + np.tanh(0.5 * Z))


def summed_loss(A3, Y):
    """Binary cross-entropy added up over the examples: the 1/m stays out of dA3."""
    return -np.sum(Y * np.log(A3) + (1 - Y) * np.log(1 - A3))


def hidden(X, W1, b1, W2, b2):
    Z1 = W1 @ X + b1
    return Z1, W2 @ np.maximum(0.0, Z1) + b2


def network_loss(X, Y, W1, b1, W2, b2, W3, b3):
    """The loss of the whole network, averaged over the m examples.

    For a label of 1 the loss of an example is log(1 + exp(-Z3)), else log(1 + exp(Z3)); so
    written, nothing overflows and nothing cancels.
    """
    _, Z2 = hidden(X, W1, b1, W2, b2)
    Z3 = W3 @ np.maximum(0.0, Z2) + b3
    return np.mean(np.logaddexp(0.0, np.where(Y == 1, -Z3, Z3)))


def usable(X, Y, W1, b1, W2, b2, W3, b3, clear=0.1):
    """Whether no ReLU is at its kink, and no A3 so near 0 or 1 that 1 - A3 loses digits."""
    Z1, Z2 = hidden(X, W1, b1, W2, b2)
    Z3 = W3 @ np.maximum(0.0, Z2) + b3
    return min(np.abs(Z1).min(), np.abs(Z2).min()) > clear and np.abs(Z3).max() < 4


def close_to_kinks(X, Y, W1, b1, W2, b2, W3, b3):
    """Biases by which each hidden unit has an example close to its kink, on either side."""
    b1 = b1 + way_to_kink(W1 @ X + b1)
    b2 = b2 + way_to_kink(W2 @ np.maximum(0.0, W1 @ X + b1) + b2)
    return {"b1": b1, "b2": b2}


def way_to_kink(Z):
    """What to add to each row so that its entry nearest to 0 lies from 0.002 to 0.05 off it."""
    units = np.arange(len(Z))
    nearest = Z[units, np.argmin(np.abs(Z), axis=1)]
    goal = np.resize([0.002, -0.002, 0.01, -0.01, 0.05, -0.05], len(Z))
    return (goal - nearest)[:, None]


def forward(X, W1, b1, W2, b2, W3, b3):
    """A3 and the caches, as the notebook's forward pass returns them."""
    Z1, Z2 = hidden(X, W1, b1, W2, b2)
    A1, A2 = np.maximum(0.0, Z1), np.maximum(0.0, Z2)
    Z3 = W3 @ A2 + b3
    return sigmoid(Z3), [((X, W1, b1), Z1), ((A1, W2, b2), Z2), ((A2, W3, b3), Z3)]


def backward_arguments(X, Y, **parameters):
    A3, caches = forward(X, **parameters)
    return A3, Y, caches


def step_potential(learning_rate, X, Y, **parameters):
    """A function whose gradient is the updated parameter: |p|^2 / 2 - learning_rate * loss."""
    half_squares = sum(np.sum(p * p) for p in parameters.values()) / 2
    return half_squares - learning_rate * network_loss(X, Y, **parameters)


def potential(learning_rate, X, Y, W1, b1, W2, b2, W3, b3):
    return step_potential(learning_rate, X, Y, W1=W1, b1=b1, W2=W2, b2=b2, W3=W3, b3=b3)


def update_arguments(learning_rate, X, Y, **parameters):
    """The gradients handed to the student are finite differences of the network's loss."""
    network = {"X": X, "Y": Y, **parameters}
    grads = {f"d{name}": gradient(network_loss, network, name).value for name in parameters}
    return parameters, grads, learning_rate


assignment = Assignment(
    title="Backpropagation through a 3-layer network",
    tasks=(
        Task(
            name="loss_backward",
            forward=summed_loss,
            inputs={
                "A3": Array((1, "m"), draw="probability"),
                "Y": Array((1, "m"), draw="label"),
            },
            arguments=lambda A3, Y: (A3, Y),
            returned=(Returned("dA3", wrt="A3"),),
            points=20,
            section="The loss",
        ),
        Task(
            name="network_backward",
            forward=network_loss,
            inputs=NETWORK,
            arguments=backward_arguments,
            returned=tuple(
                Returned(f"d{letter}{layer}", wrt=f"{letter}{layer}")
                for layer in LAYERS
                for letter in "Wb"
            ),
            as_dict=True,
            points=60,
            sizes=SIZES,
            usable=lambda **network: usable(**network, clear=0.001),
            nudge=close_to_kinks,
            section="The whole way back",
        ),
        Task(
            name="update_parameters",
            forward=potential,
            inputs={"learning_rate": Array(draw="rate"), **NETWORK},
            arguments=update_arguments,
            returned=tuple(Returned(name, wrt=name) for name in PARAMETERS),
            as_dict=True,
            points=20,
            sizes=SIZES,
            usable=lambda learning_rate, **network: usable(**network),
            section="One step of gradient descent",
        ),
    ),
    limits=Limits(cell_seconds=20, total_seconds=120, memory_bytes=2 * 1024**3),
)
