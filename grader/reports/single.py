"""One verdict as JSON, for other programs: points instead of cents."""

import json
from typing import Any

from grader.verdict import Verdict


def verdict_json(verdict: Verdict) -> str:
    """The verdict as a JSON object on one line; docs/ci.md lists its fields."""
    said: dict[str, Any] = {
        "status": verdict.status,
        "message": verdict.message,
        "score": verdict.cents() / 100,
        "max_score": verdict.most_cents / 100,
        "seconds": verdict.seconds,
        "tasks": [
            {"task": task, "score": verdict.cents(task) / 100, "max_score": most / 100}
            for task, most in verdict.full.items()
        ],
        "checks": [
            {**row._asdict(), "points": row.points / 100, "max_points": row.max_points / 100}
            for row in verdict.checks
        ],
        "findings": [
            {
                **vars(finding),
                "entries": [vars(entry) for entry in finding.entries],
                "example": vars(finding.example) if finding.example else None,
            }
            for finding in verdict.findings
        ],
        "errors": [
            {"cell": error.index, "name": error.name, "text": error.text}
            for error in verdict.errors
        ],
    }
    return json.dumps(said, allow_nan=False)
