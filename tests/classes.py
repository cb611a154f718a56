"""Builds graded students for tests of reports: real checks and findings, no kernel."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from grader.answer_key import AnswerKey
from grader.gradebook import Handin
from grader.proving import try_function
from grader.scored_checks import ScoredChecks
from grader.standings import Standing
from grader.verdict import Verdict

Function = Callable[..., Any]


def linear(dZ: Any, cache: Any) -> Any:
    A_prev, W, _ = cache
    m = dZ.shape[1]
    return W.T @ dZ, dZ @ A_prev.T / m, np.sum(dZ, axis=1, keepdims=True) / m


def linear_without_mean(dZ: Any, cache: Any) -> Any:
    A_prev, W, _ = cache
    return W.T @ dZ, dZ @ A_prev.T, np.sum(dZ, axis=1, keepdims=True)


def relu(dA: Any, Z: Any) -> Any:
    return dA * (Z > 0)


def sigmoid(dA: Any, Z: Any) -> Any:
    s = 0.5 * (1 + np.tanh(0.5 * Z))
    return dA * s * (1 - s)


RIGHT: Mapping[str, Function] = {
    "linear_backward": linear,
    "relu_backward": relu,
    "sigmoid_backward": sigmoid,
}


def graded(key: AnswerKey, student: str, **functions: Function) -> Standing:
    """A student of backprop whose functions are right, but for those given."""
    rows, findings = [], []
    for task in key.course.assignment.tasks:
        with np.errstate(all="ignore"):
            _, found, of_task = try_function(key, task, {**RIGHT, **functions}[task.name])
        rows += of_task
        findings += found
    full = key.full
    verdict = Verdict("ok", "", full, ScoredChecks.of(rows), tuple(findings), seconds=1.5)
    handin = Handin(student, "5ha", f"{student}.ipynb", "2026-01-01T12:00:00+00:00")
    return Standing(handin, verdict, 1, 0)
