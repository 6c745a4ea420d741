# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Trivium authors
"""Which scenarios and contenders a comparison has, as asked for on the command line."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from trivium.against import at_old_rates
from trivium.contender_file import join, parse_added, read_contenders
from trivium.contenders import (
    CONTENDERS,
    DEFAULT_BASELINE,
    DEFAULT_FETCH_BASELINE,
    FETCHERS,
    Contender,
    find,
    select,
    wanted,
)
from trivium.errors import WrongUsage
from trivium.hazards import AnyScenario, Hazard
from trivium.paths import PEERS, SCENARIOS
from trivium.plan import PROFILES, Plan, make_entries
from trivium.scenario_file import read_scenarios, with_own
from trivium.scenarios import Microbenchmark, Scenario, variants_of
from trivium.statistics import FEWEST_FOR_INTERVAL

HAZARDS = "hazards"  # the word for all of them

Say = Callable[[str], None]


@dataclass(frozen=True)
class Asked:
    """What the command line asks for."""

    profile: str = "quick"
    scenarios: tuple[str, ...] = ()
    contenders: tuple[str, ...] = ()
    baseline: str = DEFAULT_BASELINE
    rounds: int | None = None
    seed: int | None = None
    added: tuple[str, ...] = ()
    contender_files: tuple[Path, ...] = ()
    scenario_files: tuple[Path, ...] = ()
    old: dict[str, Any] | None = None  # the results of the run that this one is held against


@dataclass(frozen=True)
class Catalogue:
    """All that could be measured: scenarios, servers and fetch clients."""

    scenarios: tuple[AnyScenario, ...]
    servers: tuple[Contender, ...]
    fetchers: tuple[Contender, ...] = FETCHERS


def read_catalogue(asked: Asked) -> Catalogue:
    """Returns what there is, with the user's own; CannotCompare or WrongUsage where something of that is faulty."""
    scenarios = read_scenarios(SCENARIOS)
    for path in asked.scenario_files:
        scenarios = with_own(scenarios, read_scenarios(path))
    servers = join(CONTENDERS, read_contenders(PEERS))
    for path in asked.contender_files:
        servers = join(servers, read_contenders(path))
    servers = join(servers, [parse_added(text) for text in asked.added])
    return Catalogue(tuple(scenarios), tuple(servers))


def chosen_scenarios(asked: Asked, known: Sequence[AnyScenario]) -> list[AnyScenario]:
    """Returns the scenarios asked for, or those of the profile, as that profile measures them."""
    for name in asked.scenarios:
        if not any(_is_meant(name, scenario) for scenario in known):
            legal = ", ".join([scenario.name for scenario in known] + [HAZARDS])
            raise WrongUsage(f"--scenario: there is no '{name}'; legal are {legal}, and globs")
    profile = PROFILES[asked.profile]
    chosen: list[AnyScenario] = []
    for scenario in known:
        if not _is_wanted(asked, scenario):
            continue
        if isinstance(scenario, Hazard):
            scenario = scenario.for_profile(profile.name)
        elif isinstance(scenario, Scenario):
            scenario = scenario.for_profile(profile.name, profile.phases)
        chosen.append(scenario)
    return chosen


def _is_wanted(asked: Asked, scenario: AnyScenario) -> bool:
    if asked.scenarios:
        return any(_is_meant(name, scenario) for name in asked.scenarios)
    return asked.profile in scenario.profiles


def _is_meant(asked: str, scenario: AnyScenario) -> bool:
    """Says whether that word of --scenario means the scenario: its name, a glob, or the word for all hazards."""
    return fnmatchcase(scenario.name, asked) or (asked == HAZARDS and isinstance(scenario, Hazard))


def _chosen(asked: Asked, known: Sequence[Contender], say: Say) -> list[Contender]:
    """Returns the contenders that the globs mean, or those that the profile has and this machine."""
    if asked.contenders:
        return select(asked.contenders, known)
    mine = [contender for contender in known if asked.profile in contender.profiles]
    for contender in mine:
        if contender.missing:
            say(f"{contender.name} is left out: {contender.missing}")
    return [contender for contender in mine if not contender.missing]


def _check_globs(asked: Asked, catalogue: Catalogue, chosen: Sequence[AnyScenario]) -> None:
    if any(isinstance(scenario, Microbenchmark) for scenario in chosen):
        return  # what a microbenchmark can be asked for is known once it is built
    everyone = [*catalogue.servers, *catalogue.fetchers]
    served = tuple(scenario for scenario in chosen if isinstance(scenario, Scenario))
    for glob in asked.contenders:
        if not select([glob], everyone):
            raise WrongUsage(f"--contender: '{glob}' matches none of {_names(everyone)}")
        hazards = [scenario for scenario in chosen if isinstance(scenario, Hazard)]
        asked_for = select([glob], everyone)
        if not wanted(asked_for, served) and not _take_part(asked_for, hazards):
            measured = ", ".join(scenario.name for scenario in (*served, *hazards))
            raise WrongUsage(f"--contender: '{glob}' matches nothing that is measured in {measured}; see --scenario")


def _take_part(contenders: Sequence[Contender], hazards: Sequence[Hazard]) -> list[Contender]:
    """Returns the servers that at least one of the hazards is meant for."""
    return [c for c in contenders if c.role == "server" and any(hazard.is_for(c.name) for hazard in hazards)]


def _names(contenders: Sequence[Contender]) -> str:
    return ", ".join(dict.fromkeys(contender.name for contender in contenders))


def _with_baseline(contenders: list[Contender], baseline: Contender, known: Sequence[Contender]) -> list[Contender]:
    return [contender for contender in known if contender in contenders or contender == baseline]


def _check_baseline(baseline: Contender, scenarios: Sequence[Scenario], say: Say) -> None:
    """Refuses a baseline that is nowhere to be measured; says where it has no part."""
    reasons = {v.label: baseline.cannot(v) for v in variants_of(tuple(scenarios))}
    without = {label: reason for label, reason in reasons.items() if reason}
    if reasons and len(without) == len(reasons):
        label, reason = next(iter(without.items()))
        raise WrongUsage(f"--baseline: {baseline.name} can't be it in scenario {label}: {reason}")
    for label, reason in without.items():
        say(f"{label} has no ratios: the baseline {baseline.name} has no part in it: {reason}")


def make_plan(asked: Asked, catalogue: Catalogue, say: Say) -> Plan:
    """Returns the plan for what was asked; WrongUsage names the flag that does not fit."""
    chosen = chosen_scenarios(asked, catalogue.scenarios)
    if asked.old is not None:
        chosen = at_old_rates(chosen, asked.old)
    scenarios = tuple(scenario for scenario in chosen if isinstance(scenario, Scenario))
    _check_globs(asked, catalogue, chosen)
    baseline = find(asked.baseline, catalogue.servers)
    own_fetch_baseline = find(asked.baseline, catalogue.fetchers)
    if baseline is None and own_fetch_baseline is None:
        known = _names([*catalogue.servers, *catalogue.fetchers])
        raise WrongUsage(f"--baseline: there is no '{asked.baseline}'; legal are {known}")
    baseline = baseline or find(DEFAULT_BASELINE)
    fetch_baseline = own_fetch_baseline or find(DEFAULT_FETCH_BASELINE, FETCHERS)
    assert baseline is not None
    assert fetch_baseline is not None
    hazards = tuple(scenario for scenario in chosen if isinstance(scenario, Hazard))
    here = _chosen(asked, catalogue.servers, say) if hazards or any(s.kind == "served" for s in scenarios) else []
    servers = _take_part(here, hazards)
    fetchers: list[Contender] = []
    if served := [scenario for scenario in scenarios if scenario.kind == "served"]:
        _check_baseline(baseline, served, say)
        servers = _with_baseline(servers + wanted(here, tuple(served)), baseline, catalogue.servers)
    if fetches := [scenario for scenario in scenarios if scenario.kind == "fetch"]:
        fetchers = wanted(_chosen(asked, catalogue.fetchers, say), tuple(fetches))
        fetchers = _with_baseline(fetchers, fetch_baseline, catalogue.fetchers)
    profile = PROFILES[asked.profile]
    return Plan(
        profile=profile,
        rounds=asked.rounds or _most_rounds(chosen, profile.rounds),
        seed=random.SystemRandom().randrange(2**32) if asked.seed is None else asked.seed,
        baseline=baseline.name,
        scenarios=scenarios,
        entries=make_entries([*servers, *fetchers], *([baseline, fetch_baseline] if scenarios else [])),
        fewest_rounds=asked.rounds or FEWEST_FOR_INTERVAL,
        microbenchmarks=tuple(scenario for scenario in chosen if isinstance(scenario, Microbenchmark)),
        globs=asked.contenders,
        rounds_asked_for=asked.rounds is not None,
        fetch_baseline=fetch_baseline.name,
        hazards=hazards,
    )


def _most_rounds(scenarios: Sequence[AnyScenario], most: int) -> int:
    """Returns how many rounds there will be: some scenarios have fewer than the profile."""
    return max((min(scenario.rounds or most, most) for scenario in scenarios), default=most)
