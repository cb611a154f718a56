"""The committed notebooks are what the tables say, and each says what it tries."""

import json

import pytest

from tests.hostile.attack import NOTEBOOKS, Attack
from tests.hostile.families import ATTACKS


def test_every_attack_has_its_file_and_no_file_is_left_over() -> None:
    assert {file.stem for file in NOTEBOOKS.glob("*.ipynb")} == set(ATTACKS)
    assert len(ATTACKS) >= 60


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
def test_the_file_is_what_the_generator_writes(attack: Attack) -> None:
    """`python -m tests.hostile` writes them."""
    assert attack.file.read_text(encoding="utf-8") == attack.text()
    content = json.loads(attack.text())
    assert content["cells"][0]["source"] == content["metadata"]["hostile"] == attack.line
    assert "\n" not in attack.line
    assert attack.line.startswith("Tries to ")
