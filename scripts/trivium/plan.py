# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Trivium authors
"""What a comparison will run: entries, rounds, their random order, and how long all of it takes."""

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from trivium.contenders import DEFAULT_FETCH_BASELINE, Contender, learned, select, units
from trivium.hazards import Case as HazardCase
from trivium.hazards import Hazard
from trivium.ideals import ideal_of
from trivium.microbenchmarks import Case
from trivium.scenarios import Microbenchmark, Phases, Scenario, Variant
from trivium.statistics import FEWEST_FOR_INTERVAL

# Starting and stopping a server and a load client, in seconds, as seen on a machine of two cores; beyond that, each unit
# that serves a connection, and each connection that is opened before anything is measured. What a machine really takes
# is learnt while it is measured.
OVERHEAD = 0.12
POINT_EVERY = 2  # rounds: a point of a dose curve has its neighbours to be judged by
HAZARD_OVERHEAD = 0.3  # of a hazard, whose clients settle first and last
_A_UNIT = {"process": 2e-3, "thread": 2e-4}
_A_CONNECTION = 1.2e-4


@dataclass(frozen=True)
class Profile:
    """How much time is spent, and what for."""

    name: str
    rounds: int
    phases: Phases
    about: str
    within: float  # seconds after the build: where a machine is slow, rounds are left out to keep to it


# What disturbs a shared machine lasts for a second or so, in which everything is slower by a third: of many short rounds
# it meets few, whose medians say nothing of it, and of few long ones most. From ten rounds on the interval is the
# bootstrap's; nine are the fewest whose exact interval leaves out the best and the worst. Scenarios that ask beside the
# headlines have fewer rounds, and phases, of their own.
PROFILES = {
    profile.name: profile
    for profile in (
        Profile("quick", 12, Phases(0.15, 0.35), "within five minutes", 290),
        Profile("standard", 12, Phases(0.15, 0.35), "within half an hour", 1790),
        Profile("full", 16, Phases(0.5, 3.0), "within three hours", 10800),
    )
}


@dataclass(frozen=True)
class Entry:
    """A contender's place in the comparison. The baseline has two: the A/A pair, `x` and `x#2`."""

    name: str
    contender: Contender


@dataclass(frozen=True)
class Task:
    """One cell in one round: what is to be measured now."""

    round: int
    variant: Variant
    entry: Entry

    @property
    def scenario(self) -> Scenario:
        """The scenario of which this is a part."""
        return self.variant.scenario

    @property
    def label(self) -> str:
        """What a reader calls it."""
        return f"{self.variant.label} {self.entry.name}"

    @property
    def folder(self) -> str:
        """What tells it from the others of its scenario: "connections:100/async/handoff"."""
        return "/".join(filter(None, (self.variant.slug, self.entry.name)))


@dataclass(frozen=True)
class MicroTask:
    """One microbenchmark in one round."""

    round: int
    case: Case

    @property
    def label(self) -> str:
        """What a reader calls it."""
        return f"{self.case.scenario.name} {self.case.label}"


@dataclass(frozen=True)
class HazardTask:
    """One case of a hazard, with one contender, in one round."""

    round: int
    case: HazardCase
    entry: Entry

    @property
    def label(self) -> str:
        """What a reader calls it."""
        return f"{self.case.label} {self.entry.name}"

    @property
    def folder(self) -> str:
        """What tells it from the others of its hazard: "clients:16/async/handoff"."""
        return "/".join(filter(None, (self.case.slug, self.entry.name)))


AnyTask = Task | MicroTask | HazardTask


@dataclass(frozen=True)
class Plan:
    """All that a comparison will do.

    `scenarios` are as the profile has them. `entries` are measured in them, each in those of its kind; `cases` are what
    the microbenchmarks' programs hold, known once these are built, of which `globs` are asked for (none: all).
    """

    profile: Profile
    rounds: int
    seed: int
    baseline: str
    scenarios: tuple[Scenario, ...]
    entries: tuple[Entry, ...]
    fewest_rounds: int = FEWEST_FOR_INTERVAL
    microbenchmarks: tuple[Microbenchmark, ...] = ()
    globs: tuple[str, ...] = ()
    cases: tuple[Case, ...] = ()
    fetch_baseline: str = DEFAULT_FETCH_BASELINE
    rounds_asked_for: bool = False  # then every scenario has all of them
    hazards: tuple[Hazard, ...] = ()

    @property
    def twin(self) -> str:
        """The name of the baseline's second entry."""
        return f"{self.baseline}#2"

    def baseline_of(self, scenario: Scenario) -> str:
        """Returns the name of the entry that the scenario's ratios refer to."""
        return self.fetch_baseline if scenario.kind == "fetch" else self.baseline

    def entries_of(self, scenario: Scenario) -> tuple[Entry, ...]:
        """Returns the entries of the scenario's kind: each has a cell in each of its variants, measured or not."""
        role = "fetch" if scenario.kind == "fetch" else "server"
        return tuple(entry for entry in self.entries if entry.contender.role == role)

    def hazard_entries(self) -> tuple[Entry, ...]:
        """Returns who takes part in hazards: whom one is meant for, without twins and baselines that nobody asked for."""
        asked = select(self.globs, [entry.contender for entry in self.entries])
        servers = [e for e in self.entries if e.contender.role == "server" and e.name == e.contender.name]
        meant = [entry for entry in servers if any(hazard.is_for(entry.name) for hazard in self.hazards)]
        return tuple(entry for entry in meant if entry.contender in asked)

    def has_round(self, scenario: Scenario | Microbenchmark | Hazard, round_number: int) -> bool:
        """Says whether the scenario is measured in that round: some have fewer rounds than others, the first ones."""
        return self.rounds_asked_for or not scenario.rounds or round_number <= scenario.rounds

    def tasks_of(self, round_number: int, excluded: frozenset[str] = frozenset()) -> list[AnyTask]:
        """Returns a round's tasks in their random order, which depends on seed and round only.

        `excluded` names the contenders that are not measured; leaving them out changes no one else's order.
        """
        tasks: list[AnyTask] = [
            Task(round_number, variant, entry)
            for scenario in self.scenarios
            if self.has_round(scenario, round_number)
            for variant in scenario.variants()
            for entry in self.entries_of(scenario)
            if entry.contender.cannot(variant) is None
        ]
        tasks += [MicroTask(round_number, case) for case in self.cases if self.has_round(case.scenario, round_number)]
        tasks += [
            HazardTask(round_number, case, entry)
            for hazard in self.hazards
            if self.has_round(hazard, round_number)
            for case in hazard.cases()
            if case.is_shown or round_number % POINT_EVERY == 1
            for entry in self.hazard_entries()
            if why_not(case, entry.contender) is None
        ]
        random.Random(f"{self.seed}/{round_number}").shuffle(tasks)
        return [task for task in tasks if isinstance(task, MicroTask) or task.entry.contender.key not in excluded]

    def pairs(self) -> list[tuple[Variant, Contender]]:
        """Returns what is measured: each contender in each variant that it can be in."""
        served = [
            (variant, entry.contender)
            for scenario in self.scenarios
            for variant in scenario.variants()
            for entry in self.entries_of(scenario)
            if entry.contender.cannot(variant) is None
        ]
        return served + [
            (case.variant, entry.contender)
            for hazard in self.hazards
            for case in hazard.cases()
            for entry in self.hazard_entries()
            if why_not(case, entry.contender) is None
        ]

    def without(self, contender: Contender, reason: str) -> "Plan":
        """Returns the plan in which the contender is not here, for that reason: its cells tell it."""
        gone = replace(contender, missing=reason)
        entries = (replace(entry, contender=gone) if entry.contender == contender else entry for entry in self.entries)
        return replace(self, entries=tuple(entries))

    def learned(self) -> "Plan":
        """Returns the plan with what contenders can, as their programs tell, now that they are built."""
        return replace(self, entries=tuple(replace(e, contender=learned(e.contender)) for e in self.entries))

    def has_time_for(self, round_number: int, spent: float, per_round: float) -> bool:
        """Says whether the round is to be run, when so many seconds went before it."""
        return round_number <= self.fewest_rounds or spent + per_round <= self.profile.within

    def seconds_for(self, tasks: Iterable[AnyTask]) -> float:
        """Returns how long the tasks take, about."""
        return sum(_seconds_of(task) for task in tasks)


def why_not(case: HazardCase, contender: Contender) -> str | None:
    """Returns why the hazard is not measured with the contender ("n/a (...)"), or None where it is."""
    return case.cannot(contender.name) or contender.cannot(case.variant)


def _seconds_of(task: AnyTask) -> float:
    if isinstance(task, MicroTask):
        return task.case.seconds
    return _hazard_seconds(task) if isinstance(task, HazardTask) else _seconds(task)


def _hazard_seconds(task: HazardTask) -> float:
    variant, contender = task.case.variant, task.entry.contender
    return task.case.hazard.spans.total + HAZARD_OVERHEAD + _A_UNIT.get(contender.unit, 0) * units(contender, variant)


def _seconds(task: Task) -> float:
    variant, contender = task.variant, task.entry.contender
    ideal = ideal_of(variant, contender, 1)
    if ideal and ideal["metric"] == "makespan":
        return float(ideal["value"]) + OVERHEAD
    seconds = variant.phases.total + OVERHEAD
    if task.scenario.held:
        seconds += _A_CONNECTION * variant.connections
    return seconds + _A_UNIT.get(contender.unit, 0) * units(contender, variant)


def make_entries(contenders: Sequence[Contender], *baselines: Contender) -> tuple[Entry, ...]:
    """Returns an entry for each contender, and a baseline's twin right after that baseline."""
    entries = []
    for contender in contenders:
        entries.append(Entry(contender.name, contender))
        if contender in baselines:
            entries.append(Entry(f"{contender.name}#2", contender))
    return tuple(entries)
