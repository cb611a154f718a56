"""The pages: every command shown is run, every link leads somewhere, output shown is real."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest

from grader.cli import cli
from tests.conftest import ROOT

PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
# These make an environment of their own, or are what runs this test.
NOT_HERE = ("python3 scripts/", ".venv/bin/")


def commands() -> list[str]:
    found = []
    for page in PAGES:
        for block in re.findall(r"```console\n(.*?)```", page.read_text("utf-8"), re.DOTALL):
            found += [line[2:] for line in block.splitlines() if line.startswith("$ ")]
    return list(dict.fromkeys(found))


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what the commands work on, with a class of three."""
    place = tmp_path_factory.mktemp("desk")
    for folder in ("assignments", "solutions"):
        shutil.copytree(ROOT / folder, place / folder)
    few = ("Amara Okafor", "Yusuf Demir", "Zoë Müller")
    (place / "submissions" / "backprop").mkdir(parents=True)
    for name in few:
        source = ROOT / "submissions" / "backprop" / f"{name}.ipynb"
        shutil.copy(source, place / "submissions" / "backprop")
    downloaded(place)
    return place


def downloaded(place: Path) -> None:
    """What an instructor would have from other systems, for these three."""
    (place / "canvas.csv").write_text(
        "Student,ID,SIS Login ID,Section,backprop (12)\n    Points Possible,,,,100\n"
        '"Okafor, Amara",1,a,S,\n"Demir, Yusuf",2,y,S,50\n"Müller, Zoë",3,z,S,\n',
        encoding="utf-8-sig",
    )
    (place / "worksheet.csv").write_text(
        "Identifier,Full name,Grade,Maximum Grade,Feedback comments\n"
        "Participant 1,Amara Okafor,,100.00,\nParticipant 2,Yusuf Demir,,100.00,\n"
        "Participant 3,Zoë Müller,,100.00,\n",
        encoding="utf-8",
    )
    (place / "students.csv").write_text(
        "student,id,email\nAmara Okafor,1,\nYusuf Demir,2,\nZoë Müller,,zm@example.org\n",
        encoding="utf-8",
    )


def run(command: str, place: Path) -> subprocess.CompletedProcess[str]:
    words = shlex.split(command)
    module = {"grader": ["grader"], "pytest": ["pytest", "-p", "grader_pytest"]}[words[0]]
    return subprocess.run(
        [sys.executable, "-m", *module, *words[1:]],
        cwd=place,
        capture_output=True,
        text=True,
        timeout=120,
        stdin=subprocess.DEVNULL,
        env={**os.environ, "COLUMNS": "80"},
    )


def test_every_command_shown_works(desk: Path) -> None:
    shown = [command for command in commands() if not command.startswith(NOT_HERE)]
    assert len(shown) > 8
    # What reports on a graded class comes after what grades it.
    later = ("grader report", "grader leaderboard", "grader export")
    for command in sorted(shown, key=lambda c: c.startswith(later)):
        done = run(command, desk)
        assert done.returncode == 0, (command, done.stdout, done.stderr)


@pytest.mark.parametrize("page", ["README.md", "docs/students.md"])
def test_feedback_shown_is_what_is_printed(page: str, desk: Path) -> None:
    text = (ROOT / page).read_text("utf-8")
    block = next(b for b in re.findall(r"```text\n(.*?)```", text, re.DOTALL) if "✗" in b)
    done = run("grader check submissions/backprop/Yusuf\\ Demir.ipynb", desk)
    printed = " ".join(done.stdout.split())
    for line in block.splitlines():
        if line.strip() not in ("…", ""):
            assert " ".join(line.split()) in printed


def test_what_filling_a_gradebook_says_is_what_is_printed(desk: Path) -> None:
    text = (ROOT / "docs" / "exports.md").read_text("utf-8")
    block = next(b for b in re.findall(r"```text\n(.*?)```", text, re.DOTALL) if "filled in" in b)
    assert run("grader grade submissions/backprop --quiet", desk).returncode == 0
    assert run("grader export canvas canvas.csv", desk).stdout == block


def test_every_command_is_documented() -> None:
    text = "".join(page.read_text("utf-8") for page in PAGES)
    for name in cli.commands:
        assert f"grader {name}" in text, name
    exports = cli.commands["export"]
    assert isinstance(exports, click.Group)
    for name in exports.commands:
        assert f"grader export {name}" in text, name


def test_the_readme_leads_to_every_page() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    for page in (ROOT / "docs").glob("*.md"):
        assert f"(docs/{page.name})" in readme, page.name


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([\w./:-]+)(?:#[^)]*)?\)", page.read_text("utf-8")):
        if not target.startswith("http"):
            assert (page.parent / target).exists(), target


@pytest.mark.parametrize(
    "page",
    ["instructors.md", "leaderboard.md", "similarity.md", "submissions.md", "exports.md", "ci.md"],
)
def test_options_of_the_pages_exist(page: str) -> None:
    exports = cli.commands["export"]
    assert isinstance(exports, click.Group)
    known = {
        opt
        for command in (*cli.commands.values(), *exports.commands.values())
        for p in command.params
        for opt in (*p.opts, *p.secondary_opts)
    }
    known |= {"--grader-submission", "--grader-assignment"}  # of pytest
    text = (ROOT / "docs" / page).read_text("utf-8")
    assert set(re.findall(r"`(--[a-z-]+)", text)) <= known
