# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Trivium authors
"""Pictures of microbenchmarks: a panel for each set of parameters, entries below each other, every round a dot."""

from typing import Any

from trivium import plot_dots
from trivium.figures import figure_of, spread_word
from trivium.micro_table import case_name
from trivium.microbenchmarks import read_parts
from trivium.palette import look_of
from trivium.plot_dots import Picture, Row
from trivium.ranking import is_twin

MOST_PANELS = 24


def micro_pictures(results: dict[str, Any], name: str) -> list[Picture]:
    """Returns the scenario's picture, or none where nothing was measured."""
    facts = results["scenarios"][name]
    metric = facts["headline"]
    figure = figure_of(facts, metric)
    fixed, _ = read_parts(facts["microbenchmark"]["baseline"])
    grouped: dict[tuple[tuple[str, Any], ...], list[Row]] = {}
    for cell in results["cells"]:
        if cell["scenario"] != name or not cell["valid"] or is_twin(cell) or metric not in cell["metrics"]:
            continue
        apart = tuple((key, value) for key, value in cell["params"].items() if key not in fixed)
        label = case_name(cell, fixed)
        note = "" if cell["ranked"] else "not ranked"
        grouped.setdefault(apart, []).append(Row(label, look_of(cell["entry"]), cell["metrics"][metric], note))
    panels = []
    for apart, rows in list(grouped.items())[:MOST_PANELS]:
        rows.sort(key=lambda row: (row.metric["median"], row.label))
        title = ", ".join(f"{key} {value}" for key, value in apart)
        panels.append(plot_dots.narrow(rows, figure, None, f"{name}, {title}: {figure.heading}", heading=title))
    if not panels:
        return []
    (first, *_) = next(iter(grouped.values()))
    heading = f"{figure.heading}: median, {spread_word(first.metric)}, and every round"
    return [Picture(f"{name}-{metric}", heading, f"{name}: {heading}, by parameters.", tuple(panels))]
