"""What a student is told: the checks that say what is wrong, each once."""

import pandas as pd


def faults(checks: pd.DataFrame) -> pd.DataFrame:
    """The rows to show: the first failed one of each value and check, task by task.

    A task without any failed one, and without all its points, shows why it was not judged.
    """
    public = checks[(checks["split"] == "public") & (checks["outcome"] != "passed")]
    failed = public[public["outcome"] == "failed"]
    unjudged = public[~_group(public).isin(set(_group(failed)))]
    shown = pd.concat(
        [
            failed.drop_duplicates(["student", "task", "value", "check"]),
            unjudged.drop_duplicates(["student", "task"]),
        ]
    )
    return shown.sort_index()


def _group(rows: pd.DataFrame) -> "pd.Series[str]":
    return rows["student"].astype(str) + "\0" + rows["task"].astype(str)
