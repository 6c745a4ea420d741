# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Trivium authors
"""What the report shows of hazards: for each a section with claims, figures, dose curves and timelines; as Markdown."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from trivium.cells import Cell
from trivium.hazard_defences import defence_picture, defence_table
from trivium.hazard_doses import dose_pictures
from trivium.hazard_matrix import Column, HazardCell, Matrix, matrix
from trivium.hazard_timeline import timelines
from trivium.hazard_words import (
    SHADES,
    SIGNS,
    Item,
    anchor,
    bare,
    bounds,
    is_hazard,
    shortened,
    spread_words,
    told,
    unit_of,
    with_unit,
)
from trivium.markdown import markdown_table, table_lines
from trivium.plot_dots import Picture
from trivium.ranking import cells_of
from trivium.remarks import remarks
from trivium.scenario_tables import Table, Text

QUESTION = "What each risks"


@dataclass(frozen=True)
class HazardPictures:
    """All pictures of hazards: by hazard the timelines and the dose curves, and what the defences buy."""

    timelines: dict[str, list[Picture]]
    doses: dict[str, list[Picture]]
    defences: Picture | None

    def every(self) -> list[Picture]:
        """Returns all of them."""
        found = [picture for own in (*self.doses.values(), *self.timelines.values()) for picture in own]
        return [*([self.defences] if self.defences else []), *found]


def hazard_pictures(results: dict[str, Any]) -> HazardPictures:
    """Returns every picture that the hazards have, in the order of the matrix."""
    found = matrix(results)
    items = results.get("hazards") or ()
    rows = [row.contender for row in found.rows] if found else []
    hazards = list(found.hazards) if found else []
    hazards += [h for h in dict.fromkeys(d["hazard"] for d in results.get("doses") or ()) if h not in hazards]
    drawn = {}
    for hazard in hazards:
        here = [item for item in items if item["hazard"] == hazard]
        drawn[hazard] = timelines(sorted(here, key=lambda item: rows.index(item["contender"])))
    doses = {hazard: dose_pictures(results, hazard) for hazard in hazards}
    return HazardPictures(drawn, doses, defence_picture(results))


def figures_table(items: Sequence[Item]) -> list[Table]:
    """Returns every harm figure of one hazard, a row for each contender; [] where none was measured."""
    rows = [item for item in items if item.get("figures")]
    units = {figure["label"]: unit_of(figure) for item in rows for figure in item["figures"]}
    if not units:
        return []
    made = []
    for item in rows:
        by_label = {figure["label"]: figure for figure in item["figures"]}
        texts = []
        for label, unit in units.items():
            figure = by_label.get(label)
            if figure is None or figure.get("value") is None:
                texts.append(Text("n/a", "", "weak"))
                continue
            own = unit_of(figure)
            show = told if own != unit else bare
            texts.append(Text(show(figure["value"], own), bounds(figure, own)))
        made.append((Text(item["contender"]), *texts))
    heads = ("contender", *(with_unit(label, "" if unit == "share" else unit) for label, unit in units.items()))
    beside = spread_words(items)
    caption = "Every figure of the harm: medians" + (f"; beside them {beside}" if beside else "")
    return [Table(caption, heads, tuple(made))]


def _missing(items: Sequence[Item], cells: Sequence[Cell]) -> list[str]:
    """Returns why figures are missing that other contenders have."""
    reasons: dict[str, dict[str, str]] = {}
    for cell in cells:
        if cell["valid"] and not cell["params"].get("defence"):
            reasons.setdefault(cell["entry"], cell.get("unmeasured") or {})
    titles = {figure.get("metric", ""): figure["label"] for item in items for figure in item.get("figures") or ()}
    said: dict[tuple[str, str], list[str]] = {}
    for contender, unmeasured in reasons.items():
        for metric, why in unmeasured.items():
            if metric in titles:
                said.setdefault((titles[metric], why), []).append(contender)
    everyone = [item["contender"] for item in items]
    return [f"{title}: n/a for {shortened(names, everyone)} ({why})" for (title, why), names in said.items()]


def hazard_remarks(results: dict[str, Any], column: Column) -> list[str]:
    """Returns what else must be said of a hazard: what the cells note that the matrix does not say already."""
    facts = results.get("scenarios", {}).get(column.hazard, {})
    said = remarks(cells_of(results, column.hazard), all_notes=True)
    known = [note.text for note in column.notes]
    more = [line for line in said if not any(text in line for text in known)]
    return [*facts.get("caveats", ()), *(note.line for note in column.notes), *more]


def _columns(results: dict[str, Any]) -> list[Column]:
    """Returns the matrix' columns, and those of hazards that have no place in it, but a defence or a dose."""
    found = matrix(results)
    columns = list(found.columns) if found else []
    known = {column.hazard for column in columns}
    for name, facts in results.get("scenarios", {}).items():
        if is_hazard(facts) and name not in known:
            columns.append(Column(name, facts["question"], "", anchor(name), (), ()))
    return columns


def sections(results: dict[str, Any], pictures: HazardPictures) -> list[dict[str, Any]]:
    """Returns what a page shows of each hazard."""
    found = matrix(results)
    made = []
    for column in _columns(results):
        items = [item for item in results.get("hazards") or () if item["hazard"] == column.hazard]
        order = [row.contender for row in found.rows] if found else []
        items.sort(key=lambda item: order.index(item["contender"]))
        made.append(
            {
                "column": column,
                "doses": pictures.doses.get(column.hazard, []),
                "timelines": pictures.timelines.get(column.hazard, []),
                "tables": [
                    *figures_table(items),
                    *defence_table(results, column.hazard),
                ],
                "remarks": hazard_remarks(results, column) + _missing(items, cells_of(results, column.hazard)),
            }
        )
    return made


def matrix_caption(results: dict[str, Any]) -> str:
    """Returns how the matrix is to be read."""
    beside = spread_words(results.get("hazards") or ())
    signs = ", ".join(f"{sign} {shade}" for sign, shade in zip(SIGNS, SHADES, strict=True))
    said = f"The harm of each hazard to healthy clients, medians{f'; beside them {beside}' if beside else ''}."
    return f"{said} Harm: {signs}; * see below."


def _cell(cell: HazardCell | None, number: int) -> str:
    if cell is None:
        return "-"
    text = f"{cell.sign} {cell.text}".strip()
    text = f"[{text}][h{number}]" if cell.has_timeline else text
    return f"{text} ({cell.detail})" if cell.detail else text


def _escaped(text: str) -> str:
    """Returns the text with its asterisks as they are: "async/*" begins no emphasis."""
    return text.replace("*", "\\*")


def _matrix_lines(found: Matrix, folder: str) -> tuple[list[str], list[str]]:
    """Returns the matrix, and what its links stand for: each of its figures leads to its timeline."""
    rows: list[list[str]] = []
    links: list[str] = []
    for row in found.rows:
        texts = []
        for cell in row.cells:
            if cell is not None and cell.has_timeline:
                links.append(f"[h{len(links) + 1}]: {folder}plots/{cell.anchor}.svg")
            texts.append(_cell(cell, len(links)))
        rows.append([row.contender, *texts])
    return [*markdown_table(["contender", *found.hazards], rows), ""], links


def _column_lines(results: dict[str, Any], column: Column) -> list[str]:
    figure = f" Figure: {column.label}." if column.label else ""
    end = "" if column.question.endswith(("?", ".")) else "."
    lines = [f"- **{column.hazard}**: {column.question}{end}{figure}"]
    lines += [
        f"  - {_escaped(claim.contenders)}: {claim.text.rstrip('.')}" + (f" (`{claim.test}`)" if claim.test else "")
        for claim in column.claims
    ]
    return lines + [f"  - {_escaped(line)}" for line in hazard_remarks(results, column)]


def hazard_markdown(
    results: dict[str, Any], pictures: HazardPictures | None = None, folder: str = "", level: str = "##"
) -> list[str]:
    """Returns the section about hazards, or nothing where none was measured.

    `pictures`: those that stand in plots/ below the folder; None leaves the dose curves out. `folder` ends in "/".
    """
    found = matrix(results)
    if found is None:
        return []
    lines = [f"{level} {QUESTION}", "", matrix_caption(results), ""]
    table, links = _matrix_lines(found, folder)
    lines += table
    lines += ["Each figure leads to its timeline. What the columns ask, and what tests hold of them:", ""]
    for column in _columns(results):
        lines += _column_lines(results, column)
    lines.append("")
    for table in defence_table(results):
        lines += table_lines(table)
    if pictures:
        if pictures.defences:
            lines += [f"![{pictures.defences.says}]({folder}plots/{pictures.defences.name}.svg)", ""]
        for picture in (picture for own in pictures.doses.values() for picture in own):
            lines += [f"![{picture.says}]({folder}plots/{picture.name}.svg)", ""]
    return [*lines, *links, ""] if links else lines
