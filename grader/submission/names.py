"""Names that strangers gave, as text that may be shown; never used as a path."""

import unicodedata

LONGEST_NAME = 200
_HIDDEN = ("Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp")


def plain(text: str) -> str:
    """Text as it may be shown: no control characters or line ends.

    What is no character, such as a byte of a file's name, is spelt out: `\\udcff`.
    """
    whole = text.encode("utf-8", "backslashreplace").decode()
    return "".join(c for c in whole if c == "\u200d" or unicodedata.category(c) not in _HIDDEN)


def one_line(text: str) -> str:
    """A student's name, in one Unicode form."""
    return plain(unicodedata.normalize("NFC", text)).strip()[:LONGEST_NAME] or "(no name)"
