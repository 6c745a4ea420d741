# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Trivium authors
"""What each defence buys: the same hazard without it and with it, as a table and as pairs of dots."""

from collections.abc import Sequence
from typing import Any

from trivium import svg
from trivium.axes import Axis, fitting, short
from trivium.hazard_words import Item, bare, bounds, flags_of, listed, percent, slug, told, unit_of, with_unit
from trivium.hazards import DOSES
from trivium.palette import look_of
from trivium.plot_dots import Panel, Picture
from trivium.scenario_tables import Table, Text

WIDTH = 344
_HEIGHT, _TOP = 36, 40  # of a row; of what stands above the first
_LEFT, _RIGHT = 8, 334
_AGAIN = "the same"


def by_defence(results: dict[str, Any]) -> list[list[Item]]:
    """Returns the pairs of each hazard and each defence against it."""
    found: dict[tuple[str, str], list[Item]] = {}
    for pair in results.get("defences") or ():
        found.setdefault((pair["hazard"], pair["name"]), []).append(pair)
    return list(found.values())


def helps(pair: Item) -> bool:
    """Says whether it is better with the defence, and the bounds of the two sides do not touch."""
    worse, better = pair["without"], pair["with"]
    if any(side.get(key) is None for side in (worse, better) for key in ("low", "high")):
        return False
    if DOSES.get(pair.get("metric", "")) == "higher":
        worse, better = better, worse
    return bool(worse["low"] > better["high"])


def _side(side: Item, unit: str, tone: str = "") -> Text:
    if side.get("value") is None:
        return Text("n/a", side.get("note") or "", "weak")
    return Text(told(side["value"], unit), bounds(side, unit), tone)


def _price(pair: Item) -> Text:
    """Returns what became of the healthy requests without it and with it, where the figure is another."""
    if "harmed" not in pair or pair["metric"] == "share_harmed":
        return Text("", "", "weak")
    sides = [pair["harmed"][side] for side in ("without", "with")]
    if any(side.get("value") is None for side in sides):
        return Text("n/a", "", "weak")
    worse = sides[1]["low"] is not None and sides[0]["high"] is not None and sides[1]["low"] > sides[0]["high"]
    return Text(" -> ".join(told(side["value"], "share") for side in sides), "", "bad" if worse else "")


def defence_table(results: dict[str, Any], hazard: str = "") -> list[Table]:
    """Returns a table of the pairs, of one hazard or of all; [] where none was measured."""
    pairs = [pair for own in by_defence(results) for pair in own if hazard in ("", pair["hazard"])]
    if not pairs:
        return []
    rows: list[tuple[Text, ...]] = []
    for before, pair in zip([None, *pairs], pairs, strict=False):
        again = before is not None and before["bought"] == pair["bought"]
        unit, tone = unit_of(pair), "good" if helps(pair) else ""
        rows.append(
            (
                Text(pair["contender"]),
                *((Text(pair["hazard"]),) if not hazard else ()),
                Text(flags_of(pair)),
                Text(pair["label"]),
                _side(pair["without"], unit),
                _side(pair["with"], unit, tone),
                _price(pair),
                Text(_AGAIN if again else pair["bought"], "", "words"),
            )
        )
    heads = ("contender", *(("hazard",) if not hazard else ()), "flags", "figure", "without", "with", "harmed", "bought")
    caption = (
        "What each defence buys; bold where it is better with it, and the bounds of the two do not touch; "
        "harmed: healthy requests that failed or came late, without -> with, where the figure is another"
    )
    return [Table(caption, heads, tuple(rows))]


def _scaled(pairs: Sequence[Item]) -> Axis:
    values = [
        side[key]
        for pair in pairs
        for side in (pair["without"], pair["with"])
        for key in ("low", "value", "high")
        if side.get(key) is not None
    ]
    if unit_of(pairs[0]) == "share":
        return Axis(0.0, max(1.0, *values, 1.0), _LEFT, _RIGHT)
    return fitting(values, _LEFT, _RIGHT)


def _dot(pair: Item, side: str, axis: Axis, y: float) -> list[str]:
    found, look = pair[side], look_of(pair["contender"])
    if found.get("value") is None:
        return []
    parts = []
    if found.get("low") is not None and found.get("high") is not None:
        parts.append(svg.line(axis.at(found["low"]), y, axis.at(found["high"]), y, colour=look.colour, width=1.6))
    x = axis.at(found["value"])
    parts.append(svg.marker(look.marker, x, y, look.colour, hollow=side == "without"))
    return parts


def _row(pair: Item, axis: Axis, top: float) -> str:
    """Returns one pair: from the hollow marker without to the full one with."""
    unit, look = unit_of(pair), look_of(pair["contender"])
    values = [pair[side].get("value") for side in ("without", "with")]
    texts = ["n/a" if value is None else bare(value, unit) for value in values]
    parts = [
        svg.title(f"{pair['contender']}: {texts[0]} without, {texts[1]} with {flags_of(pair)}"),
        svg.text(_LEFT, top + 11, pair["contender"], fill=look.colour),
        svg.text(WIDTH - 4, top + 11, f"{texts[0]} -> {texts[1]}", "end"),
    ]
    if None not in values:
        begin, end = (axis.at(value) for value in values if value is not None)
        parts.append(svg.line(begin, top + 22, end, top + 22, colour="rule", width=4))
    for side in ("without", "with"):
        parts += _dot(pair, side, axis, top + 22)
    return svg.group(parts)


def _name(pairs: Sequence[Item]) -> str:
    return f"{pairs[0]['hazard']}: {pairs[0]['name']}"


def _panel(pairs: Sequence[Item]) -> Panel:
    """Returns a panel of one defence against one hazard."""
    unit, axis = unit_of(pairs[0]), _scaled(pairs)
    bottom = _TOP + _HEIGHT * len(pairs)
    parts = [
        svg.text(2, 12, _name(pairs), class_="bold"),
        svg.text(2, 28, f"without -> with {listed([flags_of(pair) for pair in pairs])}", class_="soft"),
    ]
    for value in axis.ticks(5):
        x = axis.at(value)
        content = percent(value) if unit == "share" else short(value)
        anchor = "end" if x + svg.text_width(content) / 2 > WIDTH else "start" if x < _LEFT + 8 else "middle"
        parts.append(svg.line(x, _TOP, x, bottom, "grid"))
        parts.append(svg.text(x, bottom + 13, content, anchor, "soft"))
    scale = ", logarithmic" if axis.log else ""
    parts.append(svg.text(2, bottom + 29, f"{with_unit(pairs[0]['label'], unit)}{scale}", class_="bold"))
    parts += [_row(pair, axis, _TOP + _HEIGHT * index) for index, pair in enumerate(pairs)]
    height = bottom + 36
    says = f"{_name(pairs)}: {pairs[0]['label']} without and with {flags_of(pairs[0])}, {len(pairs)} contenders"
    return Panel(svg.picture(WIDTH, height, parts, says), WIDTH, height)


def defence_picture(results: dict[str, Any]) -> Picture | None:
    """Returns a panel for each defence, with a row for each contender; None where none was measured."""
    grouped = by_defence(results)
    if not grouped:
        return None
    heading = "What each defence buys: hollow without it, full with it"
    drawn = [_panel(pairs) for pairs in grouped]
    return Picture("hazard-defences", heading, f"{heading}; {'; '.join(map(_name, grouped))}.", tuple(drawn))
