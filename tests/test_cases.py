"""Cases: drawn from a seed, of the sizes and kinds that are asked, away from kinks."""

import numpy as np
import pytest

from grader.assignment import Array, Draw, Returned, Task
from grader.cases import private_cases, public_cases
from grader.errors import AssignmentError


def relu_task(**changes: object) -> Task:
    fields: dict[str, object] = {
        "name": "relu_backward",
        "forward": lambda Z: np.maximum(0.0, Z),
        "inputs": {"dA": Array(("n", "m")), "Z": Array(("n", "m"), kink=0.0, large=1e6)},
        "upstream": "dA",
        "arguments": lambda dA, Z: (dA, Z),
        "returned": (Returned("dZ", wrt="Z"),),
        "points": 10,
    }
    return Task(**{**fields, **changes})  # type: ignore[arg-type]


def test_names_are_unique_among_public_and_private_cases() -> None:
    names = [
        case.name
        for case in (*public_cases(relu_task()), *private_cases(relu_task(), 1, 5, (2, 6)))
    ]
    assert len(names) == len(set(names))


def test_the_same_seed_gives_the_same_cases_and_another_seed_others() -> None:
    one, same, other = (private_cases(relu_task(), seed, 5, (2, 6)) for seed in (1, 1, 2))
    assert np.array_equal(one[0].inputs["Z"], same[0].inputs["Z"])
    assert not any(
        np.array_equal(a.inputs["dA"], b.inputs["dA"]) for a, b in zip(one, other, strict=False)
    )


def test_every_kind_of_private_case_is_there() -> None:
    names = {case.name for case in private_cases(relu_task(), 3, 5, (2, 6))}
    assert {"n=1", "m=1", "at-the-kink", "fortran-order", "strided", "float32", "large"} <= names


@pytest.mark.parametrize("seed", range(20))
def test_ordinary_cases_come_close_to_the_kink_on_both_sides_and_mix_no_axes(seed: int) -> None:
    for case in private_cases(relu_task(), seed, 5, (2, 6)):
        if case.kind == "ordinary":
            Z = case.inputs["Z"]
            assert np.max(Z[Z < 0]) == pytest.approx(-1e-4)
            assert np.min(Z[Z > 0]) == pytest.approx(1e-4)
            assert np.max(np.abs(Z)) >= 0.1
        if case.name.startswith("drawn"):
            assert case.sizes["n"] != case.sizes["m"]


def test_the_first_public_case_can_be_redone_by_hand() -> None:
    case = public_cases(relu_task())[0]
    assert case.entries == 8
    assert all(float(number).is_integer() for number in case.inputs["Z"].flat)


def test_large_cases_hold_both_signs_of_the_largest_size() -> None:
    large = [case for case in private_cases(relu_task(), 3, 5, (2, 6)) if case.kind == "large"]
    assert large[0].inputs["Z"].max() == 1e6
    assert large[0].inputs["Z"].min() == -1e6


def test_inputs_that_can_not_be_drawn_are_the_assignments_fault() -> None:
    task = relu_task(usable=lambda Z: False)
    with pytest.raises(AssignmentError, match="is `usable`"):
        public_cases(task)


def test_sizes_stay_in_their_range_and_differ_as_far_as_it_allows() -> None:
    task = relu_task(
        inputs={
            "dA": Array(("n", "m")),
            "Z": Array(("n", "m")),
            **{name: Array((name,)) for name in ("k", "p", "q")},
        },
        forward=lambda Z, k, p, q: np.maximum(0.0, Z),
        arguments=lambda dA, Z, k, p, q: (dA, Z),
    )
    for seed in range(10):
        drawn = [c for c in private_cases(task, seed, 5, (2, 4)) if c.name.startswith("drawn")]
        assert all(set(case.sizes.values()) == {2, 3, 4} for case in drawn)


@pytest.mark.parametrize(("draw", "axis"), [("one-hot-columns", 0), ("one-hot-rows", 1)])
def test_one_hot_labels_have_one_1_for_each_example(draw: Draw, axis: int) -> None:
    inputs = {"dA": Array(("n", "m"), draw=draw), "Z": Array(("n", "m"))}
    task = relu_task(inputs=inputs)
    for case in (*public_cases(task), *private_cases(task, 1, 5, (2, 6))):
        assert set(np.unique(case.inputs["dA"])) <= {0.0, 1.0}
        assert (case.inputs["dA"].sum(axis=axis) == 1).all()


def test_one_hot_labels_need_classes_and_examples() -> None:
    with pytest.raises(AssignmentError, match="draw is 'one-hot-rows', and shape is"):
        Array(("m",), draw="one-hot-rows")
