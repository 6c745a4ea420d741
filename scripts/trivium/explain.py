# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Trivium authors
"""What compare --list says: every scenario and every contender, and what becomes of them in each profile."""

import shutil
import textwrap
from collections.abc import Sequence

from trivium.choose import Catalogue
from trivium.contenders import DEFAULT_BASELINE, DEFAULT_FETCH_BASELINE, Contender, learned
from trivium.hazards import INJECTIONS, AnyScenario, Hazard, as_typed
from trivium.plan import PROFILES
from trivium.scenarios import PROFILE_NAMES, Microbenchmark, Scenario

_NAME_WIDTH = 34
_WIDEST = 110


def _row(name: str, text: str, width: int) -> list[str]:
    head = f"  {name:<{_NAME_WIDTH}} "
    return textwrap.wrap(text, width, initial_indent=head, subsequent_indent=" " * len(head), break_on_hyphens=False)


def _values(scenario: Scenario, key: str) -> str:
    value = getattr(scenario, key)
    return ", ".join(f"{item:,}" for item in (value if isinstance(value, tuple) else (value,)))


def _how(scenario: Scenario) -> str:
    """Returns under what load the scenario is measured, as its profile has it."""
    if scenario.kind == "fetch":
        return f"{scenario.urls:,} URLs that take {scenario.delay_ms} ms each, {_values(scenario, 'jobs')} at once"
    how = f"{_values(scenario, 'connections')} connections, {scenario.loop} loop"
    if scenario.rate:
        how += f" at {_values(scenario, 'rate')} operations/s"
    return how + (f", {_values(scenario, 'offload')} threads for what computes" if scenario.axis == "offload" else "")


def _in_profiles(scenario: Scenario | Microbenchmark) -> str:
    """Returns in which profiles it is, and how, where that differs."""
    if not scenario.profiles:
        return "in no profile: only when asked for"
    if isinstance(scenario, Microbenchmark):
        return f"in {', '.join(scenario.profiles)}: microbenchmarks in {', '.join(scenario.programs)}"
    hows: dict[str, list[str]] = {}
    for name in scenario.profiles:
        hows.setdefault(_how(scenario.for_profile(name, PROFILES[name].phases)), []).append(name)
    return "; ".join(f"in {', '.join(names)}: {how}" for how, names in hows.items())


def _about_hazard(hazard: Hazard) -> str:
    """Returns the question, what happens, how long healthy clients are watched, its doses and its defences."""
    parts = [hazard.question, f"a hazard, in {', '.join(hazard.profiles) or 'no profile'} unless asked for"]
    what = f"'{hazard.line}'" + (f" every {hazard.every_ms} ms" if hazard.every_ms else "")
    parts.append(INJECTIONS[hazard.inject] + (f": {what}" if hazard.line else ""))
    parts.append(f"beside {hazard.rate} healthy requests/s; pools of {hazard.workers} blocking workers")
    full = hazard.for_profile(PROFILE_NAMES[-1])
    if full.axis:
        doses = ", ".join(f"{value:g}" for value in getattr(full, full.axis))
        parts.append(f"{full.axis} in {PROFILE_NAMES[-1]}: {doses}; in the matrix: {full.at:g}")
    flags = [as_typed(" ".join(defence.flags), defence.by_itself) for defence in hazard.defences]
    parts += [f"without and with {' | '.join(flags)}"] if flags else []
    return "; ".join(parts)


def about_scenario(scenario: AnyScenario) -> str:
    """Returns the question, how it is put, and what a contender needs to have a part in it."""
    if isinstance(scenario, Hazard):
        return _about_hazard(scenario)
    parts = [scenario.question, _in_profiles(scenario), f"ranked by {scenario.headline}"]
    if isinstance(scenario, Scenario):
        if scenario.needs:
            parts.append(f"needs {', '.join(scenario.needs)}")
        if len(scenario.dialects) < 3:
            parts.append(f"for dialect {', '.join(scenario.dialects)}")
        if scenario.cpus == "shared":
            parts.append("fewer than four CPUs are shared by both sides")
        if scenario.ideal:
            parts.append(f"ideal: {scenario.ideal}")
    return "; ".join(parts)


def _abilities(contenders: Sequence[Contender]) -> list[str]:
    """Returns what the contenders of ours can, said once for all that can the same."""
    groups: dict[tuple[str, ...], list[str]] = {}
    for contender in contenders:
        if not contender.foreign and not contender.unsplit:
            groups.setdefault(tuple(sorted(contender.can)), []).append(contender.name)
    return [f"{', '.join(names)}: dialect trivium; can {', '.join(can)}" for can, names in groups.items()]


def _holds(contender: Contender) -> str:
    if contender.holds_one:
        return "holds 1 connection"
    if contender.pool == "blocking":
        return f"holds as many connections as workers, {contender.workers(10**9, 1):,} at most"
    return f"holds {contender.holds:,} connections" if contender.holds else ""


def about_contender(contender: Contender) -> str:
    """Returns what it is, what it speaks and can, and whether it is here."""
    default = {"server": DEFAULT_BASELINE, "fetch": DEFAULT_FETCH_BASELINE}[contender.role]
    parts = [contender.about]
    if contender.role == "server":
        parts.append(_holds(contender))
    if contender.foreign:
        can = f"can {', '.join(sorted(contender.can))}" if contender.can else "can nothing that a scenario may need"
        parts += [f"dialect {contender.dialect}", can]
    if contender.profiles != PROFILE_NAMES:
        parts.append(f"unasked in {', '.join(contender.profiles) or 'no profile'}")
    if contender.missing:
        parts.append(f"NOT HERE: {contender.missing}")
    if contender.name == default:
        parts.append("the default baseline")
    return "; ".join(filter(None, parts))


def explain(catalogue: Catalogue) -> str:
    """Returns all of it as text for a terminal."""
    width = min(shutil.get_terminal_size().columns, _WIDEST)
    lines = ["Profiles"]
    for profile in PROFILES.values():
        lines += _row(profile.name, f"{profile.rounds} rounds, {profile.about}", width)
    for title, contenders in (("Servers", catalogue.servers), ("Fetch clients", catalogue.fetchers)):
        lines += ["", title]
        for contender in contenders:
            lines += _row(contender.name, about_contender(contender), width)
        if title == "Servers":
            lines += ["", "What servers of ours can (with +split the same), and are built when they are measured"]
            for text in _abilities([learned(contender) for contender in contenders]):
                lines += textwrap.wrap(
                    text, width, initial_indent="  ", subsequent_indent="    ", break_on_hyphens=False
                )
    lines += ["", "Scenarios"]
    for scenario in catalogue.scenarios:
        lines += _row(scenario.name, about_scenario(scenario), width)
    return "\n".join(lines)
