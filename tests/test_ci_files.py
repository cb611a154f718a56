"""The action, the GitLab component and the pre-commit hook: pinned, and their scripts run."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from junitparser import JUnitXml

from tests.conftest import ROOT
from tests.notebooks import IMPORTS, LINEAR, write

ACTION = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))
SPEC, JOBS = yaml.safe_load_all((ROOT / "templates" / "check.yml").read_text("utf-8"))
needs_bash = pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """A student's repository, and in `env` the grader as the scripts install it."""
    shutil.copytree(ROOT / "assignments" / "backprop", tmp_path / "desk")
    write(tmp_path / "desk" / "-my $(work).ipynb", IMPORTS, LINEAR)
    command = tmp_path / "grader" / "bin" / "grader"
    command.parent.mkdir(parents=True)
    command.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m grader "$@"\n')
    command.chmod(0o755)
    return tmp_path / "desk"


def bash(script: str, desk: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script],
        cwd=desk, env={**os.environ, "PYTHONPATH": str(ROOT), **variables},
        capture_output=True, text=True, timeout=120, stdin=subprocess.DEVNULL,
    )  # fmt: skip


def test_the_action_is_pinned_and_no_input_is_read_by_a_shell() -> None:
    assert ACTION["runs"]["using"] == "composite"
    for step in ACTION["runs"]["steps"]:
        if "uses" in step:
            assert re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", step["uses"])
        else:
            assert step["shell"] == "bash"
            assert "${{" not in step["run"]
    assert all(given["description"] for given in ACTION["inputs"].values())


@needs_bash
@pytest.mark.parametrize(("least", "code"), [("24", 0), ("40", 1), ("", 0)])
def test_the_action_checks_a_notebook(desk: Path, least: str, code: int) -> None:
    step = next(step for step in ACTION["runs"]["steps"] if step.get("id") == "check")
    inputs = {"notebook": "-my $(work).ipynb", "assignment": ".", "min-score": least}
    variables = {
        name: inputs[re.fullmatch(r"\$\{\{ inputs\.([\w-]+) \}\}", value).group(1)]  # type: ignore[union-attr]
        for name, value in step["env"].items()
    }
    done = bash(
        step["run"], desk, **variables, RUNNER_TEMP=str(desk.parent),
        GITHUB_OUTPUT=str(desk / "output"), GITHUB_STEP_SUMMARY=str(desk / "summary"),
    )  # fmt: skip
    assert done.returncode == code, done.stderr
    written = dict(line.split("=", 1) for line in (desk / "output").read_text().splitlines())
    assert (written["score"], written["max-score"]) == ("24", "40")
    for output in ACTION["outputs"].values():
        assert re.fullmatch(r"\$\{\{ steps\.check\.outputs\.([\w-]+) \}\}", output["value"])
    assert "**24 of 40 points**" in (desk / "summary").read_text("utf-8")


def filled(value: Any, inputs: dict[str, str]) -> str:
    return re.sub(r"\$\[\[ inputs\.([\w-]+) \]\]", lambda found: inputs[found[1]], str(value))


@needs_bash
@pytest.mark.parametrize(("least", "code"), [("24", 0), ("40", 1), ("", 0)])
def test_the_component_checks_a_notebook(desk: Path, least: str, code: int) -> None:
    inputs = {name: str(given.get("default", "")) for name, given in SPEC["spec"]["inputs"].items()}
    inputs |= {"notebook": "-my $(work).ipynb", "assignment": ".", "min-score": least}
    job = JOBS["check-notebook"]
    variables = {name: filled(value, inputs) for name, value in job["variables"].items()}
    script = job["script"][-1].replace("$place/env", "$place/grader")
    done = bash(script, desk, **variables, place=str(desk.parent))
    assert done.returncode == code, done.stderr
    junit = job["artifacts"]["reports"]["junit"]
    assert JUnitXml.fromfile(str(desk / junit)).tests == 3


@needs_bash
def test_all_scripts_are_read_by_bash() -> None:
    scripts = [step["run"] for step in ACTION["runs"]["steps"] if "run" in step]
    for script in (*scripts, "\n".join(JOBS["check-notebook"]["script"])):
        subprocess.run(["bash", "-n", "-c", script], check=True, timeout=10)


def test_the_component_takes_its_inputs_as_variables() -> None:
    job = JOBS["check-notebook"]
    assert not any("$[[" in line for line in job["script"])
    used = set(re.findall(r"inputs\.([\w-]+)", str(job)))
    assert used == set(SPEC["spec"]["inputs"])


def test_the_hook_runs_a_command_that_there_is() -> None:
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))
    assert shlex.split(hook["entry"]) == ["grader", "check"]
    assert (hook["language"], hook["types"]) == ("python", ["jupyter"])
