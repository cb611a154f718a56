"""Plots as static SVG, drawn by Vega-Lite; colours are the page's own, so both modes fit."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from markupsafe import Markup

# Wide enough to read on a desk, and its letters still are on a phone.
WIDTH, HEIGHT = 340, 170
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
    """How many values fall into each step from 0 to `most`."""
    x = {
        "field": "value",
        "type": "quantitative",
        "bin": {"step": step, "extent": [0, most]},
        "axis": {"title": title, "grid": False, "tickCount": 6},
    }
    y = {
        "aggregate": "count",
        "type": "quantitative",
        "axis": {"title": "students", "tickMinStep": 1, "tickCount": 4, "domain": False},
    }
    return _drawn([{"value": v} for v in values], {"x": x, "y": y}, [{"type": "bar"}])


def scatter(items: pd.DataFrame) -> Markup:
    """Items by difficulty and discrimination, each with its name."""
    x = {
        "field": "difficulty",
        "type": "quantitative",
        "scale": {"domain": [0, 1]},
        "axis": {"title": "mean share of the points", "format": "%", "tickCount": 5},
    }
    y = {
        "field": "discrimination",
        "type": "quantitative",
        "scale": {"domainMax": 1},
        "axis": {"title": "discrimination", "tickCount": 4},
    }
    label = {"align": "right", "dx": -8, "fontSize": 12, "fill": "var(--ink)"}
    marks = [{"type": "point", "filled": True, "size": 60, "opacity": 1}, {"type": "text", **label}]
    return _drawn(items.to_dict("records"), {"x": x, "y": y, "text": {"field": "name"}}, marks)


def _drawn(
    rows: list[Any], encoding: Mapping[str, Any], marks: Sequence[Mapping[str, Any]]
) -> Markup:
    # Imported where it draws: it starts an engine of its own, which no other report needs.
    import vl_convert

    spec = {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "width": WIDTH,
        "height": HEIGHT,
        "data": {"values": rows},
        "layer": [{"mark": {"color": "var(--bar)", **mark}} for mark in marks],
        "encoding": encoding,
        "config": _CONFIG,
    }
    return Markup(vl_convert.vegalite_to_svg(spec))
