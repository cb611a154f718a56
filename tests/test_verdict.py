"""The verdict: it can always be kept, and comes back as it was."""

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from grader.answer_key import AnswerKey
from grader.diagnosis.example import plain
from grader.proving import try_function
from grader.scored_checks import ScoredCheck, ScoredChecks
from grader.verdict import Verdict

STRANGE: dict[str, Callable[[Any, Any], Any]] = {
    "complex": lambda dA, Z: dA * (Z > 0) + 1j,
    "long double": lambda dA, Z: (dA * (Z > 1)).astype(np.longdouble),
    "complex long double": lambda dA, Z: (dA * (Z > 1)).astype(np.clongdouble),
    "NaN": lambda dA, Z: dA * np.nan,
    "infinite": lambda dA, Z: dA * np.inf,
    "half": lambda dA, Z: (dA * (Z > 1)).astype(np.float16),
    "booleans": lambda dA, Z: Z > 0,
    "whole numbers": lambda dA, Z: (dA * (Z > 0)).astype(np.uint64),
    "nothing": lambda dA, Z: None,
}


def judged(key: AnswerKey, function: Callable[..., Any]) -> Verdict:
    task = next(t for t in key.course.assignment.tasks if t.name == "relu_backward")
    _, findings, rows = try_function(key, task, function)
    full, checks = key.full, ScoredChecks.of(rows)
    return Verdict("ok", "", full, checks, tuple(findings))


@pytest.mark.parametrize("kind", STRANGE)
def test_whatever_was_returned_can_be_kept(backprop_key: AnswerKey, kind: str) -> None:
    verdict = judged(backprop_key, STRANGE[kind])
    assert verdict.findings
    text = verdict.to_json()
    strictly = json.loads(text, parse_constant=pytest.fail)
    assert Verdict.from_json(text).to_json() == text
    assert Verdict.from_json(text).checks == verdict.checks
    assert strictly["findings"][0]["task"] == "relu_backward"


def test_what_is_no_finite_number_is_kept_in_words(backprop_key: AnswerKey) -> None:
    example = judged(backprop_key, STRANGE["NaN"]).findings[0].example
    assert example is not None
    assert {entry for row in example.got for entry in row} == {"nan"}
    assert plain(np.array([np.inf, 1.0])) == ["inf", 1.0]
    assert plain(np.array([[1 + 2j]])) == [["1+2j"]]
    beyond = np.finfo(np.longdouble).max
    assert plain(np.array(beyond)) == (str(float(beyond)) if np.isinf(float(beyond)) else beyond)


def test_verdicts_of_earlier_versions_are_read(backprop_key: AnswerKey) -> None:
    verdict = judged(backprop_key, STRANGE["half"])
    rows = {"columns": ScoredCheck._fields, "rows": list(verdict.checks)}
    for checks in ([row._asdict() for row in verdict.checks], rows):
        earlier = json.loads(verdict.to_json()) | {"checks": checks}
        assert Verdict.from_json(json.dumps(earlier)).checks == verdict.checks
