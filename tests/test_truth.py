"""Truth: references held against finite differences, both one-sided values at a kink."""

import numpy as np
import pytest

from grader.answer_key import AnswerKey, make_answer_key
from grader.assignment import Course, Solution
from grader.cases import private_cases
from grader.errors import AssignmentError
from grader.numerics import compare, precision_of
from grader.truth import disagreements, truth_of
from tests.conftest import course_named


@pytest.mark.parametrize("name", ["backprop", "deep-net", "scalar-net"])
@pytest.mark.parametrize("first", range(0, 24, 6))
def test_the_shipped_assignments_are_sound_whatever_the_seed(name: str, first: int) -> None:
    course = course_named(name)
    for seed in range(first, first + 6):
        assert make_answer_key(course, seed).truths


@pytest.mark.parametrize("first", [0, 100])
def test_the_textbook_formulas_are_accurate_enough_whatever_the_seed(first: int) -> None:
    course = course_named("deep-net")
    assert course.solution is not None
    task = course.assignment.tasks[1]
    for seed in range(first, first + 8):
        for case in private_cases(task, seed, *sizes_of(course.solution)):
            truth = truth_of(task, case, course.solution.references[task.name])
            precision = precision_of(*(np.asarray(v).dtype for v in case.inputs.values()))
            for name, got in textbook_backward(*task.call_arguments(case.inputs)).items():
                tolerance = truth.rounding(name, precision)
                assert compare(got, truth.expected[name], tolerance) is None, (seed, case.name)


def sizes_of(solution: Solution) -> tuple[int, tuple[int, int]]:
    return solution.private_cases, solution.private_sizes


def textbook_backward(A3, Y, caches):
    """The network's backward pass as books write it: dA3 first, slopes as s * (1 - s)."""
    dA = -(np.divide(Y, A3) - np.divide(1 - Y, 1 - A3))
    grads, m = {}, Y.shape[1]
    for layer in (3, 2, 1):
        (A_prev, W, _), Z = caches[layer - 1]
        s = 1 / (1 + np.exp(-Z))
        dZ = dA * s * (1 - s) if layer == 3 else np.where(Z <= 0, 0, dA)
        grads[f"dW{layer}"] = 1 / m * np.dot(dZ, A_prev.T)
        grads[f"db{layer}"] = 1 / m * np.sum(dZ, axis=1, keepdims=True)
        dA = np.dot(W.T, dZ)
    return grads


def test_the_gradient_is_known_far_better_than_float32(backprop_key: AnswerKey) -> None:
    for truths in backprop_key.truths.values():
        for truth in truths.values():
            for estimate in truth.gradient.values():
                if truth.case.kind == "ordinary":
                    assert np.max(estimate.error) < 1e-10


def test_at_a_kink_both_conventions_are_known(backprop_key: AnswerKey) -> None:
    truth = backprop_key.truths["relu_backward"]["at-the-kink"]
    on_it = truth.case.inputs["Z"] == 0
    assert np.allclose(truth.gradient["dZ"].value[on_it], truth.case.inputs["dA"][on_it])
    assert np.allclose(truth.otherwise["dZ"][on_it], 0)


def test_a_wrong_reference_is_found_before_anyone_is_graded(backprop: Course) -> None:
    references = dict(backprop.solution.references)  # type: ignore[union-attr]
    task = backprop.assignment.tasks[1]
    wrong = lambda dA, Z: 1.001 * references[task.name](dA, Z)  # noqa: E731
    case = next(iter(make_answer_key(backprop, 1).truths[task.name].values())).case
    found = disagreements(task, [truth_of(task, case, wrong)])
    assert found[0].value == "dZ"
    assert "differs by" in found[0].says


def test_the_error_names_the_file_and_the_mend(backprop: Course) -> None:
    from dataclasses import replace

    broken = replace(
        backprop.solution, references={t.name: lambda *a: a[0] for t in backprop.assignment.tasks}
    )
    with pytest.raises(AssignmentError, match=r"(solution|assignment)\.py: .*"):
        make_answer_key(replace(backprop, solution=broken), 1)
