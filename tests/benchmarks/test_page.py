"""The page of the benchmarks: written from rows alone, whatever was and was not measured."""

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from benchmarks import page
from benchmarks.results import frame_of, replace_rows
from benchmarks.timing import Failed, timed


def side_by_side() -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    for cells, factor in ((3, 1), (7, 2)):
        for round_, own in enumerate((0.05, 0.06, 0.09)):
            for name, times in (("grader", 1), ("nbgrader", 25), ("floor", 0.2)):
                seconds = own * factor * times
                row = {"contestant": name, "kind": "right", "cells": cells, "round": round_}
                rows.append({**row, "own": seconds, "start": 2 * seconds})
    return [*rows, {"contestant": "otter", "kind": "right", "cells": 7, "failed": "no such file"}]


def written(tmp_path: Path) -> str:
    page.write(tmp_path / "results.jsonl", tmp_path)
    return (tmp_path / "benchmarks.md").read_text("utf-8")


def test_medians_and_ratios_are_shown_with_what_failed(tmp_path: Path) -> None:
    replace_rows(tmp_path / "results.jsonl", "side-by-side", side_by_side())
    text = written(tmp_path)
    assert "| **grader** | 0.120 | 0.100 – 0.180 | 0.240 | 1.0× | 3 |" in text
    assert "| nbgrader | 3.00 | 2.50 – 4.50 | 6.00 | 25× | 3 |" in text
    assert "| right, 3 cells | 0.060 | 1.50 (25×) | 0.012 (0.2×) |" in text
    assert "- otter right 7: no such file" in text
    assert ET.parse(tmp_path / "benchmarks.svg").getroot().tag.endswith("svg")


def test_efficiency_is_of_as_many_times_one_job(tmp_path: Path) -> None:
    measured = {(1, 1): 10.0, (1, 2): 12.5, (2, 2): 19.0}
    rows = [
        {"round": 0, "jobs": jobs, "cores": cores, "rate": rate}
        for (jobs, cores), rate in measured.items()
    ]
    replace_rows(tmp_path / "results.jsonl", "cores", rows)
    text = written(tmp_path)
    assert "| 1 | 10.0 | 100% | 12.5 | 100% |" in text
    assert "| 2 | 19.0 | 95% | 19.0 | 76% |" in text


def test_a_layer_costs_what_it_adds(tmp_path: Path) -> None:
    rows = [("none", 0.1), ("files", 0.104), ("network", 0.11)]
    named = [{"layers": name, "round": 0, "seconds": seconds} for name, seconds in rows]
    replace_rows(tmp_path / "results.jsonl", "sandbox", named)
    text = written(tmp_path)
    assert "| none |  | 100 | +0 |" in text
    assert "| 110 | +6 |" in text


def test_nothing_measured_is_said(tmp_path: Path) -> None:
    assert "Nothing is measured yet." in written(tmp_path)


def test_a_study_that_is_run_again_replaces_its_own_rows_alone(tmp_path: Path) -> None:
    file = tmp_path / "results.jsonl"
    replace_rows(file, "cores", [{"jobs": 1, "rate": 1.0}])
    replace_rows(file, "cold-start", [{"command": "x", "seconds": 1.0}])
    replace_rows(file, "cores", [{"jobs": 1, "rate": 2.0}])
    assert frame_of(file, "cores")["rate"].tolist() == [2.0]
    assert len(frame_of(file, "cold-start")) == 1


def test_a_command_that_fails_or_hangs_has_no_time(tmp_path: Path) -> None:
    with pytest.raises(Failed, match="ended with 3: oh no"):
        timed(["sh", "-c", "echo oh no; exit 3"], cwd=tmp_path, limit=20)
    with pytest.raises(Failed, match=r"not done after 0\.2 s|not done after 0 s"):
        timed(["sleep", "20"], cwd=tmp_path, limit=0.2)
