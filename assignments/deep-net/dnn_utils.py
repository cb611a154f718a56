"""Forward functions that the notebook uses: sigmoid, relu, and the whole network."""

import numpy as np


def sigmoid(Z):
    """1 / (1 + exp(-Z)) for an array of any shape; never overflows."""
    return 0.5 * (1.0 + np.tanh(0.5 * np.asarray(Z)))


def relu(Z):
    """max(0, Z) for an array of any shape."""
    return np.maximum(0.0, Z)


def forward(X, parameters):
    """A3 and the caches of the 3-layer network.

    X: (n0, m). parameters: W1, b1, W2, b2, W3, b3 by name.
    caches: [((A0, W1, b1), Z1), ((A1, W2, b2), Z2), ((A2, W3, b3), Z3)], with A0 = X.
    """
    A, caches = X, []
    for layer, activation in ((1, relu), (2, relu), (3, sigmoid)):
        W, b = parameters[f"W{layer}"], parameters[f"b{layer}"]
        Z = W @ A + b
        caches.append(((A, W, b), Z))
        A = activation(Z)
    return A, caches
