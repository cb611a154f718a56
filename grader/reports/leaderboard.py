"""The ranking of a class, public or private."""

import pandas as pd


def leaderboard(scores: pd.DataFrame, *, private: bool) -> pd.DataFrame:
    """rank, student, score, attempts; a tie goes to whoever handed in earlier.

    The public ranking is by public points alone, so that nothing private shows in it.
    """
    shown = scores[scores["status"] != "missing"].copy()
    shown["points"] = shown["private_score"] if private else shown["public_score"]
    # An unknown time comes after every known one.
    shown["when"] = shown["submitted_at"].where(shown["submitted_at"] != "", "9999")
    ordered = shown.sort_values(
        ["points", "when", "student"], ascending=[False, True, True], kind="stable"
    )
    return pd.DataFrame(
        {
            "rank": range(1, len(ordered) + 1),
            "student": ordered["student"].to_numpy(),
            "score": ordered["points"].to_numpy(),
            "attempts": ordered["attempts"].to_numpy(),
        }
    )
