"""Truth: references held against finite differences, both one-sided values at a kink."""

import numpy as np
import pytest

from grader.answer_key import AnswerKey, make_answer_key
from grader.assignment import Course
from grader.errors import AssignmentError
from grader.truth import disagreements, truth_of
from tests.conftest import course_named


@pytest.mark.parametrize("name", ["backprop", "deep-net", "scalar-net"])
@pytest.mark.parametrize("seed", range(3))
def test_references_of_the_shipped_assignments_are_derivatives(name: str, seed: int) -> None:
    assert make_answer_key(course_named(name), seed).truths


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
