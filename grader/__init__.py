"""Grades assignments handed in as Jupyter notebooks: execute, check, diagnose, score, report.

What an assignment's author needs is here; what a program needs that grades is in
`grader.grading` (`grade`, `check`, `Options`) and `grader.gradebook`.
"""

from grader.assignment import (
    Array,
    Assignment,
    Attempts,
    Late,
    Limits,
    Misconception,
    Returned,
    Shares,
    Solution,
    Task,
    Twin,
)
from grader.errors import GraderError
from grader.numerics import gradient

__all__ = [
    "Array",
    "Assignment",
    "Attempts",
    "GraderError",
    "Late",
    "Limits",
    "Misconception",
    "Returned",
    "Shares",
    "Solution",
    "Task",
    "Twin",
    "gradient",
]
