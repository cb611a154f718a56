"""Pages without a browser: what they say, what they must not, how they are written."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pandas as pd
import pytest

from grader.answer_key import AnswerKey
from grader.checks import ORDER
from grader.reports.frames import Results, results
from grader.reports.items import item_analysis
from grader.reports.pages import write_class_page, write_student_pages
from grader.reports.pages.class_page import mistakes
from grader.reports.pages.matrices import matrix
from grader.reports.pages.prose import html_of
from grader.reports.pages.skeleton import breakable, coded, file_name
from grader.reports.pages.student import student_pages
from grader.reports.words import CELL_ENDINGS, ENDINGS, QUESTIONS, listed, sentence
from grader.scored_checks import ScoredChecks
from grader.standings import Standing
from grader.verdict import BadCell, CellEnding, Status, not_executed
from tests.classes import graded, linear_without_mean

SECTIONS = {"The linear step": "Forward: $Z = W A + b$.", "ReLU": "Two pieces."}


def class_of(key: AnswerKey, *standings: Standing) -> Results:
    return results(key.course.assignment, standings, SECTIONS)


def write_pages(results: Results, folder: Path) -> Path:
    write_student_pages(results, folder)
    return write_class_page(results, folder)


def page_of(key: AnswerKey, standing: Standing) -> str:
    return dict(student_pages(class_of(key, standing)))[standing.handin.student]


def said(page: str) -> str:
    """The page's text as a reader has it, in one line."""
    body = page[page.index("<body") :].replace("<wbr>", "")
    spaced = re.sub(r"</(td|th|p|h1|h2|h3)>", " ", body)
    return " ".join(re.sub(r"<[^>]*>", "", spaced).replace("&#39;", "'").split())


@pytest.fixture(scope="module")
def uma(backprop_key: AnswerKey) -> Standing:
    return graded(backprop_key, "Uma", linear_backward=linear_without_mean)


def test_says_what_the_score_is_made_of(backprop_key: AnswerKey, uma: Standing) -> None:
    text = said(page_of(backprop_key, replace(uma, late_cents=500)))
    assert "55 of 100 points" in text
    assert "2 of 3 functions are right. Start with linear_backward." in text
    assert "✗ linear_backward 8 12 20 60" in text
    assert "handed in late −5" in text


def test_says_one_mistake_once_for_all_values_it_is_in(
    backprop_key: AnswerKey, uma: Standing
) -> None:
    text = said(page_of(backprop_key, uma))
    assert text.count("It looks as if a sum over the examples stands where their mean") == 1
    assert text.count("If every example came twice in the batch") == 1
    assert "dW and db" in text


def test_marks_exactly_the_wrong_entries(backprop_key: AnswerKey) -> None:
    def first_entry_off(dA: Any, Z: Any) -> Any:
        dZ = dA * (Z > 0)
        dZ[0, 0] += 1
        return dZ

    page = page_of(backprop_key, graded(backprop_key, "ada", relu_backward=first_entry_off))
    assert page.count('class="off-4"') == page.count("wrong: </span>") == 1
    assert not re.search(r'class="off-[1-3]"', page)


def test_leads_to_the_section_of_the_assignment(backprop_key: AnswerKey, uma: Standing) -> None:
    page = page_of(backprop_key, uma)
    assert '<a href="#read-linear_backward">The linear step</a>' in page
    assert 'id="read-linear_backward"' in page
    assert "<math" in page
    assert "Two pieces." not in page, "what is right needs no reading"


def test_tells_of_private_checks_in_numbers_only(backprop_key: AnswerKey, uma: Standing) -> None:
    rows = [
        row._replace(message="a private detail", case="a-private-case")
        if row.split == "private" and row.outcome == "failed"
        else row
        for row in uma.verdict.checks
    ]
    page = page_of(
        backprop_key, replace(uma, verdict=replace(uma.verdict, checks=ScoredChecks.of(rows)))
    )
    assert "private detail" not in page
    assert "a-private-case" not in page
    passed = sum(r.outcome == "passed" for r in rows if (r.value, r.split) == ("dW", "private"))
    asked = sum((r.value, r.split) == ("dW", "private") for r in rows)
    assert f"{passed} of {asked}" in page


def test_a_value_that_is_wrong_on_private_cases_alone_shows_no_case(
    backprop_key: AnswerKey,
) -> None:
    def right_on_small(dA: Any, Z: Any) -> Any:
        return dA * (Z > 0) * (1 if Z.shape[0] <= 4 and Z.shape[1] <= 5 else 2)

    standing = graded(backprop_key, "ada", relu_backward=right_on_small)
    findings = [replace(finding, example=None) for finding in standing.verdict.findings]
    rows = [
        row._replace(outcome="passed") if row.split == "public" else row
        for row in standing.verdict.checks
    ]
    verdict = replace(standing.verdict, findings=tuple(findings), checks=ScoredChecks.of(rows))
    page = page_of(backprop_key, replace(standing, verdict=verdict))
    assert "Right on every public case, and wrong on private ones." in page
    assert "smallest case" not in page


@pytest.mark.parametrize("student", ["<script>x</script>", '"><img src=x onerror=y>', "{{ 7*7 }}"])
def test_text_of_strangers_stays_text(backprop_key: AnswerKey, student: str) -> None:
    cell = BadCell(1, "raised", "E: </code><script>x</script>", "</pre><script>x</script>")
    standing = graded(backprop_key, student)
    verdict = replace(standing.verdict, status="errors", bad_cells=(cell,))
    page = page_of(backprop_key, replace(standing, verdict=verdict))
    assert "<script" not in page
    assert "<img" not in page
    assert "49" not in said(page).split("points")[0]


@pytest.mark.parametrize("status", ["unreadable", "missing"])
def test_what_was_never_run_says_why(backprop_key: AnswerKey, status: Status) -> None:
    verdict = not_executed(backprop_key.full, status, "the file is empty")
    standing = replace(graded(backprop_key, "eve"), verdict=verdict)
    text = said(page_of(backprop_key, standing))
    why = "could not be read: the file is empty." if status == "unreadable" else "Nothing was"
    assert why in text
    assert "0 of 100 points" in text


def test_pages_are_written_whole_again_only_where_they_changed(
    backprop_key: AnswerKey, uma: Standing, tmp_path: Path
) -> None:
    ada = graded(backprop_key, "Ada")
    write_pages(class_of(backprop_key, ada, uma), tmp_path)
    before = {file: file.stat().st_mtime_ns for file in tmp_path.rglob("*.html")}
    assert sorted(file.name.split("-")[0] for file in before) == ["ada", "index.html", "uma"]
    index = write_pages(class_of(backprop_key, ada, replace(uma, late_cents=100)), tmp_path)
    changed = {f for f in tmp_path.rglob("*.html") if f.stat().st_mtime_ns != before[f]}
    assert {file.name.split("-")[0] for file in changed} == {"index.html", "uma"}
    assert index in changed


def test_the_class_page_links_to_pages_that_are_there(
    backprop_key: AnswerKey, uma: Standing, tmp_path: Path
) -> None:
    index = write_pages(class_of(backprop_key, uma, graded(backprop_key, "李小明")), tmp_path)
    links = set(re.findall(r'href="(students/[^"]+)"', index.read_text("utf-8")))
    assert len(links) == 2
    assert all((tmp_path / link).is_file() for link in links)


@pytest.mark.parametrize("name", ["../../etc/passwd", "CON", "a" * 200, "李小明", "🦆", '"\0', ""])
def test_a_name_is_never_a_path(name: str) -> None:
    file = file_name(name)
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*-[0-9a-f]{10}\.html", file)
    assert len(file) < 60


def test_names_that_look_alike_have_files_of_their_own() -> None:
    names = ["Ana Li", "ana li", "Ana-Li", "Aná Li"]
    assert len({file_name(name) for name in names}) == len(names)


def test_mistakes_are_ranked_by_students(backprop_key: AnswerKey, uma: Standing) -> None:
    def stub(dA: Any, Z: Any) -> Any:
        raise NotImplementedError

    ben = graded(backprop_key, "Ben", linear_backward=linear_without_mean, relu_backward=stub)
    eve = graded(backprop_key, "Eve", relu_backward=stub)
    found = mistakes(class_of(backprop_key, ben, eve, uma).findings)
    assert [(m.id, m.students) for m in found] == [
        ("missing-1-over-m", ("Ben", "Uma")),
        ("", ("Ben", "Eve")),
    ]
    assert found[0].places == (("linear_backward.dW", 2), ("linear_backward.db", 2))


def item_frames(points: list[list[float]]) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Frames of items worth 10 each; a row of `points` a student."""
    values = [f"v{number}" for number in range(len(points[0]))]
    tasks = pd.DataFrame({"task": "t", "value": values})
    scores = pd.DataFrame({"student": range(len(points)), "status": "ok"})
    rows = [
        {"student": student, "task": "t", "value": value, "points": earned, "max_points": 10.0}
        for student, of_student in enumerate(points)
        for value, earned in zip(values, of_student, strict=True)
    ]
    return tasks, scores, pd.DataFrame(rows)


def test_items_by_hand() -> None:
    points = [[10.0, 10, 10], [10, 0, 10], [0, 0, 10], [10, 10, 10]]
    found = item_analysis(*item_frames(points))
    assert found.items["difficulty"].tolist() == [0.75, 0.5, 1.0]
    # The first item against the sums of the others: (10,10,0,10) and (20,10,10,20).
    assert found.items["discrimination"].iloc[0] == pytest.approx(np.corrcoef(
        [10, 10, 0, 10], [20, 10, 10, 20])[0, 1])  # fmt: skip
    assert np.isnan(found.items["discrimination"].iloc[2]), "the same for everybody"
    # 3/2 * (1 - (25 + 33.33 + 0) / 91.67)
    assert found.alpha == pytest.approx(6 / 11)


def test_items_that_differ_in_the_last_digit_alone_are_the_same_for_everybody() -> None:
    found = item_analysis(*item_frames([[0.1 + 0.2, 10.0, 0.0], [0.3, 0.0, 10.0]]))
    assert np.isnan(found.items["discrimination"].iloc[0])


def test_items_leave_out_who_was_never_run() -> None:
    tasks, scores, checks = item_frames([[10.0, 0.0], [10.0, 10.0]])
    absent = pd.DataFrame({"student": [9], "status": ["missing"]})
    found = item_analysis(tasks, pd.concat([scores, absent]), checks)
    assert found.students == 2
    assert found.items["difficulty"].tolist() == [1.0, 0.5]


def test_no_alpha_where_all_are_alike() -> None:
    assert item_analysis(*item_frames([[10.0, 10.0], [10.0, 10.0]])).alpha is None


def test_every_word_of_a_verdict_has_words_on_the_page() -> None:
    assert set(QUESTIONS) == set(ORDER)
    assert set(ENDINGS) == set(get_args(Status))
    assert set(CELL_ENDINGS) == set(get_args(CellEnding))


def test_matrices_of_all_dimensions() -> None:
    assert [len(row) for row in matrix("W", [[1.0, 2.0], [3.0, 4.0]]).rows] == [2, 2]
    assert matrix("b", [1.0, 2.0]).shape == "(2,)"
    assert matrix("rate", 0.1).rows[0][0].text == "0.1"
    assert matrix("cube", [[[1.0]]]).said == "[[[1]]]"
    assert matrix("dW", "int64").said == "int64"
    assert matrix("W", [[1.0, float("nan")]], [[0, 4]]).wrong == 1


def test_prose_holds_formulas_and_tables_and_no_html_of_its_own() -> None:
    html = html_of("$a_1$ | <script>\n\n| x |\n|---|\n| 1 |\n\n[go](http://x.y) ![p](http://p.q)")
    assert "<msub>" in html
    assert '<th scope="col">' in html
    assert "<script" not in html
    assert "http" not in html.replace("http://www.w3.org/1998/Math/MathML", "")


def test_a_formula_that_cannot_be_set_is_shown_as_written() -> None:
    assert r"<code>\left( x</code>" in html_of(r"$\left( x$")


def test_small_words() -> None:
    assert listed(["a"]) == "a"
    assert listed(["a", "b", "c"]) == "a, b and c"
    assert sentence("the slope is missing") == "The slope is missing"
    assert sentence("dA came back") == "dA came back"
    assert coded("in `a < b`, twice") == "in <code>a &lt; b</code>, twice"
    assert coded("one ` alone <") == "one ` alone &lt;"
    assert breakable("relu_<b>") == "relu_<wbr>&lt;b&gt;"


@pytest.mark.parametrize("status", ["unreadable", "missing"])
def test_a_class_of_which_nothing_was_run_has_a_page(
    backprop_key: AnswerKey, status: Status, tmp_path: Path
) -> None:
    verdict = not_executed(backprop_key.full, status, "the file is empty")
    standing = replace(graded(backprop_key, "eve"), verdict=verdict)
    index = write_pages(class_of(backprop_key, standing), tmp_path)
    text = said(index.read_text("utf-8"))
    assert "not run1" in text
    assert "No value that was judged is wrong." in text
    assert "not defined" in text
