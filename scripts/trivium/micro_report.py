# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Trivium authors
"""A microbenchmark's tables in the report: the short one of the terminal, and every figure with its interval."""

from collections.abc import Sequence
from typing import Any

from trivium.causes import mean_of
from trivium.cells import Cell, ratio_of
from trivium.figures import figure_of, number
from trivium.micro_results import is_baseline
from trivium.micro_table import LEGEND, full_heads, tables
from trivium.scenario_tables import Table, Text, value_text

_TABLED = frozenset(
    ("time_per_op", "cpu_per_op", "ops_per_s", "voluntary_switches_per_op", "involuntary_switches_per_op")
)


def _ratio(cell: Cell, metric: str) -> Text:
    ratio = ratio_of(cell, metric)
    if is_baseline(cell):
        return Text("1", "baseline")
    if ratio is None:
        return Text("n/a", "", "weak")
    if ratio["low"] is None:
        return Text(number(ratio["median"]), "no interval", "weak")
    bounds = f"{number(ratio['low'])} to {number(ratio['high'])}"
    if ratio["verdict"] == "no difference":
        return Text("no difference", bounds)
    return Text(number(ratio["median"]), bounds, "bad" if ratio["verdict"] == "more" else "good")


def _mean(cell: Cell, name: str) -> str:
    return number(mean_of(cell["metrics"][name])) if name in cell["metrics"] else "n/a"


def _row(facts: dict[str, Any], cell: Cell, keys: Sequence[str]) -> tuple[Text, ...]:
    figures = []
    for metric in ("time_per_op", "cpu_per_op"):
        figures += [value_text(cell["metrics"].get(metric), figure_of(facts, metric)), _ratio(cell, metric)]
    counters = [f"{name} {_mean(cell, name)}" for name in cell["metrics"] if name not in _TABLED]
    return (
        Text(cell["entry"], "" if cell["ranked"] else "not ranked"),
        *(Text(str(cell["params"].get(key, ""))) for key in keys),
        *figures,
        value_text(cell["metrics"].get("ops_per_s"), figure_of(facts, "ops_per_s")),
        *(Text(_mean(cell, f"{kind}_switches_per_op")) for kind in ("voluntary", "involuntary")),
        Text(", ".join(counters) or "-"),
        Text("; ".join(cell["notes"]) or "-"),
    )


def short_tables(results: dict[str, Any], name: str) -> list[Table]:
    """Returns the tables as the terminal has them: entries below each other, parameters side by side."""
    facts = results["scenarios"][name]
    cells = [cell for cell in results["cells"] if cell["scenario"] == name]
    found = []
    for table in tables(facts, cells):
        heads = (*table.heads, *(f"{b.title} {head}".strip() for b in table.blocks for head in full_heads(b)))
        rows = tuple(
            tuple(Text(text) for text in (*row, *(text for block in table.blocks for text in block.texts[index])))
            for index, row in enumerate(table.rows)
        )
        caption = f"ns for one {facts['operation']}; {LEGEND}"
        found.append(Table(f"{table.title}: {caption}" if table.title else caption, heads, rows))
    return found


def full_table(results: dict[str, Any], name: str) -> list[Table]:
    """Returns every figure with its interval, A/A pairs included; [] where nothing was measured."""
    facts = results["scenarios"][name]
    measured = [cell for cell in results["cells"] if cell["scenario"] == name and cell["valid"]]
    if not measured:
        return []
    keys = list(dict.fromkeys(key for cell in measured for key in cell["params"]))
    heads = ("entry", *keys, "time, ns", "time: ratio", "CPU, ns", "CPU: ratio", f"{facts['operation']}s/s")
    heads += ("voluntary switches", "involuntary switches", "other counters", "notes")
    caption = "Every figure, with its interval, and the A/A pairs (switches and counters: means, for one "
    caption += f"{facts['operation']})"
    return [Table(caption, heads, tuple(_row(facts, cell, keys) for cell in measured))]
