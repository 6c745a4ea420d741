# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Trivium authors
"""Draws dose curves: what the healthy clients get against how much of the hazard there is, with the knee drawn in."""

from collections.abc import Sequence
from typing import Any

from trivium import plot_curves
from trivium.axes import short
from trivium.hazard_words import Item, metric_title, percent, shortened, slug, unit_of, with_unit
from trivium.plot_curves import Plane, Point
from trivium.plot_dots import Picture

LOG_FROM = 8  # a dose that grows so many times or more stands on a logarithmic axis
_TO_MS = {"us": 1e-3, "ns": 1e-6}
_AXES = {"clients": "clients that do it", "load": "offered load"}


def _curves(doses: Sequence[Item], scale: float) -> dict[str, list[Point]]:
    found = {}
    for dose in doses:
        points = [point for point in dose["points"] if point["value"] is not None]
        found[dose["contender"]] = [
            Point(
                point["x"],
                point["value"] * scale,
                *((point[key] if point.get(key) is not None else point["value"]) * scale for key in ("low", "high")),
            )
            for point in sorted(points, key=lambda point: point["x"])
        ]
    return {contender: points for contender, points in found.items() if points}


def _knees_told(doses: Sequence[Item]) -> str:
    """Returns where the curves bend, and whose."""
    everyone = [dose["contender"] for dose in doses]
    places = sorted({dose["knee"] for dose in doses if dose.get("knee") is not None})
    if not places:
        return "no knee"
    found = []
    for place in places:
        own = [dose["contender"] for dose in doses if dose.get("knee") == place]
        found.append(f"knee at {short(place)}: {shortened(own, everyone)}")
    return "; ".join(found)


def _picture(hazard: str, metric: str, doses: Sequence[Item]) -> Picture | None:
    first = doses[0]
    unit, axis = unit_of(first), _AXES.get(first["axis"], first["axis"])
    title, axis_unit = first.get("label") or metric_title(metric), first.get("axis_unit") or ""
    scale = _TO_MS.get(unit, 1.0)
    curves = _curves(doses, scale)
    if not curves:
        return None
    values = sorted({point.x for points in curves.values() for point in points})
    plane = Plane(
        with_unit(axis, "" if axis_unit == first["axis"] else axis_unit),
        with_unit(title, "ms" if unit in _TO_MS else unit),
        x_log=values[0] > 0 and values[-1] / values[0] >= LOG_FROM,
        y_show=percent if unit == "share" else short,
        x_ticks=tuple(values),
    )
    knees = {dose["contender"]: dose["knee"] for dose in doses if dose.get("knee") is not None}
    heading = f"{hazard}: {title} against {axis} ({_knees_told(doses)})"
    drawn = plot_curves.panels(curves, plane, heading, knees=knees)
    return Picture(slug("dose", hazard, metric), heading, f"{heading}.", tuple(drawn))


def dose_pictures(results: dict[str, Any], hazard: str) -> list[Picture]:
    """Returns the hazard's dose curves, one picture for each metric; [] where no dose was varied."""
    doses = [dose for dose in results.get("doses") or () if dose["hazard"] == hazard]
    metrics = dict.fromkeys(dose["metric"] for dose in doses)
    found = [_picture(hazard, metric, [dose for dose in doses if dose["metric"] == metric]) for metric in metrics]
    return [picture for picture in found if picture is not None]
