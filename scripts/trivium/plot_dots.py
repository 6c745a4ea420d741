# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Trivium authors
"""Draws one row for each entry: every round faintly, the median, and its interval."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from trivium import svg
from trivium.axes import Axis, fitting, tick_texts
from trivium.figures import Figure
from trivium.palette import Look


@dataclass(frozen=True)
class Panel:
    """One drawing of a picture, with its size in pixels."""

    svg: str
    width: float
    height: float


@dataclass(frozen=True)
class Picture:
    """What a page shows under one heading: panels beside each other, or `narrow` ones where there is little room."""

    name: str
    heading: str
    says: str
    panels: tuple[Panel, ...]
    narrow: tuple[Panel, ...] = ()


@dataclass(frozen=True)
class Row:
    """One entry's row; `note` stands behind its figure."""

    label: str
    look: Look
    metric: dict[str, Any]
    note: str = ""


def _samples(row: Row) -> list[float]:
    return [sample for sample in row.metric["samples"] if sample is not None]


def _interval(row: Row, figure: Figure, axis: Axis, y: float) -> str:
    """Returns the row's rounds, interval and median."""
    low, middle, high = (axis.at(row.metric[key] / figure.scale) for key in ("low", "median", "high"))
    colour = row.look.colour
    rounds = [
        svg.element("circle", cx=axis.at(sample / figure.scale), cy=y, r=2, style=f"fill:var(--{colour})")
        for sample in _samples(row)
    ]
    bounds = f"{figure.text(row.metric['low'])} to {figure.text(row.metric['high'])}"
    said = f"{row.label}: {figure.told(row.metric['median'])} ({bounds}) {row.note}".rstrip()
    return svg.group(
        [
            svg.title(said),
            svg.group(rounds, class_="faint"),
            svg.line(low, y, high, y, colour=colour, width=2.4),
            svg.line(low, y - 4, low, y + 4, colour=colour, width=1.6),
            svg.line(high, y - 4, high, y + 4, colour=colour, width=1.6),
            svg.marker(row.look.marker, middle, y, colour, row.look.hollow),
        ]
    )


def _frame(axis: Axis, figure: Figure, top: float, bottom: float, reference: float | None, edge: float) -> list[str]:
    """Returns the grid, the ticks and the axis's title below the rows."""
    show = (lambda value: f"{value:.0%}") if figure.share else None
    parts = []
    ticks = tick_texts(axis, show, 6) if show else tick_texts(axis, most=6)
    last = -1e9
    for x, content in ticks:
        parts.append(svg.line(x, top, x, bottom, "grid"))
        half = svg.text_width(content) / 2
        if x - half > last + 4 and x + half <= edge:
            parts.append(svg.text(x, bottom + 14, content, "middle", "soft"))
            last = x + half
    if reference is not None:
        parts.append(svg.line(axis.at(reference), top, axis.at(reference), bottom, "guide"))
    scale = ", logarithmic" if axis.log else ""
    parts.append(svg.text(axis.start, bottom + 30, f"{figure.heading}{scale}", class_="bold"))
    return parts


def _axis(rows: Sequence[Row], figure: Figure, start: float, end: float) -> Axis:
    values = [value / figure.scale for row in rows for value in (*_samples(row), row.metric["low"], row.metric["high"])]
    return fitting(values, start, end, most=6)


def _value(row: Row, figure: Figure) -> str:
    return f"{figure.text(row.metric['median'])} {row.note}".rstrip()


def wide(rows: Sequence[Row], figure: Figure, reference: float | None, label: str, width: float = 720) -> Panel:
    """Returns the rows with labels on the left and figures on the right. `reference` is drawn across, unscaled."""
    height, top = 22, 6
    left = max(svg.text_width(row.label) for row in rows) + 12
    right = max(svg.text_width(_value(row, figure)) for row in rows) + 10
    axis = _axis(rows, figure, left, width - right - 8)
    bottom = top + height * len(rows)
    parts = _frame(axis, figure, top, bottom, None if reference is None else reference / figure.scale, width)
    for index, row in enumerate(rows):
        y = top + height * (index + 0.5)
        parts.append(svg.text(left - 10, y + 4, row.label, "end", fill=row.look.colour))
        parts.append(_interval(row, figure, axis, y))
        parts.append(svg.text(width - 2, y + 4, _value(row, figure), "end"))
    total = bottom + 38
    return Panel(svg.picture(width, total, parts, label), width, total)


def narrow(
    rows: Sequence[Row],
    figure: Figure,
    reference: float | None,
    label: str,
    width: float = 344,
    heading: str = "",
) -> Panel:
    """Returns the same for little room: each label and figure stand above their row."""
    height, top = 36, 22 if heading else 4
    axis = _axis(rows, figure, 8, width - 10)
    bottom = top + height * len(rows)
    parts = _frame(axis, figure, top, bottom, None if reference is None else reference / figure.scale, width)
    for index, row in enumerate(rows):
        y = top + height * index
        parts.append(svg.text(8, y + 12, row.label, fill=row.look.colour))
        parts.append(svg.text(width - 6, y + 12, _value(row, figure), "end"))
        parts.append(_interval(row, figure, axis, y + 23))
    if heading:
        parts.append(svg.text(8, 14, heading, class_="bold"))
    total = bottom + 38
    return Panel(svg.picture(width, total, parts, label), width, total)
