"""A page of HTML that is one file: escaped, nothing fetched, nothing run."""

import hashlib
from base64 import b64encode
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from grader.reports.files import replace_file

TEMPLATES = Path(__file__).parent / "templates"

_environment = Environment(
    loader=FileSystemLoader(TEMPLATES),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def page(template: str, **context: Any) -> str:
    """A whole page from a template that extends `base.html.j2`; all text is escaped.

    The page's own policy lets a browser use its one stylesheet, and nothing else.
    """
    style = (TEMPLATES / "base.css").read_text("utf-8")
    hashed = b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{hashed}'; base-uri 'none'; form-action 'none'"
    made = _environment.get_template(template)
    return made.render(style=Markup(style), policy=policy, **context)


def write_page(file: Path, text: str) -> None:
    """Writes a page whole or not at all. Raises StorageError."""
    data = text.encode("utf-8", "replace")

    def write(target: Path) -> None:
        target.write_bytes(data)

    replace_file(file, write)
