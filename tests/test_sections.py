"""Sections of an assignment's notebook: by heading, text alone, nothing where there is none."""

import json
from pathlib import Path

from grader.sections import section_texts
from tests.conftest import ROOT


def test_a_section_goes_to_the_next_heading_of_its_level(tmp_path: Path) -> None:
    cells = [
        {"cell_type": "markdown", "source": ["# Title\n", "## One\nfirst\n### Part\nof it"]},
        {"cell_type": "code", "source": "secret = 1"},
        {"cell_type": "markdown", "source": "more of it\n\n## Two\nsecond"},
    ]
    (tmp_path / "a.ipynb").write_text(json.dumps({"cells": cells}))
    found = section_texts(tmp_path / "a.ipynb")
    assert found["One"] == "first\n### Part\nof it\n\nmore of it"
    assert found["Two"] == "second"
    assert "secret" not in "".join(found.values())


def test_no_notebook_no_sections(tmp_path: Path) -> None:
    assert section_texts(tmp_path / "none.ipynb") == {}
    (tmp_path / "bad.ipynb").write_text('{"cells": [{}]}')
    assert section_texts(tmp_path / "bad.ipynb") == {}


def test_every_section_that_a_shipped_task_names_is_there() -> None:
    from grader.loading import load_course

    for folder in sorted((ROOT / "assignments").iterdir()):
        course = load_course(folder, with_solution=False)
        found = section_texts(folder / f"{folder.name}.ipynb")
        for task in course.assignment.tasks:
            assert found.get(task.section), (folder.name, task.section)
