"""Plots as static SVG, drawn by Vega-Lite; colours are the page's own, so both modes fit."""

from collections.abc import Mapping, Sequence
from math import ceil, floor
from typing import Any

import pandas as pd
from markupsafe import Markup

# Wide enough to read on a desk, and its letters still are on a phone.
WIDTH, HEIGHT = 340, 170
# Letters are measured in another font than the reader's, which may be wider.
PADDING = {"left": 16, "right": 16, "top": 6, "bottom": 4}
_CONFIG: Mapping[str, Any] = {
    "aria": False,
    "background": None,
    "font": "system-ui, sans-serif",
    "view": {"stroke": None},
    "axis": {
        "labelColor": "var(--soft)",
        "titleColor": "var(--soft)",
        "gridColor": "var(--line)",
        "domainColor": "var(--line)",
        "tickColor": "var(--line)",
        "labelFontSize": 12,
        "titleFontSize": 12,
        "titleFontWeight": "normal",
        "titlePadding": 8,
    },
}


def histogram(values: Sequence[float], step: float, most: float, title: str) -> Markup:
    """How many values fall into each step from 0 to `most`, a multiple of it."""
    steps = round(most / step)
    ticks = [number * step for number in range(0, steps + 1, ceil(steps / 6))]
    x = {
        "field": "value",
        "type": "quantitative",
        "bin": {"step": step, "extent": [0, most]},
        "axis": {"title": title, "grid": False, "values": ticks, "labelFlush": False},
    }
    y = {
        "aggregate": "count",
        "type": "quantitative",
        "axis": {"title": "students", "tickMinStep": 1, "tickCount": 4, "domain": False},
    }
    mark = {"type": "bar", "color": "var(--bar)"}
    rows = [{"value": value} for value in values]
    return _drawn({"mark": mark, "encoding": {"x": x, "y": y}, "height": HEIGHT}, rows)


def dots(items: pd.DataFrame) -> Markup:
    """A line an item, with its `difficulty` as a dot and its `discrimination` as a diamond."""
    least = items["discrimination"].min()
    lowest = floor(5 * least) / 5 if least < 0 else 0
    y = {
        "field": "item",
        "type": "nominal",
        "sort": None,
        "axis": {"title": None, "grid": True, "domain": False, "ticks": False},
    }
    layers = [
        {
            "mark": {"type": "point", "filled": True, "size": 70, "opacity": 1, **mark},
            "encoding": {
                "y": y,
                "x": {
                    "field": field,
                    "type": "quantitative",
                    "scale": {"domain": [lowest, 1]},
                    "axis": {"title": None, "grid": False, "tickCount": 5, "labelFlush": False},
                },
            },
        }
        for field, mark in (
            ("difficulty", {"shape": "circle", "color": "var(--bar)"}),
            ("discrimination", {"shape": "diamond", "color": "var(--ink)"}),
        )
    ]
    # Vega-Lite leaves out points that are null, and knows no NaN.
    rows = items.astype(object).where(items.notna(), None).to_dict("records")
    return _drawn({"layer": layers, "height": {"step": 26}}, rows)


def _drawn(plot: Mapping[str, Any], rows: Sequence[Mapping[Any, Any]]) -> Markup:
    # Imported where it draws: it starts an engine of its own, which no other report needs.
    import vl_convert

    spec = {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "width": WIDTH,
        "padding": PADDING,
        "data": {"values": list(rows)},
        "config": _CONFIG,
        **plot,
    }
    svg: str = vl_convert.vegalite_to_svg(spec)
    # What it shows is said in words by the page around it.
    return Markup(svg.replace("<svg ", '<svg aria-hidden="true" ', 1))
