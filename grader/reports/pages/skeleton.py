"""What all pages share: the skeleton, the stylesheet, the security policy, names of files."""

import hashlib
import re
import unicodedata
from base64 import b64encode
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from grader.reports.files import replace_file
from grader.reports.words import sentence

TEMPLATES = Path(__file__).parent / "templates"

_environment = Environment(
    loader=FileSystemLoader(TEMPLATES),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def breakable(name: str) -> Markup:
    """A long name of code that may go on in the next line after an underscore."""
    return Markup("_<wbr>").join(name.split("_"))


def coded(text: str) -> Markup:
    """The text with what stands between backticks as code."""
    parts = text.split("`")
    if len(parts) % 2 == 0:
        return escape(text)
    return Markup().join(
        Markup("<code>{}</code>").format(part) if number % 2 else part
        for number, part in enumerate(parts)
    )


_environment.filters |= {"breakable": breakable, "coded": coded, "sentence": sentence}


def page(template: str, *, script: str = "", **context: Any) -> str:
    """A whole page from a template that extends `skeleton.html.j2`; all text is escaped.

    script: the name of a file beside the templates, "" for a page that runs nothing. The page's
    policy allows the one stylesheet and that one script by their hashes, and nothing else.
    """
    style = _asset("style.css")
    code = _asset(script) if script else ""
    return _environment.get_template(template).render(
        policy=_policy(style, code), style=Markup(style), script=Markup(code), **context
    )


def part(template: str, **context: Any) -> Markup:
    """A part of a page, from a template of its own."""
    return Markup(_environment.get_template(template).render(**context))


def file_name(student: str) -> str:
    """A name for a student's page: readable, safe on every file system, different for each."""
    plain = unicodedata.normalize("NFKD", student).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:40].rstrip("-")
    return f"{slug or 'student'}-{hashlib.sha256(student.encode()).hexdigest()[:10]}.html"


def write_page(file: Path, text: str) -> None:
    """Writes a page whole or not at all, unless it is there as it is. Raises StorageError."""
    data = text.encode("utf-8", "replace")

    def write(target: Path) -> None:
        target.write_bytes(data)

    if not (file.is_file() and file.read_bytes() == data):
        # A page that a power cut spoils is made again: it is not what it should be.
        replace_file(file, write, durable=False)


def _asset(name: str) -> str:
    # Written once a page: read from the disk only the first time.
    return _environment.loader.get_source(_environment, name)[0]  # type: ignore[union-attr]


def _policy(style: str, script: str) -> str:
    allowed = [f"style-src {_hash(style)}", *([f"script-src {_hash(script)}"] if script else [])]
    return "; ".join(["default-src 'none'", *allowed, "base-uri 'none'", "form-action 'none'"])


def _hash(text: str) -> str:
    return f"'sha256-{b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
