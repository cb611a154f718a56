"""Names that strangers gave, as one line of text; never used as a path."""

import unicodedata

LONGEST_NAME = 200


def one_line(text: str) -> str:
    """A name in one Unicode form, without control characters."""
    normal = unicodedata.normalize("NFC", text)
    kept = [c for c in normal if unicodedata.category(c)[0] != "C" or c == "\u200d"]
    return "".join(kept).strip()[:LONGEST_NAME] or "(no name)"
