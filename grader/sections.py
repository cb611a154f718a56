"""The sections of an assignment's notebook in which its tasks are explained."""

import json
import re
from pathlib import Path

_HEADING = re.compile(r"^(#{1,6})\s+(.+?)\s*#*\s*$", re.MULTILINE)


def section_texts(notebook: Path) -> dict[str, str]:
    """The Markdown below each heading, up to the next one of its level or above; no code.

    Nothing where the notebook is missing or damaged: reports go without the texts then.
    """
    try:
        cells = json.loads(notebook.read_text("utf-8"))["cells"]
        sources = ["".join(c["source"]) for c in cells if c["cell_type"] == "markdown"]
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    text = "\n\n".join(sources)
    headings = [(len(m[1]), m[2], m.start(), m.end()) for m in _HEADING.finditer(text)]
    found: dict[str, str] = {}
    for number, (level, title, _, end) in enumerate(headings):
        later = (start for other, _, start, _ in headings[number + 1 :] if other <= level)
        found.setdefault(title, text[end : next(later, len(text))].strip())
    return found
