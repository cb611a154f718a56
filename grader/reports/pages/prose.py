"""An assignment's Markdown as HTML: tables and formulas, no HTML of its own, no pictures."""

from typing import Any

import mistune
from latex2mathml.converter import convert
from markupsafe import Markup, escape
from mistune.plugins.math import math
from mistune.plugins.table import table


class _Renderer(mistune.HTMLRenderer):
    """Headings below those of the page, words in place of pictures, addresses as text."""

    def heading(self, text: str, level: int, **attrs: Any) -> str:
        return f"<h4>{text}</h4>\n"

    def image(self, text: str, url: str, title: str | None = None) -> str:
        return f"<em>{text}</em>"

    def link(self, text: str, url: str, title: str | None = None) -> str:
        return text


def html_of(markdown: str) -> Markup:
    """The Markdown as HTML; formulas as MathML, tables with heads for their columns."""
    renderer = _Renderer(escape=True)
    made = mistune.create_markdown(renderer=renderer, plugins=[math, table])
    renderer.register("inline_math", lambda _, text: _formula(text, "inline"))
    renderer.register("block_math", lambda _, text: _formula(text, "block"))
    text = str(made(markdown))
    return Markup(text.replace("<th>", '<th scope="col">'))


def _formula(text: str, display: str) -> str:
    try:
        return str(convert(text, display=display))
    except Exception:  # its errors share no class; a formula it can't set is shown as written
        return f"<code>{escape(text)}</code>"
