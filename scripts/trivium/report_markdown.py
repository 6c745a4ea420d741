# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Trivium authors
"""The report as Markdown, short enough for a pull request: the verdict, a table a scenario, links to the plots.

Where the time goes, and every other table, stands in report.html.
"""

from collections.abc import Sequence
from typing import Any

from trivium.figures import is_micro
from trivium.hazard_matrix import matrix
from trivium.micro_report import short_tables
from trivium.micro_table import labelled
from trivium.plot_dots import Picture
from trivium.ranking import cells_of
from trivium.remarks import remarks
from trivium.report_environment import environment_rows, setting
from trivium.report_words import legend, verdicts
from trivium.scenario_tables import Table, Text, tables
from trivium.verdict import findings, sentences

_WIDEST = 48


def _text(text: Text) -> str:
    """Returns a cell; what a difference shows that its interval bears out is bold."""
    main = f"**{text.main}**" if text.tone in ("good", "bad") else text.main
    told = f"{main} ({text.detail})" if text.detail else main
    return told.replace("|", "\\|")


def markdown_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Returns the table's lines, aligned for who reads the text itself; a cell of many words may stick out."""
    widths = [max(3, *(min(len(row[index]), _WIDEST) for row in (head, *rows))) for index in range(len(head))]
    align = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
    lines = []
    for row in (head, align, *rows):
        first, *others = zip(row, widths, strict=True)
        cells = [first[0].ljust(first[1]), *(text.rjust(width) for text, width in others)]
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def _table(table: Table) -> list[str]:
    rows = [[_text(text) for text in row] for row in table.rows]
    return [f"{table.caption}:", "", *markdown_table(table.heads, rows), ""]


def _scenario(results: dict[str, Any], name: str, pictures: Sequence[Picture]) -> list[str]:
    facts, cells = results["scenarios"][name], cells_of(results, name)
    lines = [f"## {name}: {facts['question']}", "", setting(results, name), ""]
    if pictures:
        links = [f"[{picture.heading}](plots/{picture.name}.svg)" for picture in pictures[1:]]
        lines += [f"![{pictures[0].says}](plots/{pictures[0].name}.svg)", ""]
        lines += [f"More plots: {'; '.join(links)}.", ""] if links else []
    if is_micro(facts):
        for table in short_tables(results, name):
            lines += _table(table)
        said = remarks(labelled(cells), all_notes=True)
    else:
        first, *others = tables(results, name, cells) or [None]
        lines += _table(first) if first else []
        for table in others:
            lines += _table(table) if table.caption.startswith("What the split costs") else []
        said = remarks(cells, facts, all_notes=True)
    lines += [f"- {line}" for line in (*facts.get("caveats", ()), *said)]
    return [*lines, ""] if lines[-1] else lines


def _verdict(results: dict[str, Any]) -> list[str]:
    lines = ["## What to pick", ""]
    for finding in findings(results):
        first, *others = sentences(finding)
        lines += [f"- **{finding.need.rstrip('.?')}.** {first}", *(f"  - {line}" for line in others)]
    return [*lines, ""] if len(lines) > 2 else []


def _hazards(results: dict[str, Any]) -> list[str]:
    found = matrix(results)
    if found is None:
        return []
    rows = []
    for name, cells in found.rows:
        told = [f"{cell.text} ({cell.detail})" if cell and cell.detail else cell.text if cell else "" for cell in cells]
        rows.append([name, *told])
    return ["## What each risks", "", *markdown_table(["contender", *found.hazards], rows), ""]


def markdown(results: dict[str, Any], pictures: dict[str, list[Picture]] | None = None) -> str:
    """Returns the report; `pictures` are those of each scenario, in the files that the links lead to."""
    run = results["run"]
    lines = ["# Processes, threads or coroutines?", ""]
    if not run["complete"]:
        lines += ["**This comparison was interrupted: what follows is what was measured until then.**", ""]
    lines += [f"- {line}" for line in verdicts(results)]
    lines += ["", *legend(results), ""]
    lines += [*_verdict(results), *_hazards(results)]
    for name in results["scenarios"]:
        lines += _scenario(results, name, (pictures or {}).get(name, ()))
    lines += ["## Environment", "", *markdown_table(["what", "value"], environment_rows(results)), ""]
    lines += [f"- {note}" for note in run["notes"]]
    lines += ["", "To run it again:", "", f"    {run['command']}", ""]
    lines += ["To make this report again from the raw samples:", "", "    scripts/report FOLDER", ""]
    return "\n".join(lines)
