# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Trivium authors
"""How the figures of hazards read, and which scenarios are hazards.

Takes what results.json has of them: "hazards", a list with an object for each contender and hazard; "doses" and
"defences", which may be missing. A share is told in percent, everything else as a number with its unit.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Any

from trivium.figures import number
from trivium.hazards import as_typed

Item = dict[str, Any]

# From 0 (no harm) to 4 (half of all and more), each with a sign that needs no colour.
SIGNS = ("○", "◔", "◑", "◕", "●")
_LEVELS = (0.01, 0.1, 0.5)  # where the levels above 1 begin
WITHSTOOD = 0.1  # harm below this share is withstood
SHADES = ("none", "under 1%", "under 10%", "under half", "half or more")

_METRICS = {
    "share_failed": "healthy requests that failed",
    "share_late": "healthy requests that were late",
    "share_harmed": "healthy requests failed or late",
    "p99_before": "healthy p99 before",
    "p99_during": "healthy p99 during the hazard",
    "goodput": "answered in time",
    "recover_s": "time to recover",
    "memory_kept": "memory kept",
}


def is_hazard(facts: dict[str, Any]) -> bool:
    """Says whether the scenario is a hazard, which the report shows apart from all others."""
    return facts.get("kind") == "hazard"


def plain_scenarios(results: dict[str, Any]) -> list[str]:
    """Returns the names of the scenarios that are no hazards."""
    return [name for name, facts in results["scenarios"].items() if not is_hazard(facts)]


def level_of(harm: float | None) -> int:
    """Returns the shade of a harm from 0 to 1; 0 where it is none, or not known."""
    if not harm or harm <= 0:
        return 0
    return 1 + sum(harm >= bound for bound in _LEVELS)


def percent(share: float) -> str:
    """Returns a share; what is not quite all, or not quite nothing, does not read as that."""
    if 0 < share < 0.001:
        return "<0.1%"
    if 0.995 <= share < 1:
        return f"{share:.1%}" if share < 0.9995 else ">99.9%"
    return f"{share:.1%}" if 0 < share < 0.0995 else f"{share:.0%}"


def bare(value: float, unit: str) -> str:
    """Returns the value without its unit; a share in percent, a count as a count."""
    if unit == "share":
        return percent(value)
    return f"{value:,.0f}" if not unit and value == round(value) else number(value)


def unit_of(thing: Item) -> str:
    """Returns the unit of what is shown; "" for what is only counted."""
    unit = thing.get("unit") or ""
    return "" if unit == "1" else unit


def told(value: float, unit: str) -> str:
    """Returns the value with its unit."""
    return bare(value, unit) + (f" {unit}" if unit not in ("", "share") else "")


def why_not(item: Item) -> str:
    """Returns the reason why nothing was measured, without what is said of all that was not."""
    reason = item.get("note") or "not measured"
    return reason.removeprefix("n/a (").removesuffix(")") if reason.startswith("n/a (") else reason


def bounds(item: Item, unit: str) -> str:
    """Returns from where to where the figure goes; "" where that says nothing more than the figure itself."""
    low, high, value = item.get("low"), item.get("high"), item.get("value")
    if low is None or high is None or value is None:
        return ""
    texts = bare(low, unit), bare(high, unit)
    if set(texts) == {bare(value, unit)}:
        return ""
    return f"{texts[0].removesuffix('%') if unit == 'share' else texts[0]} to {texts[1]}"


def flags_of(pair: Item) -> str:
    """Returns a defence's flags as they are typed; of one that is there by itself, that it is not taken away."""
    flags = pair["flags"] if isinstance(pair["flags"], str) else " ".join(pair["flags"])
    return as_typed(flags, pair.get("by_itself", False))


def metric_title(metric: str) -> str:
    """Returns what a metric is called."""
    return _METRICS.get(metric, metric.replace("_", " "))


def with_unit(title: str, unit: str) -> str:
    """Returns an axis' or column's heading."""
    return f"{title}, {'%' if unit == 'share' else unit}" if unit else title


def slug(*parts: str) -> str:
    """Returns a name for files and anchors; letters, digits, dots and hyphens only."""
    return "-".join(re.sub(r"[^\w.]+", "-", part).strip("-") for part in parts)


def anchor(hazard: str, contender: str = "") -> str:
    """Returns the name of a hazard's section, or of one contender's timeline in it; also that of the picture's file."""
    return slug("hazard", hazard, contender) if contender else slug("hazard", hazard)


def spread_words(items: Iterable[Item]) -> str:
    """Returns what stands beside the figures: 95 % intervals, the range of too few rounds, or nothing."""
    kinds = {item["interval"] for item in items if item.get("interval") and item.get("value") is not None}
    if kinds == {"range"}:
        return "the range of the rounds, too few for an interval"
    return "the 95 % interval" + (", or the range where it says so" if "range" in kinds else "") if kinds else ""


def listed(names: Sequence[str]) -> str:
    """Returns the names, each once: "a, b and c"."""
    names = list(dict.fromkeys(names))
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}" if names else ""


def shortened(names: Sequence[str], everyone: Sequence[str]) -> str:
    """Returns the contenders in as few words as are right: "all", "async/*", or their names."""
    names, found = list(dict.fromkeys(names)), []
    if len(names) > 1 and set(names) == set(everyone):
        return "all"
    folders = dict.fromkeys(name.partition("/")[0] for name in names)
    for folder in folders:
        own = [name for name in names if name.partition("/")[0] == folder]
        every = [name for name in everyone if name.partition("/")[0] == folder]
        found += [f"{folder}/*"] if len(own) > 1 and set(own) == set(every) else own
    return ", ".join(found)
