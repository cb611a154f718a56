"""Makes the project's own environment in .venv from a lock file; standard library only."""

import hashlib
import os
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = ROOT / ".venv" / ("Scripts" if os.name == "nt" else "bin")
PYTHON = BIN / ("python.exe" if os.name == "nt" else "python")


def ready(lock: str) -> Path:
    """The environment's Python, after everything in requirements/LOCK.txt is installed."""
    if sys.version_info < (3, 11):  # noqa: UP036 - said before anything else fails
        sys.exit(f"Python 3.11 or later is needed; this is {sys.version.split()[0]}")
    file = ROOT / "requirements" / f"{lock}.txt"
    wanted = hashlib.sha256(file.read_bytes() + (ROOT / "pyproject.toml").read_bytes()).hexdigest()
    stamp = ROOT / ".venv" / f"installed-{lock}"
    if stamp.is_file() and stamp.read_text() == wanted:
        return PYTHON
    if not PYTHON.is_file():
        say("making an environment in .venv")
        venv.create(ROOT / ".venv", with_pip=True)
    say(f"installing what requirements/{lock}.txt locks (once, a minute or two)")
    pip("install", "--require-hashes", "-r", str(file))
    pip("install", "--no-deps", "--no-build-isolation", "--editable", str(ROOT))
    stamp.write_text(wanted)
    return PYTHON


def pip(*arguments: str) -> None:
    """Runs the environment's pip, or ends the script with its exit code."""
    quiet = ["--quiet", "--disable-pip-version-check"]
    done = subprocess.run([PYTHON, "-m", "pip", *arguments[:1], *quiet, *arguments[1:]])
    if done.returncode:
        sys.exit(done.returncode)


def run(*command: str) -> int:
    """Runs a command of the environment in the project's folder; its exit code."""
    return subprocess.run([PYTHON, *command], cwd=ROOT).returncode


def say(text: str) -> None:
    """Tells the person who waits."""
    print(f"· {text}", flush=True)
