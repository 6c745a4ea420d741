# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Trivium authors
"""Which scenarios and contenders a comparison has, as asked for on the command line."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
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
from trivium.paths import PEERS, SCENARIOS
from trivium.plan import PROFILES, Plan, make_entries
from trivium.scenario_file import read_scenarios, with_own
from trivium.scenarios import AnyScenario, Microbenchmark, Scenario, variants_of
from trivium.statistics import FEWEST_FOR_INTERVAL

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
    legal = [scenario.name for scenario in known]
    for name in asked.scenarios:
        if name not in legal:
            raise WrongUsage(f"--scenario: there is no '{name}'; legal are {', '.join(legal)}")
    profile = PROFILES[asked.profile]
    chosen = [s for s in known if (s.name in asked.scenarios if asked.scenarios else asked.profile in s.profiles)]
    return [s if isinstance(s, Microbenchmark) else s.for_profile(profile.name, profile.phases) for s in chosen]


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
        if not wanted(select([glob], everyone), served):
            measured = ", ".join(scenario.name for scenario in served)
            raise WrongUsage(f"--contender: '{glob}' matches nothing that is measured in {measured}; see --scenario")


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
    servers: list[Contender] = []
    fetchers: list[Contender] = []
    if served := [scenario for scenario in scenarios if scenario.kind == "served"]:
        _check_baseline(baseline, served, say)
        servers = wanted(_chosen(asked, catalogue.servers, say), tuple(served))
        servers = _with_baseline(servers, baseline, catalogue.servers)
    if fetches := [scenario for scenario in scenarios if scenario.kind == "fetch"]:
        fetchers = wanted(_chosen(asked, catalogue.fetchers, say), tuple(fetches))
        fetchers = _with_baseline(fetchers, fetch_baseline, catalogue.fetchers)
    profile = PROFILES[asked.profile]
    return Plan(
        profile=profile,
        rounds=asked.rounds or profile.rounds,
        seed=random.SystemRandom().randrange(2**32) if asked.seed is None else asked.seed,
        baseline=baseline.name,
        scenarios=scenarios,
        entries=make_entries([*servers, *fetchers], baseline, fetch_baseline),
        fewest_rounds=asked.rounds or FEWEST_FOR_INTERVAL,
        microbenchmarks=tuple(scenario for scenario in chosen if isinstance(scenario, Microbenchmark)),
        globs=asked.contenders,
        rounds_asked_for=asked.rounds is not None,
        fetch_baseline=fetch_baseline.name,
    )
