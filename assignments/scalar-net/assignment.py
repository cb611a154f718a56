"""Two weights in a row: x --(*w1)--> tanh --(*w2)--> sigmoid --> z, with half the squared error."""

import numpy as np

from grader import Array, Assignment, Limits, Returned, Task, gradient


def network(w, x):
    """z for one number x, with w = (w1, w2)."""
    y = np.tanh(w[0] * x)
    return 0.5 * (1.0 + np.tanh(0.5 * w[1] * y))


def error(w, x, d):
    """E = 1/2 (z - d)^2."""
    return 0.5 * (network(w, x) - d) ** 2


def step_potential(w, x, d, alpha):
    """A function whose gradient by w is one step of descent: |w|^2 / 2 - alpha E."""
    return 0.5 * np.sum(w * w) - alpha * error(w, x, d)


assignment = Assignment(
    title="A network of two weights",
    tasks=(
        Task(
            name="gradient",
            forward=error,
            inputs={
                "w": Array((2,), draw="weight"),
                "x": Array(),
                "d": Array(draw="probability"),
            },
            arguments=lambda w, x, d: (w, x, d),
            returned=(Returned("g", wrt="w"),),
            points=70,
            section="The gradient",
        ),
        Task(
            name="update_step",
            forward=step_potential,
            inputs={
                "w": Array((2,), draw="weight"),
                "x": Array(),
                "d": Array(draw="probability"),
                "alpha": Array(draw="rate"),
            },
            arguments=lambda w, x, d, alpha: {
                "w": w,
                "g": gradient(error, {"w": w, "x": x, "d": d}, "w").value,
                "alpha": alpha,
            },
            returned=(Returned("w", wrt="w"),),
            points=30,
            section="One step",
        ),
    ),
    limits=Limits(cell_seconds=20, total_seconds=120, memory_bytes=2 * 1024**3),
)
