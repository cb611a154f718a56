"""Each check's own sentence, and what it spares the checks after it."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from grader.answer_key import AnswerKey
from grader.checks import ORDER, Check, checks_of_task
from grader.checks.question import returned_leaf, what_it_is
from grader.execution import Answer, Definition, Leaf, Raised
from grader.proving import try_function


def first_failure(key: AnswerKey, function: Callable[..., Any], value: str = "dZ") -> Check:
    task = next(task for task in key.course.assignment.tasks if task.name == "sigmoid_backward")
    with np.errstate(all="ignore"):
        checks, _, _ = try_function(key, task, function)
    return next(check for check in checks if check.outcome == "failed")


def right(dA: Any, Z: Any) -> Any:
    s = 1 / (1 + np.exp(-Z))
    return dA * s * (1 - s)


def raises(dA: Any, Z: Any) -> Any:
    raise ValueError("shapes do not fit")


def stub(dA: Any, Z: Any) -> Any:
    raise NotImplementedError


@pytest.mark.parametrize(
    ("function", "check", "sentence"),
    [
        (raises, "runs", "sigmoid_backward raises ValueError: shapes do not fit"),
        (stub, "runs", "sigmoid_backward is still a stub: it raises NotImplementedError"),
        (
            lambda dA, Z: None,
            "shape",
            "dZ is None; an array of shape (2, 2) is expected",
        ),
        (
            lambda dA, Z: Z.astype(object),
            "shape",
            "dZ is an array of objects, not of numbers; an array of shape (2, 2) is expected",
        ),
        (lambda dA, Z: 1.0, "shape", "dZ has shape (), expected (2, 2) for (n, m)"),
        (
            lambda dA, Z: (dA, Z),
            "shape",
            "it returned a list or tuple of 2; one array is expected: dZ",
        ),
        (lambda dA, Z: {"dZ": Z}, "shape", "it returned a dict of 1; one array is expected: dZ"),
        (lambda dA, Z: Z > 0, "dtype", "dZ holds True and False; numbers are expected"),
        (lambda dA, Z: Z.astype(int), "dtype", "dZ holds whole numbers"),
        (lambda dA, Z: Z.astype(complex), "dtype", "dZ holds complex numbers"),
        (lambda dA, Z: right(dA, Z).astype(np.float16), "dtype", "dZ is float16, which keeps"),
        (lambda dA, Z: Z / 0, "finite", "dZ is infinite in 4 of 4 entries"),
        (lambda dA, Z: Z * np.nan, "finite", "dZ has NaN in 4 of 4 entries"),
        (lambda dA, Z: right(dA, Z) + 1, "reference", "dZ has wrong values: 4 of 4 entries are"),
    ],
)
def test_says_what_is_wrong_in_its_own_sentence(
    backprop_key: AnswerKey, function: Any, check: str, sentence: str
) -> None:
    failure = first_failure(backprop_key, function)
    assert failure.name == check
    assert failure.result.message.startswith(sentence)


@pytest.mark.parametrize(
    ("dW", "sentence"),
    [
        ((np.ones(2), np.ones(2)), "dW is a list or tuple of 2; an array is expected"),
        ({"W": 1.0}, "dW is a dict of 1; an array is expected"),
        ("dW", "dW is a str; an array of shape (2, 2) is expected"),
    ],
)
def test_one_of_several_values_must_be_an_array(
    backprop_key: AnswerKey, dW: Any, sentence: str
) -> None:
    task = backprop_key.course.assignment.tasks[0]
    checks, _, _ = try_function(backprop_key, task, lambda dZ, cache: (cache[0], dW, dZ))
    said = [c.result.message for c in checks if c.question.value.name == "dW"]
    assert sentence in said


def test_a_list_of_lists_is_called_so(backprop_key: AnswerKey) -> None:
    task = backprop_key.course.assignment.tasks[0]
    right = Leaf(np.ones((2, 2)), "ndarray")
    rows = [Leaf(None, "list"), Leaf(None, "list")]
    said = returned_leaf(task, task.returned[1], [right, rows, right])
    assert said == "dW is a list or tuple of lists; an array is expected"


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("tuple_iterator (dtype object)", "a tuple_iterator"),
        ("array (dtype object)", "an array of objects, not of numbers"),
        ("array (dtype <U3)", "an array (dtype <U3)"),
        ("None", "None"),
        ("", "something that is no array"),
    ],
)
def test_what_is_no_array_of_numbers_is_called_by_its_type(kind: str, words: str) -> None:
    assert what_it_is(Leaf(None, kind)) == words


def test_order_is_the_documented_one() -> None:
    assert list(ORDER) == [
        "defined", "signature", "runs", "shape", "dtype", "finite",
        "reference", "gradient", "pure", "deterministic", "stable",
    ]  # fmt: skip


def test_a_failed_check_spares_the_ones_after_it(backprop_key: AnswerKey) -> None:
    task = backprop_key.course.assignment.tasks[2]
    checks, _, _ = try_function(backprop_key, task, lambda dA, Z: 1.0)
    by_hand = {c.name: c for c in checks if c.question.case.name == "by-hand" and not c.about_task}
    assert by_hand["shape"].outcome == "failed"
    assert by_hand["gradient"].outcome == "not_judged"
    assert by_hand["gradient"].result.message == "not asked, because of the check `shape`"


def test_evidence_is_kept_apart_from_the_sentence(backprop_key: AnswerKey) -> None:
    def one_entry_off(dA: Any, Z: Any) -> Any:
        result = right(dA, Z)
        result[-1, -1] += 0.5
        return result

    failure = first_failure(backprop_key, one_entry_off)
    assert failure.result.where == (1, 1)
    assert failure.result.error == pytest.approx(0.5)
    assert "1 of 4 entries is off, by up to 0.5 at [1, 1]" in failure.result.message


def test_no_message_holds_an_expected_value(backprop_key: AnswerKey) -> None:
    task = backprop_key.course.assignment.tasks[2]
    checks, _, _ = try_function(backprop_key, task, lambda dA, Z: dA)
    for check in checks:
        if check.kind == "ordinary" and check.outcome == "failed":
            for number in check.question.truth.expected["dZ"].flat:
                assert f"{number:.6g}" not in check.result.message


def test_a_function_of_chance_is_not_deterministic(backprop_key: AnswerKey) -> None:
    numbers = np.random.default_rng(0)
    task = backprop_key.course.assignment.tasks[2]
    checks, _, _ = try_function(backprop_key, task, lambda dA, Z: numbers.normal(size=Z.shape))
    found = [check for check in checks if check.name == "deterministic"]
    assert {check.outcome for check in found} == {"failed"}


def test_a_name_that_could_not_be_imported_is_told_from_one_that_is_forgotten(
    backprop_key: AnswerKey,
) -> None:
    (task,) = (t for t in backprop_key.course.assignment.tasks if t.name == "relu_backward")
    raised = Raised("NameError", "name 'relu' is not defined", "return relu(Z)", 2, task.name)
    truths = backprop_key.truths[task.name]
    answers = dict.fromkeys(truths, Answer("raised", raised=raised))
    defined = Definition(found=True, callable=True, type="function", signature="")

    def said(missing: frozenset[str]) -> str:
        checks = checks_of_task(task, truths, answers, defined, "", missing)
        return next(check for check in checks if check.outcome == "failed").result.message

    assert "not on this machine" in said(frozenset({"relu"}))
    assert "not on this machine" not in said(frozenset({"sigmoid"}))
