# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Trivium authors
"""The report as Markdown, short enough for a pull request: the verdict, a table a scenario, links to the plots.

Where the time goes, and every other table, stands in report.html.
"""

from collections.abc import Sequence
from typing import Any

from trivium.figures import is_micro
from trivium.hazard_report import HazardPictures, hazard_markdown, hazard_pictures
from trivium.hazard_words import plain_scenarios
from trivium.markdown import markdown_table, table_lines
from trivium.micro_report import short_tables
from trivium.micro_table import labelled
from trivium.plot_dots import Picture
from trivium.ranking import cells_of
from trivium.remarks import remarks
from trivium.report_environment import environment_rows, setting
from trivium.report_words import legend, verdicts
from trivium.scenario_tables import tables
from trivium.verdict import findings, sentences


def _scenario(results: dict[str, Any], name: str, pictures: Sequence[Picture]) -> list[str]:
    facts, cells = results["scenarios"][name], cells_of(results, name)
    lines = [f"## {name}: {facts['question']}", "", setting(results, name), ""]
    if pictures:
        links = [f"[{picture.heading}](plots/{picture.name}.svg)" for picture in pictures[1:]]
        lines += [f"![{pictures[0].says}](plots/{pictures[0].name}.svg)", ""]
        lines += [f"More plots: {'; '.join(links)}.", ""] if links else []
    if is_micro(facts):
        for table in short_tables(results, name):
            lines += table_lines(table)
        said = remarks(labelled(cells), all_notes=True)
    else:
        first, *others = tables(results, name, cells) or [None]
        lines += table_lines(first) if first else []
        for table in others:
            lines += table_lines(table) if table.caption.startswith("What the split costs") else []
        said = remarks(cells, facts, all_notes=True)
    lines += [f"- {line}" for line in (*facts.get("caveats", ()), *said)]
    return [*lines, ""] if lines[-1] else lines


def _verdict(results: dict[str, Any]) -> list[str]:
    lines = ["## What to pick", ""]
    for finding in findings(results):
        first, *others = (line.replace("/*", "/\\*") for line in sentences(finding))
        lines += [f"- **{finding.need.rstrip('.?')}.** {first}", *(f"  - {line}" for line in others)]
    return [*lines, ""] if len(lines) > 2 else []


def markdown(
    results: dict[str, Any],
    pictures: dict[str, list[Picture]] | None = None,
    hazards: HazardPictures | None = None,
) -> str:
    """Returns the report; `pictures` are those of each scenario, in the files that the links lead to."""
    run = results["run"]
    lines = ["# Processes, threads or coroutines?", ""]
    if not run["complete"]:
        lines += ["**This comparison was interrupted: what follows is what was measured until then.**", ""]
    lines += [f"- {line}" for line in verdicts(results)]
    lines += ["", *legend(results), ""]
    lines += [*_verdict(results), *hazard_markdown(results, hazards or hazard_pictures(results))]
    for name in plain_scenarios(results):
        lines += _scenario(results, name, (pictures or {}).get(name, ()))
    lines += ["## Environment", "", *markdown_table(["what", "value"], environment_rows(results)), ""]
    lines += [f"- {note}" for note in run["notes"]]
    lines += ["", "To run it again:", "", f"    {run['command']}", ""]
    lines += ["To make this report again from the raw samples:", "", "    scripts/report FOLDER", ""]
    return "\n".join(lines)
