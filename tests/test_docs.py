"""The pages: every command shown is run, every link leads somewhere, output shown is real."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

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
    return place


def run(command: str, place: Path) -> subprocess.CompletedProcess[str]:
    words = shlex.split(command)
    assert words[0] == "grader", command
    return subprocess.run(
        [sys.executable, "-m", "grader", *words[1:]],
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
    later = ("grader report", "grader leaderboard")
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


def test_every_command_is_documented() -> None:
    text = "".join(page.read_text("utf-8") for page in PAGES)
    for name in cli.commands:
        assert f"grader {name}" in text, name


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([\w./:-]+)(?:#[^)]*)?\)", page.read_text("utf-8")):
        if not target.startswith("http"):
            assert (page.parent / target).exists(), target


def test_options_of_the_pages_exist() -> None:
    known = {opt for command in cli.commands.values() for p in command.params for opt in p.opts}
    for name in ("instructors", "leaderboard", "similarity", "submissions"):
        text = (ROOT / "docs" / f"{name}.md").read_text("utf-8")
        assert set(re.findall(r"`(--[a-z-]+)", text)) <= known
