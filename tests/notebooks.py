"""Builds small notebooks for tests."""

import json
from pathlib import Path
from typing import Any

IMPORTS = "import numpy as np"
LINEAR = """
def linear_backward(dZ, cache):
    A_prev, W, b = cache
    m = dZ.shape[1]
    return W.T @ dZ, dZ @ A_prev.T / m, np.sum(dZ, axis=1, keepdims=True) / m
"""
RELU = """
def relu_backward(dA, cache):
    return dA * (cache > 0)
"""
SIGMOID = """
def sigmoid_backward(dA, cache):
    s = 1 / (1 + np.exp(-cache))
    return dA * s * (1 - s)
"""
RIGHT = (IMPORTS, LINEAR, RELU, SIGMOID)


def notebook(*cells: str, **metadata: Any) -> dict[str, Any]:
    """An nbformat 4 notebook of code cells."""
    return {
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": metadata,
        "cells": [
            {
                "cell_type": "code",
                "id": f"cell-{number}",
                "metadata": {},
                "execution_count": None,
                "outputs": [],
                "source": source,
            }
            for number, source in enumerate(cells)
        ],
    }


def write(file: Path, *cells: str, **metadata: Any) -> Path:
    """Writes such a notebook, making its folder."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(notebook(*cells, **metadata)), encoding="utf-8")
    return file
