"""Measured rows on disk, a JSON line each; a study that is run again replaces its rows."""

import json
import os
import platform
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd

from benchmarks.environments import PINNED


def replace_rows(file: Path, study: str, rows: Iterable[dict[str, Any]]) -> None:
    """Writes each row as it comes, so that what was measured survives an interruption."""
    kept = [row for row in _rows(file) if row["study"] != study]
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w", encoding="utf-8") as out:
        for row in [*kept, {"study": study, "machine": machine()}]:
            out.write(json.dumps(row) + "\n")
        for row in rows:
            out.write(json.dumps({"study": study, **row}) + "\n")
            out.flush()


def frame_of(file: Path, study: str) -> pd.DataFrame:
    """The rows of a study that were measured; empty if it was never run."""
    rows = [row for row in _rows(file) if row["study"] == study and "machine" not in row]
    frame = pd.DataFrame(rows)
    return frame[frame["failed"].isna()] if "failed" in frame else frame


def failures(file: Path, study: str) -> list[str]:
    """What could not be measured, each once, in words."""
    rows = [row for row in _rows(file) if row["study"] == study and "failed" in row]
    what = ("contestant", "kind", "cells", "students", "jobs", "layers", "command")
    said = [
        f"{' '.join(str(row[name]) for name in what if name in row)}: {row['failed']}"
        for row in rows
    ]
    return list(dict.fromkeys(said))


def machine_of(file: Path, study: str) -> dict[str, str]:
    """What the study was run on."""
    found = [row for row in _rows(file) if row["study"] == study and "machine" in row]
    return dict(found[0]["machine"]) if found else {}


def machine() -> dict[str, str]:
    """This machine as a reader needs to know it."""
    load = f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "unknown"
    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
        "processor": _processor(),
        "cores": str(os.cpu_count()),
        "system": f"{platform.system()} {platform.release()}",
        "Python": platform.python_version(),
        "compared with": ", ".join(PINNED.values()),
        "load before the run": load,
    }


def _processor() -> str:
    file = Path("/proc/cpuinfo")
    lines = file.read_text().splitlines() if file.exists() else []
    named = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return named[0] if named else platform.processor() or platform.machine()


def _rows(file: Path) -> list[dict[str, Any]]:
    if not file.exists():
        return []
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
