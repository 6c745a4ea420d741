# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Trivium authors
"""Writes a run's report: results.json, report.html, report.md and the plots, all from what was measured and no clock.

The same results and raw samples give the same bytes.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from trivium.figures import is_micro
from trivium.hazard_report import hazard_pictures
from trivium.hazard_table import hazard_lines
from trivium.hazard_words import plain_scenarios
from trivium.micro_table import micro_lines
from trivium.plot_dots import Picture
from trivium.plots import pictures
from trivium.report_markdown import markdown
from trivium.report_words import legend, pair_verdicts, verdicts
from trivium.svg import stand_alone
from trivium.table import scenario_lines
from trivium.verdict import findings, sentences

PANELS_IN_A_ROW = 4


def _as_file(picture: Picture) -> str:
    sizes = [(panel.width, panel.height) for panel in picture.panels]
    return stand_alone([panel.svg for panel in picture.panels], sizes, picture.heading, PANELS_IN_A_ROW)


def _json(value: Any) -> str:
    return json.dumps(value, indent=1) + "\n"


def write_all(results: dict[str, Any], raws: Sequence[dict[str, Any]], folder: Path) -> list[str]:
    """Writes everything that is made from the measurements into the folder; returns the names of the files."""
    # Only whoever writes a report needs the template library, which is not there before the machine is prepared.
    from trivium.report_html import html

    drawn = {name: pictures(results, name, raws) for name in plain_scenarios(results)}
    hazards = hazard_pictures(results)
    files = {
        "results.json": _json(results),
        "environment.json": _json(results["environment"]),
        "report.md": markdown(results, drawn, hazards),
        "report.html": html(results, drawn, hazards),
    }
    every = [picture for own in drawn.values() for picture in own] + hazards.every()
    files |= {f"plots/{picture.name}.svg": _as_file(picture) for picture in every}
    plots = folder / "plots"
    plots.mkdir(parents=True, exist_ok=True)
    for old in plots.glob("*.svg"):
        if f"plots/{old.name}" not in files:
            old.unlink()
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    return list(files)


def terminal_lines(results: dict[str, Any], *, width: int | None, colour: bool) -> list[str]:
    """Returns what a terminal shows of the results: what to read first, a table a scenario, how to read them."""
    lines = verdicts(results)
    if not results["run"]["complete"]:
        lines.insert(0, "INTERRUPTED: this is what was measured until then.")
    for name in plain_scenarios(results):
        show = micro_lines if is_micro(results["scenarios"][name]) else scenario_lines
        lines += ["", *show(results, name, width=width, colour=colour)]
    if risks := hazard_lines(results, width=width, colour=colour):
        lines += ["", *risks]
    lines += ["", *legend(results)]
    told = [
        f"  {finding.need.rstrip('.?')}: {sentences(finding)[0]}" for finding in findings(results) if finding.leader
    ]
    return [*lines, "", "What to pick (report.html says who is behind, and why):", *told] if told else lines


__all__ = ["legend", "markdown", "pair_verdicts", "terminal_lines", "verdicts", "write_all"]
