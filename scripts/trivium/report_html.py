# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Trivium authors
"""The report as one HTML file that needs nothing else: no network, no font, no script."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from trivium import svg
from trivium.figures import is_micro
from trivium.hazard_matrix import matrix
from trivium.hazard_report import HazardPictures, hazard_pictures, matrix_caption, sections
from trivium.hazard_verdict import HAZARDS
from trivium.hazard_words import plain_scenarios
from trivium.micro_report import full_table, short_tables
from trivium.micro_table import labelled
from trivium.palette import variables
from trivium.plot_dots import Picture
from trivium.ranking import cells_of
from trivium.remarks import remarks
from trivium.report_environment import environment_rows, setting
from trivium.report_words import legend, verdicts
from trivium.scenario_tables import Text, attribution_of, tables
from trivium.verdict import findings, sentences

TEMPLATES = Path(__file__).parent / "templates"
_WORDS = 28  # from so many characters on, a cell holds words rather than a figure
_ALARMS = ("WARNING", "NOT TIMED")


def _name(entry: str) -> Markup:
    """Returns a contender's name that may break after each part of it."""
    text = str(escape(entry)).replace("/", "/<wbr>").replace("-", "-<wbr>").replace("+", "<wbr>+")
    return Markup(text)  # noqa: S704 - it was escaped above


def _classes(cell: Text) -> str:
    words = "words" if len(cell.main) > _WORDS else ""
    return f"{cell.tone} {words}".strip()


def _anchor(name: str) -> str:
    return HAZARDS if name == HAZARDS else "scenario-" + "".join(c if c.isalnum() else "-" for c in name)


def _css() -> str:
    text = (TEMPLATES / "report.css").read_text(encoding="utf-8")
    for key, value in (("@LIGHT@", variables(False)), ("@DARK@", variables(True)), ("@PLOT@", svg.CLASSES)):
        text = text.replace(key, value)
    return text.strip()


def _scenario(results: dict[str, Any], name: str, pictures: Sequence[Picture]) -> dict[str, Any]:
    facts, cells = results["scenarios"][name], cells_of(results, name)
    found: dict[str, Any] = {"name": name, "question": facts["question"], "setting": setting(results, name)}
    found["pictures"] = pictures
    if is_micro(facts):
        said = remarks(labelled(cells), all_notes=True)
        causes = {"causes_title": "Every figure", "causes": full_table(results, name)}
        return found | causes | {"tables": short_tables(results, name), "remarks": said}
    said = [*facts.get("caveats", ()), *remarks(cells, facts, all_notes=True)]
    return found | {
        "tables": tables(results, name, cells),
        "causes_title": "Why",
        "causes": attribution_of(results, name, cells),
        "remarks": said,
    }


def html(results: dict[str, Any], pictures: dict[str, list[Picture]], hazards: HazardPictures | None = None) -> str:
    """Returns the report; `pictures` are those of each scenario."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.globals |= {"name": _name, "classes": _classes, "anchor": _anchor}
    said = verdicts(results)
    hazards = hazards or hazard_pictures(results)
    text = environment.get_template("report.html").render(
        css=_css(),
        run=results["run"],
        environment=results["environment"],
        alarms=[line for line in said if line.startswith(_ALARMS)],
        calm=[line for line in said if not line.startswith(_ALARMS)] or ["Nothing more is to be said of it."],
        legend=legend(results),
        needs=[(finding, sentences(finding)) for finding in findings(results)],
        matrix=matrix(results),
        matrix_caption=matrix_caption(results),
        defences=hazards.defences,
        hazards=sections(results, hazards),
        scenarios=[_scenario(results, name, pictures.get(name, ())) for name in plain_scenarios(results)],
        environment_rows=environment_rows(results),
    )
    return text.strip() + "\n"
