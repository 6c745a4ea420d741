# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Trivium authors
"""What the hazards say in a few sentences: what each model hardly minds, what harms it, and which defence helps.

Hardly harmed is who has less than a tenth of the harm that there could be. Where the figure is that share itself, its
whole interval must lie on one side; where it does not, nothing is said.
"""

from collections.abc import Sequence
from typing import Any

from trivium.hazard_defences import by_defence, helps
from trivium.hazard_matrix import matrix
from trivium.hazard_words import WITHSTOOD, Item, bare, flags_of, listed, shortened, unit_of

HAZARDS = "hazards"  # where a reader finds all of it


def withstands(item: Item) -> bool | None:
    """Says whether the contender is hardly harmed; None where that can't be told."""
    harm, low, high = item.get("harm"), item.get("low"), item.get("high")
    if harm is None or item.get("value") is None:
        return None
    if item.get("unit") == "share" and low is not None and high is not None and abs(harm - item["value"]) < 1e-9:
        return True if high < WITHSTOOD else False if low >= WITHSTOOD else None
    return harm < WITHSTOOD


def _short(contenders: Sequence[str]) -> str:
    return listed([name.partition("/")[2] or name for name in contenders])


def _of_model(title: str, contenders: Sequence[str], items: Sequence[Item]) -> str | None:
    """Returns a sentence about a model: what none of it minds, what harms some, and what harms all of it."""
    hardly, all_of_it, some, open_ones = [], [], [], []
    for hazard in dict.fromkeys(item["hazard"] for item in items):
        here = [item for item in items if item["hazard"] == hazard and item["contender"] in contenders]
        judged = {item["contender"]: withstands(item) for item in here if item.get("value") is not None}
        if not judged:
            continue
        harmed = [name for name, held in judged.items() if held is False]
        if all(judged.values()):
            hardly.append(hazard)
        elif len(harmed) == len(judged):
            all_of_it.append(hazard)
        elif harmed:
            some.append((hazard, _short(harmed)))
        else:
            open_ones.append(hazard)
    parts = []
    if hardly:
        parts.append(f"hardly harmed by {listed(hardly)}")
    by_whom: dict[str, list[str]] = {}
    for hazard, names in some:
        by_whom.setdefault(names, []).append(hazard)
    parts += [f"{listed(hazards)} harm{'' if len(hazards) > 1 else 's'} {names}" for names, hazards in by_whom.items()]
    if all_of_it:
        who = "each of them is" if len(contenders) > 1 else "it is"
        parts.append(f"{who} harmed by {listed(all_of_it)}")
    if open_ones:
        parts.append(f"not settled by these rounds: {listed(open_ones)}")
    return f"{title[:1].upper()}{title[1:]}: {'; '.join(parts)}." if parts else None


def _scores(contenders: Sequence[str], items: Sequence[Item]) -> str:
    """Returns who is hardly harmed by the most hazards, and who by the fewest."""
    scores = {}
    for name in contenders:
        judged = [withstands(item) for item in items if item["contender"] == name and item.get("value") is not None]
        if judged:
            scores[name] = sum(held is True for held in judged), len(judged)
    if len(scores) < 2:
        return ""
    shares = {name: held / of for name, (held, of) in scores.items()}
    best = [name for name in scores if shares[name] == max(shares.values())]
    worst = [name for name in scores if shares[name] == min(shares.values())]
    if set(best) == set(worst):
        return ""

    def counted(names: Sequence[str]) -> str:
        held, of = scores[names[0]]
        return f"{shortened(names, contenders)} ({held} of {of})"

    most = f"Hardly harmed by the most of the hazards that can happen to it: {counted(best)}"
    return f"{most}; by the fewest: {counted(worst)}."


def _defences(results: dict[str, Any]) -> list[str]:
    """Returns what each defence brings about, where that helps and the two sides are apart; said once for all that it helps."""
    found = []
    for pairs in by_defence(results):
        helped = [pair for pair in pairs if helps(pair)]
        if not helped:
            continue
        first, unit = helped[0], unit_of(helped[0])
        most = max(helped, key=lambda pair: abs(pair["without"]["value"] - pair["with"]["value"]))
        change = f"from {bare(most['without']['value'], unit)} to {bare(most['with']['value'], unit)}"
        change += f" {unit}" if unit not in ("", "share") else ""
        where = f"{most['contender']}, {most['label']} {change}"
        found.append(f"{first['hazard']}, with {flags_of(first)}: {first['bought'].rstrip('.')} ({where}).")
    return found


def hazard_sentences(results: dict[str, Any]) -> list[str]:
    """Returns what the hazards say: a sentence for each model, who is hardly harmed by most, and what helps."""
    found = matrix(results)
    if found is None:
        return []
    items = results["hazards"]
    said = [_of_model(group.title, [row.contender for row in group.rows], items) for group in found.groups]
    said.append(_scores([row.contender for row in found.rows], items))
    return [line for line in said if line] + [f"What helps: {line}" for line in _defences(results)]
