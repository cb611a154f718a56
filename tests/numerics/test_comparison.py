"""Comparison of arrays: what agrees, what does not, and where."""

import numpy as np
import pytest

from grader.numerics import compare, precision_of, rounding


def test_equal_arrays_do_not_differ() -> None:
    assert compare(np.ones((2, 3)), np.ones((2, 3)), 0.0) is None


def test_names_the_worst_entry_and_counts_the_wrong_ones() -> None:
    got = np.array([[1.0, 2.0], [3.0, 9.0]])
    found = compare(got, np.array([[1.0, 2.5], [3.0, 4.0]]), 1e-9)
    assert found is not None
    assert (found.worst, found.error, found.wrong, found.size) == ((1, 1), 5.0, 2, 4)
    assert found.relative == 1.25


def test_says_of_each_entry_how_far_it_is_off_in_quarters_of_the_worst() -> None:
    got = np.array([[0.0, 1e-12, 0.001], [1.0, 3.0, 4.0]])
    found = compare(got, np.zeros((2, 3)), 1e-9)
    assert found is not None
    assert found.quarters == [[0, 0, 1], [1, 3, 4]]


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_where_nothing_was_computed_is_as_far_off_as_can_be(bad: float) -> None:
    found = compare(np.array([bad, 2.0, 1.0]), np.array([1.0, 1.0, 1.0]), 0.0)
    assert found is not None
    assert found.quarters == [4, 4, 0]


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_nan_and_infinity_never_agree_with_a_number(bad: float) -> None:
    found = compare(np.array([bad]), np.array([1.0]), 1e300)
    assert found is not None
    assert found.error == np.inf


def test_infinity_agrees_with_the_same_infinity_only() -> None:
    inf = np.array([np.inf])
    assert compare(inf, inf, 0.0) is None
    assert compare(inf, -inf, 1.0) is not None


def test_a_tolerance_for_each_entry() -> None:
    assert compare(np.array([1.0, 2.0]), np.array([1.1, 2.0]), np.array([0.2, 0.0])) is None


def test_precision_is_the_lower_one_and_at_best_float64() -> None:
    single, double = np.dtype(np.float32), np.dtype(np.float64)
    assert precision_of(single, double) == np.finfo(np.float32).eps
    assert precision_of(np.dtype(np.longdouble), np.dtype(int)) == np.finfo(np.float64).eps


def test_rounding_grows_with_terms_and_scale() -> None:
    assert rounding(2.0, 0, 1e-16) == pytest.approx(64 * 2e-16)
    assert rounding(1.0, 10, 1e-16) == pytest.approx(144e-16)
