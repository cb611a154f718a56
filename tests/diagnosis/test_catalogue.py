"""The words for mistakes hold on top of other mistakes, too."""

import pytest

from grader.diagnosis.catalogue import GENERAL
from tests.conftest import course_named


@pytest.mark.parametrize("name", ["backprop", "deep-net", "scalar-net"])
def test_no_mistake_calls_right_what_may_be_wrong_besides(name: str) -> None:
    solution = course_named(name).solution
    assert solution is not None
    for said in (*GENERAL.values(), *solution.misconceptions):
        assert " right " not in f" {said.says} ".replace(",", " ")
