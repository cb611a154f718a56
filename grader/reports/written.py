"""Whether the reports in a folder are still those that were written there last; reads them back."""

import json
from pathlib import Path

import pandas as pd

# Every file that is written from a class, so that one that is gone or changed is written again.
REPORTS = ("scores.*", "checks.*", "index.html", "students/*.html")


def mark(folder: Path, *made_from: str) -> str:
    """What the reports in the folder were made from, with the sizes and times of their files.

    Two marks are equal only where nothing needs to be written again.
    """
    files = sorted(file for pattern in REPORTS for file in folder.glob(pattern))
    seen = [(str(file), file.stat().st_size, file.stat().st_mtime_ns) for file in files]
    return json.dumps([made_from, seen])


def read_back(folder: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The frames of scores and of checks, as they were written."""
    return pd.read_parquet(folder / "scores.parquet"), pd.read_parquet(folder / "checks.parquet")
