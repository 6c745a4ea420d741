# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Trivium authors
"""Which pictures a scenario has: from the results, and for the spread of latencies from the raw samples."""

from collections.abc import Sequence
from typing import Any

from trivium import plot_curves, plot_dots
from trivium.axes import short
from trivium.cells import Cell
from trivium.figures import (
    axis_of,
    axis_text,
    axis_title,
    axis_value,
    axis_values,
    figure_of,
    is_curve,
    is_micro,
    shown_metrics,
    spread_word,
    where_text,
)
from trivium.micro_plots import micro_pictures
from trivium.palette import look_of
from trivium.percentiles import NINES, depth, merged, quantile_text, quantiles
from trivium.plot_curves import Plane, Point
from trivium.plot_dots import Picture, Row
from trivium.ranking import baseline_of, cells_of, marks, ordered, telling_value

Raw = dict[str, Any]
LATENCIES = ("p50", "p90", "p99", "p99.9", "p99.99", "max")


def _label(facts: dict[str, Any], cell: Cell) -> str:
    """Returns the entry, and where on a short axis it stands."""
    if axis_of(facts) is None:
        return cell["entry"]
    return f"{cell['entry']}, {axis_title(facts)} {axis_text(axis_value(facts, cell))}"


def _dots(results: dict[str, Any], name: str, metric: str, cells: Sequence[Cell]) -> Picture | None:
    facts, baseline = results["scenarios"][name], baseline_of(results, name)
    figure = figure_of(facts, metric)
    shown = [cell for cell in ordered(facts, cells, baseline) if metric in cell["metrics"]]
    if axis_of(facts):
        # What differs by the axis alone stands together.
        places = {entry: index for index, entry in reversed([*enumerate(cell["entry"] for cell in shown)])}
        shown.sort(key=lambda cell: (places[cell["entry"]], axis_value(facts, cell)))
    rows = [
        Row(_label(facts, cell), look_of(cell["entry"]), cell["metrics"][metric], ", ".join(marks(cell)))
        for cell in shown
    ]
    if not rows:
        return None
    own = [] if axis_of(facts) else [cell for cell in shown if cell["entry"] == baseline]
    reference = next((cell["metrics"][metric]["median"] for cell in own), None)
    heading = f"{figure.heading}: median, {spread_word(rows[0].metric)}, and every round"
    says = f"{name}: {heading}. {rows[0].label} has {figure.told(rows[0].metric['median'])}"
    says += f", {rows[-1].label} {figure.told(rows[-1].metric['median'])}." if len(rows) > 1 else "."
    drawn = (rows, figure, reference, says)
    return Picture(f"{name}-{metric}", heading, says, (plot_dots.wide(*drawn),), (plot_dots.narrow(*drawn),))


def _ideal(facts: dict[str, Any], cells: Sequence[Cell], metric: str) -> list[tuple[float, float]]:
    """Returns the ideal over the axis, as the share of it that was reached tells; [] where there is none."""
    if not facts.get("ideal") or metric not in ("ops_per_s", "makespan"):
        return []
    found: dict[float, float] = {}
    for cell in cells:
        if metric in cell["metrics"] and "of_ideal" in cell["metrics"]:
            reached, share = cell["metrics"][metric]["median"], cell["metrics"]["of_ideal"]["median"]
            if share:
                found.setdefault(axis_value(facts, cell), reached * share if metric == "makespan" else reached / share)
    return sorted(found.items())


def _over_axis(results: dict[str, Any], name: str, metric: str, cells: Sequence[Cell]) -> Picture | None:
    facts = results["scenarios"][name]
    figure = figure_of(facts, metric)
    curves: dict[str, list[Point]] = {}
    for cell in sorted(cells, key=lambda cell: axis_value(facts, cell)):
        if cell["valid"] and metric in cell["metrics"]:
            told = [cell["metrics"][metric][key] / figure.scale for key in ("median", "low", "high")]
            point = Point(axis_value(facts, cell), *told, sound=cell["ranked"])
            curves.setdefault(cell["entry"], []).append(point)
    if not curves:
        return None
    values = axis_values(facts, list(cells))
    log = min(values) > 0 and max(values) / min(values) >= 8
    latency = metric in LATENCIES
    plane = Plane(
        axis_title(facts),
        figure.heading,
        x_log=log,
        y_log=True if latency or metric in ("pss", "makespan") else None,
        x_ticks=tuple(values),
        y_show=(lambda value: f"{value:.0%}") if figure.share else short,
    )
    ideal = _ideal(facts, cells, metric)
    some = next(cell["metrics"][metric] for cell in cells if cell["entry"] in curves and metric in cell["metrics"])
    heading = f"{figure.heading}, over {axis_title(facts)}: medians, {spread_word(some)}s"
    says = f"{name}: {heading}"
    drawn = plot_curves.panels(curves, plane, says, ideal)
    return Picture(f"{name}-{metric}", heading, f"{says}; {len(curves)} contenders.", tuple(drawn))


def _percentiles(results: dict[str, Any], name: str, raws: Sequence[Raw], cells: Sequence[Cell]) -> Picture | None:
    """Returns the spread of latencies in an open loop, at the load that tells most."""
    facts = results["scenarios"][name]
    value = telling_value(facts, cells)
    curves: dict[str, list[Point]] = {}
    for cell in cells:
        if not cell["valid"] or axis_value(facts, cell) != value:
            continue
        own = [
            raw for raw in raws if raw["entry"] == cell["entry"] and raw.get("params", value) in (cell["params"], value)
        ]
        good = [raw for raw in own if raw["error"] is None and "histogram" in raw.get("load", ())]
        along = [(depth(quantile), ns / 1000) for quantile, ns in quantiles(merged(good))]
        curves[cell["entry"]] = [Point(x, y, y, y) for x, y in along]
    if not any(curves.values()):
        return None
    plane = Plane(
        "share of the operations that were done by then",
        "latency, us",
        y_log=True,
        x_show=quantile_text,
        y_show=short,
        x_ticks=tuple(depth(nine) for nine in NINES),
        markers=False,
    )
    where = next((where_text(facts, cell) for cell in cells if axis_value(facts, cell) == value), "")
    heading = f"latency from the planned start, {where}: percentiles of all rounds together"
    drawn = plot_curves.panels(curves, plane, f"{name}: {heading}")
    return Picture(f"{name}-percentiles", heading, f"{name}: {heading}.", tuple(drawn))


def _span(slopes: Sequence[dict[str, Any]]) -> str:
    low, high = min(slope["over"][0] for slope in slopes), max(slope["over"][-1] for slope in slopes)
    return f"{axis_text(low)} to {axis_text(high)}"


def _slopes(results: dict[str, Any], name: str) -> Picture | None:
    facts = results["scenarios"][name]
    slopes = [slope for slope in results.get("slopes", ()) if slope["scenario"] == name]
    if not slopes:
        return None
    figure = figure_of(facts, "bytes_per_connection")
    most = max(slope["over"][-1] for slope in slopes)
    rows = [
        Row(s["entry"], look_of(s["entry"]), s, "" if s["over"][-1] == most else f"(to {axis_text(s['over'][-1])})")
        for s in sorted(slopes, key=lambda s: (s["median"], s["entry"]))
    ]
    heading = f"{figure.heading}: slope of the memory over {_span(slopes)} connections"
    says = f"{name}: {heading}. {rows[0].label} takes {figure.told(rows[0].metric['median'])}."
    drawn = (rows, figure, None, says)
    return Picture(f"{name}-slopes", heading, says, (plot_dots.wide(*drawn),), (plot_dots.narrow(*drawn),))


def pictures(results: dict[str, Any], name: str, raws: Sequence[Raw]) -> list[Picture]:
    """Returns the scenario's pictures, the one that answers its question first. `raws` are the whole run's."""
    facts, cells = results["scenarios"][name], cells_of(results, name)
    if is_micro(facts):
        return micro_pictures(results, name)
    make = _over_axis if is_curve(facts, cells) else _dots
    found: list[Picture | None] = [make(results, name, metric, cells) for metric in shown_metrics(facts, cells)]
    if axis_of(facts) == "connections":
        found += [_slopes(results, name)]
        if "pss" not in shown_metrics(facts, cells) and is_curve(facts, cells):
            found += [_over_axis(results, name, "pss", cells)]
    if facts.get("loop") == "open":
        found += [_percentiles(results, name, [raw for raw in raws if raw["scenario"] == name], cells)]
    return [picture for picture in found if picture is not None]
