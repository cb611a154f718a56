"""A class of six in frames, two of whom write what other systems must not read as theirs."""

import pandas as pd
import pytest

from grader.reports.frames import CHECK_COLUMNS

HOSTILE = '=HYPERLINK("x")\x1b[31m ]]><script>alert(1)</script> | **b** @all\n::error::%0A##[error]'
ROWS = [
    # student, status, linear, relu, late, message
    ("Amara Okafor", "ok", 60.0, 20.0, 0.0, ""),
    ("Anton Weiß", "ok", 60.0, 0.0, 0.0, "relu_backward: dZ is not the slope"),
    ("Eilidh O'Brien", "ok", 40.0, 20.0, 5.5, "linear_backward: dW is transposed"),
    ("de luca, chiara", "errors", 0.0, 20.0, 0.0, HOSTILE),
    ("=cmd|'/c'!A1", "unreadable", 0.0, 0.0, 0.0, "the file is empty"),
    ("Zoë Müller", "missing", 0.0, 0.0, 0.0, "nothing was handed in"),
]


@pytest.fixture
def scores() -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "student": student,
                "submission": f"{student}.ipynb",
                "status": status,
                "score": linear + relu - late,
                "max_score": 80.0,
                "public_score": (linear + relu) * 0.4,
                "private_score": (linear + relu) * 0.6,
                "linear_backward": linear,
                "relu_backward": relu,
                "late_penalty": late,
                "attempts": 1,
                "submitted_at": "2026-01-01T00:00:00+00:00",
                "seconds": 1.25,
                "sha256": "5ha",
                "message": message + (f"; late by 2 h: {late:g} points less" if late else ""),
            }
            for student, status, linear, relu, late, message in ROWS
        ]
    )


@pytest.fixture
def checks() -> pd.DataFrame:
    rows = [
        row
        for student, status, linear, relu, _, message in ROWS
        for task, points, most in (
            ("linear_backward", linear, 60.0),
            ("relu_backward", relu, 20.0),
        )
        for row in _checks(student, status, task, points / most, most, message)
    ]
    return pd.DataFrame(rows, columns=list(CHECK_COLUMNS))


def _checks(
    student: str, status: str, task: str, share: float, most: float, message: str
) -> list[tuple[object, ...]]:
    if status in ("missing", "unreadable"):
        return [(student, task, "", "defined", "", "public", "not_judged", 0.0, most, "", message)]
    outcome = "passed" if share == 1 else "failed"
    said, ids = ("", "") if share == 1 else (message, "transposed")
    cases = (("by-hand", "public", 0.4), ("drawn-1", "private", 0.6))
    return [
        (student, task, "dW", "gradient", case, split, outcome,
         round(share * most * part, 2), most * part, ids, said)
        for case, split, part in cases
    ]  # fmt: skip
