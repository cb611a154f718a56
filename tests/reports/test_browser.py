"""The pages in a real browser: quiet, self-contained, accessible, proof against strangers."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from playwright.sync_api import Browser, Page

from grader.reports.pages.skeleton import file_name
from tests.browser import browser, chromium, visit
from tests.conftest import grader
from tests.notebooks import IMPORTS, LINEAR, SIGMOID, write

pytestmark = [
    pytest.mark.xdist_group("sample class"),
    pytest.mark.skipif(chromium() is None, reason="no Chromium here: apt install chromium"),
]

LIGHT = {"color_scheme": "light", "viewport": {"width": 1100, "height": 800}}
DARK = {**LIGHT, "color_scheme": "dark"}
PHONE = {"color_scheme": "light", "viewport": {"width": 320, "height": 640}}
# One of each kind: all right, wrong values, raised cells, out of time, died, never read.
STUDENTS = (
    "Amara Okafor", "Zoë Müller", "Ximena Castillo", "Olga Ivanova", "Rania Haddad",
    "Valentina Rossi",
)  # fmt: skip


@pytest.fixture(scope="module")
def started() -> Iterator[Browser]:
    with browser() as program:
        yield program


def pages(reports: Path) -> list[Path]:
    return [reports / "index.html", *sorted((reports / "students").glob("*.html"))]


def violations(page: Page) -> list[str]:
    """What axe-core finds, with all that can be unfolded unfolded."""
    page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    import axe_playwright_python

    page.evaluate((Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text("utf-8"))
    found = page.evaluate("axe.run()")
    assert found["passes"], "axe looked at nothing"
    return [
        f"{each['id']}: {node['html']} {node['failureSummary']}"
        for each in found["violations"]
        for node in each["nodes"]
    ]


@pytest.mark.parametrize("how", [LIGHT, PHONE], ids=["desk", "phone"])
def test_no_page_says_asks_or_spills_anything(
    sample_reports: Path, started: Browser, how: dict[str, Any]
) -> None:
    files = pages(sample_reports)
    assert len(files) == 51
    with visit(started, **how) as seen:
        for file in files:
            page = seen.open(file)
            width = page.evaluate("document.documentElement.scrollWidth")
            assert width <= how["viewport"]["width"], file
        assert seen.troubles == []


@pytest.mark.parametrize(
    ("how", "students"),
    [(LIGHT, STUDENTS), (DARK, STUDENTS[1:3]), (PHONE, STUDENTS[1:3])],
    ids=["light", "dark", "phone"],
)
def test_axe_finds_no_violation(
    sample_reports: Path, started: Browser, how: dict[str, Any], students: tuple[str, ...]
) -> None:
    shown = [sample_reports / "students" / file_name(student) for student in students]
    with visit(started, **how) as seen:
        for file in (sample_reports / "index.html", *shown):
            assert violations(seen.open(file)) == [], file


@pytest.fixture(scope="module")
def asked_for(sample_reports: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Pages that are written where an instructor asks for them: two boards, and similar pairs."""
    place = tmp_path_factory.mktemp("pages")
    files = [place / f"{name}.html" for name in ("public", "private", "similar")]
    board = ("leaderboard", "--out", sample_reports, "--html")
    for command in (
        (*board, files[0]),
        (*board, files[1], "--private", "--pseudonyms"),
        ("similar", "submissions/backprop", "--html", files[2], "--at-most", 50),
    ):
        done = grader(*command)
        assert done.returncode == 0, done.stderr
    return files


@pytest.mark.parametrize("how", [LIGHT, DARK, PHONE], ids=["light", "dark", "phone"])
def test_pages_that_are_asked_for_are_as_good(
    asked_for: list[Path], started: Browser, how: dict[str, Any]
) -> None:
    with visit(started, **how) as seen:
        for file in asked_for:
            page = seen.open(file)
            width = page.evaluate("document.documentElement.scrollWidth")
            assert width <= how["viewport"]["width"], file
            assert violations(page) == [], file
        assert seen.troubles == []


def test_axe_would_find_one(started: Browser, tmp_path: Path) -> None:
    (tmp_path / "bad.html").write_text('<html><body><p style="color:#ddd">pale</p></body></html>')
    with visit(started, **LIGHT) as seen:
        found = " ".join(violations(seen.open(tmp_path / "bad.html")))
    assert "color-contrast" in found
    assert "html-has-lang" in found


def test_print_is_dark_on_white_whatever_the_screen_is(
    sample_reports: Path, started: Browser
) -> None:
    with visit(started, **DARK) as seen:
        page = seen.open(sample_reports / "students" / file_name("Zoë Müller"))
        colour = "getComputedStyle(document.body).backgroundColor"
        assert page.evaluate(colour) == "rgb(20, 22, 26)"
        page.emulate_media(media="print")
        assert page.evaluate(colour) == "rgb(255, 255, 255)"


def rows(page: Page) -> list[str]:
    return page.locator("#table tbody tr:visible th").all_inner_texts()


def test_keyboard_alone_finds_sorts_and_follows(sample_reports: Path, started: Browser) -> None:
    scores = pd.read_csv(sample_reports / "scores.csv")
    with visit(started, **LIGHT) as seen:
        page = seen.open(sample_reports / "index.html")
        everybody = rows(page)
        assert everybody == scores["student"].tolist()
        page.locator("#find").focus()
        page.keyboard.type("muller")
        assert rows(page) == ["Zoë Müller"]
        assert page.locator("#shown").inner_text() == "1 of 50"
        page.keyboard.press("Control+A")
        page.keyboard.press("Delete")
        page.keyboard.press("Tab")
        page.keyboard.type("unreadable")
        unreadable = scores.loc[scores["status"] == "unreadable", "student"].tolist()
        assert rows(page) == unreadable
        page.keyboard.press("Home")
        assert rows(page) == everybody
        for _ in range(4):  # past the region that scrolls, student and status, to the score
            page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.innerText") == "score"
        page.keyboard.press("Enter")
        head = page.locator("#table thead th", has_text="score")
        assert head.get_attribute("aria-sort") == "ascending"
        by_score = scores.sort_values("score", kind="stable")["student"].tolist()
        assert rows(page) == by_score
        page.keyboard.press("Space")
        assert head.get_attribute("aria-sort") == "descending"
        falling = scores.sort_values("score", ascending=False, kind="stable")["student"].tolist()
        assert rows(page) == falling
        assert page.locator("[aria-sort]").count() == 1
        page.locator("#table tbody a").first.focus()
        page.keyboard.press("Enter")
        page.wait_for_url("**/students/*.html")
        assert page.locator("h1").inner_text() == falling[0]
        assert seen.troubles == []


def test_numbers_sort_as_numbers(sample_reports: Path, started: Browser) -> None:
    with visit(started, **LIGHT) as seen:
        page = seen.open(sample_reports / "index.html")
        page.get_by_role("button", name="seconds").click()
        column = page.locator("#table tbody tr td:nth-last-child(2)").all_inner_texts()
        assert [float(text) for text in column] == sorted(float(text) for text in column)


def test_without_scripts_every_row_is_there(sample_reports: Path, started: Browser) -> None:
    with visit(started, java_script_enabled=False) as seen:
        page = seen.open(sample_reports / "index.html")
        assert len(rows(page)) == 50
        assert not page.locator("#find").is_visible()


HOSTILE = [
    "<script>hacked=1<／script>",
    "<img src=x onerror=hacked=1>",
    "'\"><svg onload=hacked=1>",
    "{{ 7 * 7 }} javascript:hacked=1",
]
ATTACK = (
    "</pre></code></style></title><script>hacked=1</script><img src=x onerror=hacked=1>"
    "<a href='javascript:hacked=1'>go</a><style>@import 'http://example.com/x.css';</style>"
)


@pytest.fixture(scope="module")
def hostile_reports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A class whose names, errors, sources and returned values all attack the page."""
    place = tmp_path_factory.mktemp("hostile")
    relu = f"def relu_backward(dA, cache):\n    raise ValueError({ATTACK!r})  # {ATTACK}"
    raises = f"# {ATTACK}\nraise ValueError({ATTACK!r})"
    for name in HOSTILE:
        write(place / "in" / f"{name}.ipynb", IMPORTS, LINEAR, relu, SIGMOID, raises)
    absent = ["../../../etc/passwd", '"</script><script>hacked=1</script>', "x" * 200]
    lines = [json.dumps(name).replace('\\"', '""') for name in absent]
    (place / "roster.csv").write_text("\n".join(["student", *lines]) + "\n", "utf-8")
    common = ("--assignment", "backprop", "--roster", place / "roster.csv", "--quiet")
    done = grader("grade", place / "in", "--out", place / "out", *common, timeout=200)
    assert done.returncode == 0, done.stderr
    return place / "out"


def test_nothing_of_a_strangers_is_run(hostile_reports: Path, started: Browser) -> None:
    files = pages(hostile_reports)
    assert len(files) == 1 + len(HOSTILE) + 3
    assert not [f for f in hostile_reports.parent.rglob("*passwd*") if f not in files]
    with visit(started, **PHONE) as seen:
        for file in files:
            page = seen.open(file)
            assert page.evaluate("document.documentElement.scrollWidth") <= 320, file
            assert page.evaluate("typeof hacked") == "undefined", file
            assert page.locator("img, script[src], link, iframe, [onerror], [onload]").count() == 0
            assert page.locator("a[href^='javascript']").count() == 0
        page = seen.open(hostile_reports / "students" / file_name(HOSTILE[1]))
        assert page.locator("h1").inner_text() == HOSTILE[1]
        assert ATTACK in page.locator("pre").inner_text()
        assert seen.troubles == []


def test_names_of_strangers_find_and_lead_to_their_pages(
    hostile_reports: Path, started: Browser
) -> None:
    with visit(started, **LIGHT) as seen:
        page = seen.open(hostile_reports / "index.html")
        page.locator("#find").fill("onerror")
        assert rows(page) == [HOSTILE[1]]
        page.get_by_role("row").get_by_role("link", name="onerror").click()
        page.wait_for_url("**/students/*.html")
        assert page.locator("h1").inner_text() == HOSTILE[1]


def test_the_policy_holds_where_escaping_fails(
    hostile_reports: Path, started: Browser, tmp_path: Path
) -> None:
    text = (hostile_reports / "index.html").read_text("utf-8")
    spoilt = re.sub("<main>", lambda _: f"<main>{ATTACK}", text)
    assert spoilt != text
    (tmp_path / "spoilt.html").write_text(spoilt, "utf-8")
    with visit(started, **LIGHT) as seen:
        page = seen.open(tmp_path / "spoilt.html")
        assert page.evaluate("typeof hacked") == "undefined"
        assert any("Content Security Policy" in trouble for trouble in seen.troubles)
        assert not any(trouble.startswith("asks for") for trouble in seen.troubles)
