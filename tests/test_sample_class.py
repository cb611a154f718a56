"""The sample classes: every notebook ends with its status, its marks, its diagnosis."""

import csv
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest

from grader.assignment import Course
from tests.conftest import ROOT, course_named, grader

EXPECTED = {
    file.stem: list(csv.DictReader(file.read_text(encoding="utf-8").splitlines()))
    for file in sorted((ROOT / "tests" / "data" / "sample_class").glob("*.csv"))
}
ROWS = [(name, row) for name, rows in EXPECTED.items() for row in rows]

pytestmark = pytest.mark.xdist_group("sample class")


@dataclass(frozen=True)
class Graded:
    """A sample class as the reports tell of it."""

    course: Course
    scores: pd.DataFrame
    checks: pd.DataFrame


@pytest.fixture(scope="module")
def classes(sample_reports: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Graded]:
    places = {name: tmp_path_factory.mktemp(name) for name in EXPECTED if name != "backprop"}
    for name, out in places.items():
        done = grader("grade", f"submissions/{name}", "--out", out, timeout=400)
        assert done.returncode == 0, done.stderr
    return {
        name: Graded(
            course_named(name),
            pd.read_csv(out / "scores.csv").set_index("student"),
            pd.read_parquet(out / "checks.parquet"),
        )
        for name, out in {"backprop": sample_reports, **places}.items()
    }


def test_every_student_has_one_row(classes: dict[str, Graded]) -> None:
    for name, graded in classes.items():
        assert sorted(graded.scores.index) == sorted(row["student"] for row in EXPECTED[name])
    assert len(EXPECTED["backprop"]) >= 25


@pytest.mark.parametrize(
    ("name", "row"), ROWS, ids=[f"{name}: {row['about']}" for name, row in ROWS]
)
def test_ends_as_it_must(name: str, row: dict[str, str], classes: dict[str, Graded]) -> None:
    graded = classes[name]
    scored = graded.scores.loc[row["student"]]
    own = graded.checks[graded.checks["student"] == row["student"]]
    assert scored["status"] == row["status"], scored["message"]
    tasks = graded.course.assignment.tasks
    right = [task.name for task in tasks if scored[task.name] == task.points]
    assert ";".join(right) == row["full_marks"]
    if row["not_judged"]:
        for task in row["not_judged"].split(";"):
            assert set(own[own["task"] == task]["outcome"]) <= {"not_judged", "passed"}
            assert scored[task] == 0
    named = {name for ids in own["diagnosis"].dropna() for name in ids.split()}
    assert " ".join(sorted(named)) == row["diagnosis"]


def test_points_of_checks_add_up_to_the_scores(classes: dict[str, Graded]) -> None:
    for graded in classes.values():
        scores = graded.scores
        sums = graded.checks.groupby("student")["points"].sum().round(2)
        assert (sums == scores["score"].reindex(sums.index).round(2)).all()
        parts = (scores["public_score"] + scores["private_score"]).round(2)
        assert (parts == scores["score"].round(2)).all()
        assert (scores["max_score"] == 100).all()


def test_every_imperfect_row_says_why(classes: dict[str, Graded]) -> None:
    for graded in classes.values():
        scores = graded.scores
        imperfect = scores[(scores["score"] < 100) | (scores["status"] != "ok")]
        assert (imperfect["message"].fillna("").str.len() > 10).all()


def test_the_generator_writes_what_is_committed(tmp_path: Path) -> None:
    script = ROOT / "scripts" / "sample_class.py"
    subprocess.run([sys.executable, str(script), str(tmp_path)], check=True, timeout=60)
    written = sorted(file for file in tmp_path.rglob("*") if file.is_file())
    assert len(written) == len(ROWS) + len(EXPECTED)
    for file in written:
        assert file.read_bytes() == (ROOT / file.relative_to(tmp_path)).read_bytes(), file
