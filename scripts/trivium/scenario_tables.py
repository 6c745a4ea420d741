# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Trivium authors
"""What a scenario's tables hold, whether they are shown as HTML or as Markdown."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from trivium.causes import ATTRIBUTION, mean_of
from trivium.cells import Cell, ratio_of
from trivium.figures import (
    Figure,
    axis_of,
    axis_text,
    axis_title,
    axis_value,
    axis_values,
    figure_of,
    number,
    place_text,
    shown_metrics,
)
from trivium.ranking import baseline_of, entries_by_rank, is_foreign, marks, ordered, telling_value

# Shown beside the scenario's own metrics wherever they were measured.
COMMON = ("cpu_per_op", "ops_per_s", "p50", "p99", "pss")
# Latencies of a closed loop tell how long the queue is: they have a ratio only where the scenario asks for them.
WITH_RATIO = ("cpu_per_op", "ops_per_s")


@dataclass(frozen=True)
class Text:
    """What stands in a table's cell: the figure, what surrounds it, and in which tone: "", "good", "bad", "weak"."""

    main: str
    detail: str = ""
    tone: str = ""


@dataclass(frozen=True)
class Table:
    """One table: a caption, heads, and rows of which the first cell is the row's head."""

    caption: str
    heads: tuple[str, ...]
    rows: tuple[tuple[Text, ...], ...]


def value_text(metric: dict[str, Any] | None, figure: Figure, why_not: str = "") -> Text:
    """Returns a metric as a table has it; what was not measured reads n/a, with the reason."""
    if metric is None:
        return Text("n/a", why_not, "weak")
    if sum(sample is not None for sample in metric["samples"]) < 2:
        return Text(figure.text(metric["median"]))
    return Text(figure.text(metric["median"]), f"{figure.text(metric['low'])} to {figure.text(metric['high'])}")


def ratio_text(cell: Cell, metric: str, baseline: str, figure: Figure) -> Text:
    """Returns the ratio to the baseline, in words where its interval holds 1."""
    if cell["entry"] == baseline:
        return Text("1", "baseline")
    ratio = ratio_of(cell, metric, baseline)
    if ratio is None:
        return Text("-", "", "weak")
    if ratio["low"] is None:
        return Text(number(ratio["median"]), "no interval", "weak")
    bounds = f"{ratio['low']:.2f} to {ratio['high']:.2f}"
    if ratio.get("cross_dialect"):
        return Text(f"{ratio['median']:.2f}", f"{bounds}; another dialect", "weak")
    if ratio["verdict"] == "no difference":
        return Text("no difference", bounds)
    worse = (ratio["verdict"] == "more") == (figure.better == "lower")
    return Text(f"{ratio['median']:.2f}", bounds, "bad" if worse else "good")


def entry_text(cell: Cell, baseline: str) -> Text:
    """Returns the entry's name with the marks that it needs."""
    said = marks(cell)
    if is_foreign(cell, baseline):
        said.append(f"dialect {cell['dialect']}")
    return Text(cell["entry"], ", ".join(said), "weak" if not cell["ranked"] else "")


def _reason(cell: Cell, metric: str) -> str:
    return (cell.get("unmeasured") or {}).get(metric, "")


def _figures(facts: dict[str, Any], cells: Sequence[Cell], baseline: str, caption: str) -> Table:
    shown = ordered(facts, cells, baseline)
    asked = dict.fromkeys([*shown_metrics(facts, list(cells)), *COMMON])
    metrics = [metric for metric in asked if any(metric in cell["metrics"] for cell in shown)]
    if facts.get("ideal") and any("of_ideal" in cell["metrics"] for cell in shown):
        metrics = list(dict.fromkeys([*metrics[:1], "of_ideal", *metrics[1:]]))
    compared = {*shown_metrics(facts, list(cells)), *WITH_RATIO}
    with_ratio = {m for m in metrics if m in compared and any(ratio_of(cell, m, baseline) for cell in shown)}
    told_apart = any(ratio["low"] is not None for cell in shown for ratio in cell["ratios"])
    placed = told_apart and any(cell.get("rank") for cell in shown)
    heads = ["contender", *(["place"] if placed else [])]
    for metric in metrics:
        heads += [
            figure_of(facts, metric).heading,
            *([f"{figure_of(facts, metric).title}: ratio"] if metric in with_ratio else []),
        ]
    rows = []
    for cell in shown:
        row = [entry_text(cell, baseline), *([Text(str(cell.get("rank") or "-"))] if placed else [])]
        for metric in metrics:
            figure = figure_of(facts, metric)
            row.append(value_text(cell["metrics"].get(metric), figure, _reason(cell, metric)))
            if metric in with_ratio:
                row.append(ratio_text(cell, metric, baseline, figure))
        rows.append(tuple(row))
    if placed:
        caption += "; who cannot be told apart by the interval shares a place"
    return Table(caption, tuple(heads), tuple(rows))


def _why_not(cell: Cell | None) -> str:
    """Returns in a word or two why a cell has no figure."""
    if cell is None:
        return ""
    if cell["nonconforming"]:
        return "does not conform"
    note = cell["notes"][0] if cell["notes"] else ""
    return note.partition("(")[2].partition(")")[0] if note.startswith("n/a (") else ""


def _over_axis(facts: dict[str, Any], cells: Sequence[Cell], baseline: str, metric: str, *, ratios: bool) -> Table:
    figure = figure_of(facts, metric)
    values = axis_values(facts, list(cells))
    by_place = {(cell["entry"], axis_value(facts, cell)): cell for cell in cells}
    rows = []
    for entry in entries_by_rank(facts, cells, baseline):
        row = [Text(entry)]
        for value in values:
            cell = by_place.get((entry, value))
            if cell is None or metric not in cell["metrics"]:
                row.append(Text("n/a", _why_not(cell), "weak"))
            elif ratios:
                row.append(ratio_text(cell, metric, baseline, figure))
            else:
                told = value_text(cell["metrics"][metric], figure)
                said = "; ".join(part for part in (told.detail, ", ".join(marks(cell))) if part)
                row.append(Text(told.main, said, "weak" if not cell["ranked"] else ""))
        rows.append(tuple(row))
    what = f"{figure.title}: ratio to {baseline}" if ratios else figure.heading
    heads = ("contender", *(axis_text(value) for value in values))
    return Table(f"{what}, by {axis_title(facts)}", heads, tuple(rows))


def _slopes(results: dict[str, Any], name: str) -> list[Table]:
    """Returns what one more connection costs in memory, of each kind that was measured."""
    facts = results["scenarios"][name]
    every = [s for s in (*results.get("slopes", ()), *results.get("other_slopes", ())) if s["scenario"] == name]
    by_place = {(slope["entry"], slope["metric"]): slope for slope in every}
    memory = [slope for slope in every if slope["metric"] == "pss"]
    if not memory:
        return []
    metrics = list(dict.fromkeys(slope["metric"] for slope in every))
    figure = figure_of(facts, "bytes_per_connection")
    rows = []
    for slope in sorted(memory, key=lambda slope: (slope["median"], slope["entry"])):
        told = [value_text(by_place.get((slope["entry"], metric)), figure) for metric in metrics]
        over = " ".join(axis_text(number) for number in slope["over"])
        rows.append((Text(slope["entry"]), *told, Text(over)))
    heads = ("contender", *(f"{figure_of(facts, m).title}, KiB/connection" for m in metrics), "over connections")
    return [Table("Memory for each connection: the slope over the numbers of connections", heads, tuple(rows))]


def splits_of(facts: dict[str, Any], cells: Sequence[Cell], baseline: str) -> list[Table]:
    """Returns what a split costs, where split contenders were measured beside the same without."""
    metrics = [m for m in ("cpu_per_op", "ops_per_s") if any(m in cell["metrics"] for cell in cells)]
    rows = []
    for cell in ordered(facts, cells, baseline):
        unsplit = cell["unsplit"]
        if unsplit and any(ratio_of(cell, metric, unsplit) for metric in metrics):
            texts = [ratio_text(cell, metric, unsplit, figure_of(facts, metric)) for metric in metrics]
            rows.append((Text(cell["entry"]), *texts))
    if not rows:
        return []
    heads = ("contender", *(f"{figure_of(facts, metric).title}: ratio" for metric in metrics))
    caption = "What the split costs: ratios to the same contender without it, paired by round"
    return [Table(caption, heads, tuple(rows))]


def attribution(facts: dict[str, Any], cells: Sequence[Cell], baseline: str, where: str) -> list[Table]:
    """Returns where the time goes: means over the rounds, for one operation."""
    shown = ordered(facts, cells, baseline)
    metrics = [metric for metric in ATTRIBUTION if any(metric in cell["metrics"] for cell in shown)]
    calls = any((cell.get("attribution") or {}).get("syscalls") for cell in shown)
    if not metrics:
        return []
    rows = []
    for cell in shown:
        row = [entry_text(cell, baseline)]
        for metric in metrics:
            if metric in cell["metrics"]:
                row.append(Text(figure_of(facts, metric).text(mean_of(cell["metrics"][metric]))))
            else:
                row.append(Text("n/a", _reason(cell, metric), "weak"))
        if calls:
            own = (cell.get("attribution") or {}).get("syscalls") or {}
            most = sorted(own.items(), key=lambda item: (-item[1], item[0]))[:5]
            row.append(Text(", ".join(f"{call} {number(count)}" for call, count in most if count >= 0.005) or "n/a"))
        rows.append(tuple(row))
    heads = [
        "contender",
        *(figure_of(facts, metric).heading for metric in metrics),
        *(["which syscalls"] if calls else []),
    ]
    caption = f"Where the time goes, for one {facts['operation']}{where} (means over the rounds)"
    return [Table(caption, tuple(heads), tuple(rows))]


def tables(results: dict[str, Any], name: str, cells: Sequence[Cell]) -> list[Table]:
    """Returns the tables of a scenario of servers or fetch clients, but for the attribution."""
    facts, baseline = results["scenarios"][name], baseline_of(results, name)
    if not any(cell["valid"] for cell in cells):
        return []
    if axis_of(facts) is None:
        caption = f"Medians; ratios to {baseline}, paired by round"
        return [_figures(facts, cells, baseline, caption), *splits_of(facts, cells, baseline)]
    found = []
    for metric in shown_metrics(facts, list(cells)):
        found.append(_over_axis(facts, cells, baseline, metric, ratios=False))
        if any(ratio_of(cell, metric, baseline) for cell in cells):
            found.append(_over_axis(facts, cells, baseline, metric, ratios=True))
    return found + _slopes(results, name)


def attribution_of(results: dict[str, Any], name: str, cells: Sequence[Cell]) -> list[Table]:
    """Returns the scenario's attribution; over an axis, at the place that tells most."""
    facts = results["scenarios"][name]
    if axis_of(facts) is None:
        return attribution(facts, cells, baseline_of(results, name), "")
    value = telling_value(facts, cells)
    here = [cell for cell in cells if axis_value(facts, cell) == value]
    return attribution(facts, here, baseline_of(results, name), f", {place_text(facts, value)}")
