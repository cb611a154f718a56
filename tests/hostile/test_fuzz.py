"""Mutated notebooks and answers: each is read or refused, whatever was done to it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.fuzz import ANSWERS, NOTEBOOKS, mutated, read_answer, read_submission

EDITS = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 2**16), st.binary(max_size=8)))


@given(seed=st.sampled_from(NOTEBOOKS), edits=EDITS)
@settings(max_examples=300, deadline=None)
def test_a_notebook_is_read_or_refused(seed: bytes, edits: list[tuple[int, int, bytes]]) -> None:
    assert read_submission(mutated(seed, edits)) in ("read", "refused")


@given(seed=st.sampled_from(ANSWERS), edits=EDITS)
@settings(max_examples=500, deadline=None)
def test_an_answer_is_decoded_or_refused(seed: bytes, edits: list[tuple[int, int, bytes]]) -> None:
    assert read_answer(mutated(seed, edits)) in ("read", "refused")


@pytest.mark.parametrize("seed", NOTEBOOKS, ids=range(len(NOTEBOOKS)))
def test_the_seeds_reach_the_reader(seed: bytes) -> None:
    assert read_submission(seed) in ("read", "refused")


def test_some_seeds_are_read() -> None:
    assert "read" in {read_submission(seed) for seed in NOTEBOOKS}
    assert {read_answer(seed) for seed in ANSWERS} == {"read"}
