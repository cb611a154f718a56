"""Every mutant of the reference solutions that changes a value is rejected."""

import pytest

from grader.answer_key import make_answer_key
from tests.conftest import SEED, course_named
from tests.mutants import FUNCTIONS, count, mutants_of

AT_LEAST = {
    "linear_backward": 60,
    "relu_backward": 8,
    "sigmoid_backward": 25,
    "loss_backward": 25,
    "network_backward": 100,
    "update_parameters": 8,
    "gradient": 60,
    "update_step": 8,
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_mutant_that_changes_a_value_is_rejected(name: str) -> None:
    key = make_answer_key(course_named(name), SEED)
    for task in key.course.assignment.tasks:
        found = count(key, task, FUNCTIONS[name][task.name])
        assert not found.survived
        assert found.rejected >= AT_LEAST[task.name]


def test_a_mutant_is_one_change() -> None:
    source = "def f(a, b):\n    return a * b\n"
    sources = [mutant.source for mutant in mutants_of(source, {"f"})]
    assert "def f(a, b):\n    return a + b" in sources
    assert "def f(a, b):\n    return b * b" in sources
    assert all(text != source.strip() for text in sources)
