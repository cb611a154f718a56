"""The students of the two small sample classes: a right one, and one for every wrong equation."""

from dataclasses import dataclass

LOSS = """def loss_backward(A3, Y):
    return {loss}"""
NETWORK = """def network_backward(A3, Y, caches):
    m = Y.shape[1]
    grads = {{}}
    dA = {own_loss}
    A = A3
    for l in reversed(range(1, 4)):
        (A_prev, W, b), Z = caches[l - 1]
        if l == 3:
            s = sigmoid(Z)
            dZ = {output}
        else:
            dZ = {hidden}
        grads["dW" + str(l)] = {dW}
        grads["db" + str(l)] = {db}
        dA = {dA}
        A = A_prev
    return grads"""
UPDATE = """def update_parameters(parameters, grads, learning_rate):
    new = {{}}
    for name in parameters:
        new[name] = {step}
    return new"""
DEEP_USUAL = {
    "loss": "-(np.divide(Y, A3) - np.divide(1 - Y, 1 - A3))",
    "output": "dA * s * (1 - s)",
    "hidden": "np.where(Z > 0, dA, 0)",
    "dW": "np.dot(dZ, A_prev.T) / m",
    "db": "np.sum(dZ, axis=1, keepdims=True) / m",
    "dA": "np.dot(W.T, dZ)",
    "step": 'parameters[name] - learning_rate * grads["d" + name]',
}

GRADIENT = """def gradient(w, x, d):
    y = np.tanh(w[0] * x)
    z = 1 / (1 + np.exp(-w[1] * y))
    common = {error} * z * (1 - z)
    dw1 = common * {through}(1 - y ** 2) * x
    dw2 = common * y
    return np.array([{order}])"""
STEP = """def update_step(w, g, alpha):
    return {step}"""
SCALAR_USUAL = {
    "error": "(z - d)",
    "through": "w[1] * ",
    "order": "dw1, dw2",
    "step": "w - alpha * g",
}


@dataclass(frozen=True)
class Mistake:
    """A student of a small class: what is written otherwise than usual, and what it comes to."""

    name: str
    about: str
    diagnosis: str
    right: tuple[str, ...]
    changes: dict[str, str]


def deep_net_cells(mistake: Mistake) -> tuple[str, ...]:
    """The code cells of a student of deep-net."""
    words = {**DEEP_USUAL, **mistake.changes}
    words.setdefault("own_loss", words["loss"])
    imports = "import numpy as np\nfrom dnn_utils import relu, sigmoid"
    return imports, *(cell.format(**words) for cell in (LOSS, NETWORK, UPDATE))


def scalar_net_cells(mistake: Mistake) -> tuple[str, ...]:
    """The code cells of a student of scalar-net."""
    words = {**SCALAR_USUAL, **mistake.changes}
    return "import numpy as np", *(cell.format(**words) for cell in (GRADIENT, STEP))


def deep(name: str, about: str, diagnosis: str, **changes: str) -> Mistake:
    """A student of deep-net; what is changed says which functions are still right."""
    wrong = set()
    if "loss" in changes:
        wrong |= {"loss_backward", "network_backward"}
    if "step" in changes:
        wrong.add("update_parameters")
    elif changes:
        wrong.add("network_backward")
    tasks = ("loss_backward", "network_backward", "update_parameters")
    return Mistake(name, about, diagnosis, tuple(t for t in tasks if t not in wrong), changes)


def scalar(name: str, about: str, diagnosis: str, **changes: str) -> Mistake:
    """A student of scalar-net; what is changed says which function is still right."""
    wrong = {"update_step" if word == "step" else "gradient" for word in changes}
    right = tuple(t for t in ("gradient", "update_step") if t not in wrong)
    return Mistake(name, about, diagnosis, right, changes)


DEEP_NET = (
    deep("Adaeze Nwosu", "all right", ""),
    deep(
        "Bogdan Ionescu",
        "the second denominator is A",
        "loss-second-denominator",
        loss="-(Y / A3 - (1 - Y) / A3)",
    ),
    deep("Camila Rojas", "A3 - Y taken for dA3", "loss-derivative-is-dz", loss="A3 - Y"),
    deep(
        "Darius Petrauskas",
        "sigmoid of the gradient",
        "activation-of-gradient",
        output="sigmoid(dA)",
    ),
    deep("Élodie Girard", "relu of the gradient", "activation-of-gradient", hidden="relu(dA)"),
    deep(
        "Farid Haidari",
        "dW with the gradient dA",
        "dw-uses-gradient",
        dW="np.dot(dZ, dA.T) / m",
    ),
    deep(
        "Giulia Ferri",
        "dW with the layer's own A",
        "dw-off-by-one-layer",
        dW="np.dot(dZ, A.T) / m",
    ),
    deep("Hamza Yousaf", "dA repeats dW", "da-repeats-dw", dA="np.dot(dZ, A_prev.T) / m"),
    deep("Ida Lindqvist", "1/m in dA too", "da-has-1-over-m", dA="np.dot(W.T, dZ) / m"),
    deep("Jan Kowalczyk", "db sums everything", "db-sums-everything", db="np.sum(dZ) / m"),
    deep("Kenji Watanabe", "db without keepdims", "db-shape", db="np.sum(dZ, axis=1) / m"),
    deep(
        "Leila Farahani",
        "db over the wrong axis",
        "db-wrong-axis",
        db="np.sum(dZ, axis=0, keepdims=True) / m",
    ),
    deep(
        "Marta Silva",
        "no 1/m at all",
        "missing-1-over-m",
        dW="np.dot(dZ, A_prev.T)",
        db="np.sum(dZ, axis=1, keepdims=True)",
    ),
    deep(
        "Nils Bakken",
        "divided by the number of units",
        "wrong-m",
        dW="np.dot(dZ, A_prev.T) / len(dZ)",
        db="np.sum(dZ, axis=1, keepdims=True) / len(dZ)",
    ),
    deep("Oksana Shevchenko", "dW transposed", "transposed", dW="np.dot(A_prev, dZ.T) / m"),
    deep("Paolo Conti", "W not transposed", "w-not-transposed", dA="np.dot(W, dZ)"),
    deep(
        "Quynh Tran",
        "the slope at dA",
        "derivative-of-wrong-variable",
        output="dA * sigmoid(dA) * (1 - sigmoid(dA))",
    ),
    deep("Radka Dimitrova", "ReLU left out", "missing-derivative", hidden="dA"),
    deep("Sipho Dlamini", "the slope without dA", "missing-upstream", output="s * (1 - s)"),
    deep(
        "Tuuli Virtanen",
        "the mask the wrong way round",
        "mask-inverted",
        hidden="np.where(Z > 0, 0, dA)",
    ),
    deep(
        "Ugo Bianchi",
        "the loss derivative without its minus",
        "sign-flipped",
        loss="Y / A3 - (1 - Y) / (1 - A3)",
    ),
    deep(
        "Vesna Marković",
        "up the gradient",
        "ascent",
        step='parameters[name] + learning_rate * grads["d" + name]',
    ),
    deep(
        "Wanjiku Kamau",
        "parameters changed in place",
        "changes-input",
        step='parameters[name]; new[name] -= learning_rate * grads["d" + name]',
    ),
    deep(
        "Xu Wei", "the parameters as ones", "constant-answer", step="np.ones_like(parameters[name])"
    ),
)
SCALAR_NET = (
    scalar("Ayşe Kaya", "all right", ""),
    scalar("Bram Jansen", "d - z for z - d", "error-sign", error="(d - z)"),
    scalar("Chen Yu", "dE/dw1 without w2", "missing-w2", through=""),
    scalar("Dagny Holm", "the derivatives exchanged", "swapped-gradient", order="dw2, dw1"),
    scalar("Eero Salo", "up the gradient", "ascent", step="w + alpha * g"),
    scalar(
        "Fatou Ndiaye",
        "d - z, and w2 missing",
        "error-sign missing-w2",
        error="(d - z)",
        through="",
    ),
)
