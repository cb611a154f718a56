"""The backward functions of one layer, declared by the forward functions they differentiate."""

import numpy as np

from grader import Array, Assignment, Limits, Returned, Task


def linear_forward(A_prev, W, b):
    """Z = W . A_prev + b, with A_prev (n_prev, m), W (n, n_prev), b (n, 1), Z (n, m)."""
    return W @ A_prev + b


def relu_forward(Z):
    """A = max(0, Z), entry by entry."""
    return np.maximum(0.0, Z)


def sigmoid_forward(Z):
    """A = 1 / (1 + exp(-Z)), entry by entry; tanh never overflows."""
    return 0.5 * (1.0 + np.tanh(0.5 * Z))


assignment = Assignment(
    title="Backpropagation through one layer",
    tasks=(
        Task(
            name="linear_backward",
            forward=linear_forward,
            inputs={
                "dZ": Array(("n", "m")),
                "A_prev": Array(("n_prev", "m")),
                "W": Array(("n", "n_prev")),
                "b": Array(("n", 1)),
            },
            upstream="dZ",
            arguments=lambda dZ, A_prev, W, b: (dZ, (A_prev, W, b)),
            returned=(
                Returned("dA_prev", wrt="A_prev"),
                Returned("dW", wrt="W", mean_over="m"),
                Returned("db", wrt="b", mean_over="m"),
            ),
            points=60,
            section="The linear step",
        ),
        Task(
            name="relu_backward",
            forward=relu_forward,
            inputs={"dA": Array(("n", "m")), "Z": Array(("n", "m"), kink=0.0, large=1e6)},
            upstream="dA",
            arguments=lambda dA, Z: (dA, Z),
            returned=(Returned("dZ", wrt="Z"),),
            points=20,
            section="ReLU",
        ),
        Task(
            name="sigmoid_backward",
            forward=sigmoid_forward,
            inputs={"dA": Array(("n", "m")), "Z": Array(("n", "m"), large=800.0)},
            upstream="dA",
            arguments=lambda dA, Z: (dA, Z),
            returned=(Returned("dZ", wrt="Z"),),
            points=20,
            section="Sigmoid",
        ),
    ),
    limits=Limits(cell_seconds=20, total_seconds=120, memory_bytes=2 * 1024**3),
)
