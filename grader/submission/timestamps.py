"""Reads the time that nbgrader notes beside a submission."""

from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo


def nbgrader_time(text: str) -> datetime | None:
    """The time in a `timestamp.txt`: `2026-01-31 23:59:00.123 UTC`, or with a zone's name.

    None where it can't be told, which a zone's abbreviation does not.
    """
    words = text.split()
    zone = _zone(words.pop()) if len(words) == 3 else UTC
    try:
        when = datetime.fromisoformat(" ".join(words))
    except ValueError:
        return None
    if zone is None:
        return None
    return (when if when.tzinfo else when.replace(tzinfo=zone)).replace(microsecond=0)


def _zone(name: str) -> tzinfo | None:
    if name.upper() in ("UTC", "GMT", "Z"):
        return UTC
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return None
