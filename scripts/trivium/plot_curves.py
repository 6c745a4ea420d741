# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Trivium authors
"""Draws curves over an axis: a panel for each model, its strategies in colour and all others faintly behind them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from trivium import svg
from trivium.axes import Axis, fitting, linear, logarithmic, short, spread_apart
from trivium.palette import MODELS, look_of, panels_of
from trivium.plot_dots import Panel

WIDTH, HEIGHT = 344, 268
_LEFT, _TOP, _BOTTOM = 46, 50, 222


@dataclass(frozen=True)
class Point:
    """A place on the curve, with the bounds of its interval; `sound` is false where it is not ranked."""

    x: float
    y: float
    low: float
    high: float
    sound: bool = True


@dataclass(frozen=True)
class Plane:
    """What the curves are drawn on: titles with units, kinds of axes, and how ticks read."""

    x_title: str
    y_title: str
    x_log: bool = False
    y_log: bool | None = None  # None: as the values want it
    x_show: Callable[[float], str] = short
    y_show: Callable[[float], str] = short
    x_ticks: tuple[float, ...] = ()
    markers: bool = True


Curves = dict[str, list[Point]]


def _axes(curves: Curves, ideal: Sequence[tuple[float, float]], plane: Plane, right: float) -> tuple[Axis, Axis]:
    xs = [point.x for points in curves.values() for point in points] + [x for x, _ in ideal]
    ys = [value for points in curves.values() for point in points for value in (point.y, point.low, point.high)]
    drawn = [point.y for points in curves.values() for point in points] + [y for _, y in ideal]
    if plane.x_log:
        x_axis = logarithmic(xs, _LEFT, right, slack=1.0 if len(set(xs)) > 1 else 1.1)
    else:
        low, high = min(xs), max(xs)
        x_axis = Axis(0 if low < high / 3 else low, high if high > low else low + 1, _LEFT, right)
    make = fitting if plane.y_log is None else logarithmic if plane.y_log else linear
    values = [*drawn, *(value for value in ys if value > 0 or not plane.y_log)]
    return x_axis, make(values, _BOTTOM, _TOP)


def _grid(x_axis: Axis, y_axis: Axis, plane: Plane) -> list[str]:
    parts = []
    for value in y_axis.ticks(6):
        y = y_axis.at(value)
        parts.append(svg.line(_LEFT, y, x_axis.end, y, "grid"))
        parts.append(svg.text(_LEFT - 5, y + 4, plane.y_show(value), "end", "soft"))
    last = -1e9
    for value in plane.x_ticks or x_axis.ticks(5):
        if not x_axis.low <= value <= x_axis.high:
            continue
        x, content = x_axis.at(value), plane.x_show(value)
        half = svg.text_width(content) / 2
        parts.append(svg.line(x, _BOTTOM, x, _BOTTOM + 4, "grid"))
        if x - half > last + 4:
            parts.append(svg.text(x, _BOTTOM + 16, content, "middle", "soft"))
            last = x + half
    parts.append(svg.line(_LEFT, _BOTTOM, x_axis.end, _BOTTOM, "grid"))
    scale = ", logarithmic" if plane.x_log else ""
    parts.append(svg.text(_LEFT, _BOTTOM + 34, f"{plane.x_title}{scale}", class_="bold"))
    scale = ", logarithmic" if y_axis.log else ""
    parts.append(svg.text(2, 36, f"{plane.y_title}{scale}", class_="bold"))
    return parts


def _pixels(points: Sequence[Point], x_axis: Axis, y_axis: Axis) -> list[tuple[float, float]]:
    return [(x_axis.at(point.x), y_axis.at(point.y)) for point in points]


def _curve(entry: str, points: Sequence[Point], x_axis: Axis, y_axis: Axis, plane: Plane) -> str:
    look = look_of(entry)
    parts = [svg.title(entry), svg.polyline(_pixels(points, x_axis, y_axis), look.colour, look.dash)]
    for point, (x, y) in zip(points, _pixels(points, x_axis, y_axis), strict=True):
        if point.high > point.low:
            parts.append(svg.line(x, y_axis.at(point.low), x, y_axis.at(point.high), colour=look.colour, width=1.2))
        if plane.markers:
            told = f"{entry} at {plane.x_show(point.x)}: {plane.y_show(point.y)}"
            told += f" ({plane.y_show(point.low)} to {plane.y_show(point.high)})" + (
                "" if point.sound else ", not ranked"
            )
            shape = svg.marker(look.marker, x, y, look.colour, look.hollow or not point.sound, 4)
            parts.append(svg.group([svg.title(told), shape]))
    return svg.group(parts)


def _name(entry: str) -> str:
    look = look_of(entry)
    return f"{look.short} (floor)" if look.colour == "floor" else look.short


def _labels(
    own: Sequence[str], curves: Curves, ideal: Sequence[tuple[float, float]], x_axis: Axis, y_axis: Axis
) -> str:
    """Returns a label at the right end of each curve, apart from each other."""
    ends = [(_name(entry), look_of(entry).colour, *_pixels(curves[entry], x_axis, y_axis)[-1]) for entry in own]
    if ideal:
        ends.append(("ideal", "soft", x_axis.at(ideal[-1][0]), y_axis.at(ideal[-1][1])))
    places = spread_apart([y for _, _, _, y in ends], 13, _TOP - 2, _BOTTOM - 2)
    parts = []
    for (content, colour, x, y), place in zip(ends, places, strict=True):
        parts.append(svg.polyline([(x + 5, y), (x_axis.end + 8, place), (x_axis.end + 11, place)], colour, width=0.8))
        parts.append(svg.text(x_axis.end + 13, place + 4, content, fill=colour))
    return "".join(parts)


def _knees(own: Sequence[str], knees: Mapping[str, float], x_axis: Axis, show: Callable[[float], str]) -> str:
    """Returns a line at each knee that one of the panel's own curves has; whose it is shows where they bend."""
    found: dict[float, list[str]] = {}
    for entry in own:
        if entry in knees and x_axis.low <= knees[entry] <= x_axis.high:
            found.setdefault(knees[entry], []).append(entry)
    parts = []
    for index, (value, entries) in enumerate(sorted(found.items())):
        x, y, content = x_axis.at(value), _TOP + 10 + 14 * index, f"knee {show(value)}"
        after = x + 4 + svg.text_width(content) <= x_axis.end
        told = [svg.title(f"{content}: {', '.join(entries)}"), svg.line(x, _TOP, x, _BOTTOM, "guide")]
        told.append(svg.text(x + 4 if after else x - 4, y, content, "start" if after else "end"))
        parts.append(svg.group(told))
    return "".join(parts)


def panels(
    curves: Curves,
    plane: Plane,
    label: str,
    ideal: Sequence[tuple[float, float]] = (),
    knees: Mapping[str, float] | None = None,
) -> list[Panel]:
    """Returns a panel for each model that has a curve, all to the same scale; `knees` are where curves bend."""
    curves = {entry: points for entry, points in curves.items() if points}
    grouped, everywhere = panels_of(list(curves))
    if not grouped:
        return []
    names = [_name(entry) for entry in curves] + (["ideal"] if ideal else [])
    right = WIDTH - 18 - max(svg.text_width(name) for name in names)
    x_axis, y_axis = _axes(curves, ideal, plane, right)
    drawn = []
    for model, own in grouped:
        parts = [svg.text(2, 16, MODELS[model][2], class_="bold", fill=model), *_grid(x_axis, y_axis, plane)]
        shown = [*everywhere, *own]
        others = [entry for _, theirs in grouped for entry in theirs if entry not in own]
        faint = [svg.polyline(_pixels(curves[entry], x_axis, y_axis), "rule", width=1) for entry in others]
        parts.append(svg.group(faint))
        if ideal:
            along = [(x_axis.at(x), y_axis.at(y)) for x, y in ideal]
            parts.append(svg.polyline(along, "ink", "4 3", 1.2))
        parts.append(_knees(own, knees or {}, x_axis, plane.x_show))
        parts += [_curve(entry, curves[entry], x_axis, y_axis, plane) for entry in shown]
        parts.append(_labels(shown, curves, ideal, x_axis, y_axis))
        told = f"{label}: {MODELS[model][2]}, {', '.join(shown)}"
        drawn.append(Panel(svg.picture(WIDTH, HEIGHT, parts, told), WIDTH, HEIGHT))
    return drawn
