# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Trivium authors
"""What a scenario is, and what each value of its axis makes of it; scenario_file reads them."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from typing import Any

# The metrics that contenders can be ranked by, and which way is better.
RANKING = {
    "cpu_per_op": "lower",
    "ops_per_s": "higher",
    "mb_per_s": "higher",
    "p50": "lower",
    "p90": "lower",
    "p99": "lower",
    "p99.9": "lower",
    "p99.99": "lower",
    "max": "lower",
    "pss": "lower",
    "bytes_per_connection": "lower",
    "share_failed": "lower",
    "makespan": "lower",
}
MICRO_HEADLINES = ("time_per_op", "cpu_per_op")  # the lower, the better
PROFILE_NAMES = ("quick", "standard", "full")
# What may have several values in one scenario, each a cell of its own, and in which unit these are.
AXES = {"connections": "connections", "rate": "operations/s", "jobs": "URLs at once", "offload": "threads"}
KINDS = ("served", "fetch")
# What a scenario may need that not every contender can.
CAPABILITIES = ("hazards", "stats", "capacity", "handles-sigterm", "offload")

AxisValue = int


@dataclass(frozen=True)
class Phases:
    """How long the load client runs, in seconds."""

    warmup: float
    duration: float

    @property
    def total(self) -> float:
        """Both phases together."""
        return self.warmup + self.duration


@dataclass(frozen=True)
class Scenario:
    """One question, and how it is put to a server, or (kind "fetch") to a fetch client.

    One of what AXES names may be a tuple: the scenario is measured with each of its values. `by_profile` holds what
    differs between profiles; `for_profile` puts it in its place.
    """

    name: str
    question: str
    operation: str
    headline: str
    connections: int | tuple[int, ...]
    held: bool
    server: tuple[str, ...]
    load: tuple[str, ...]
    contenders: tuple[str, ...]
    profiles: tuple[str, ...] = PROFILE_NAMES
    kind: str = "served"
    rate: int | tuple[int, ...] = 0  # operations a second over all connections; 0: closed loop
    offload: int | tuple[int, ...] = 0  # threads beside event loops, for what computes
    needs: tuple[str, ...] = ()
    headlines: tuple[str, ...] = ()
    caveat: tuple[str, ...] = ()
    ideal: str = ""
    dialects: tuple[str, ...] = ("trivium", "echo", "http")
    cpus: str = "apart"  # "shared": server and load client share all CPUs where there are fewer than four
    jobs: int | tuple[int, ...] = 0
    urls: int = 0
    delay_ms: int = 0
    rounds: int = 0  # at most; 0: as many as the comparison has
    phases: Phases = Phases(0.2, 0.6)
    by_profile: dict[str, dict[str, Any]] = field(default_factory=dict, compare=False)

    @property
    def loop(self) -> str:
        """Says whether operations begin when others end ("closed") or when they are planned to ("open")."""
        return "open" if self.rate else "closed"

    @property
    def axis(self) -> str | None:
        """What has several values, or None."""
        return next((key for key in AXES if isinstance(getattr(self, key), tuple)), None)

    @property
    def axis_unit(self) -> str:
        """The unit of the axis, or nothing."""
        return AXES[self.axis] if self.axis else ""

    @property
    def better(self) -> str:
        """Says whether the headline is better "lower" or "higher"."""
        return RANKING[self.headline]

    @property
    def shown(self) -> tuple[str, ...]:
        """The metrics to show first: the headline, and those that stand beside it."""
        return tuple(dict.fromkeys((self.headline, *self.headlines)))

    def variants(self) -> "tuple[Variant, ...]":
        """Returns what is measured: one for each value of the axis, in the file's order, or the only one."""
        if self.axis is None:
            return (Variant(self),)
        return tuple(Variant(self, value) for value in getattr(self, self.axis))

    def for_profile(self, profile: str, phases: Phases) -> "Scenario":
        """Returns the scenario as that profile measures it; `phases` where it has none of its own.

        What is not given for that profile is taken from the next larger one that it is given for, or the next smaller.
        """
        order = PROFILE_NAMES[PROFILE_NAMES.index(profile) :] + PROFILE_NAMES[: PROFILE_NAMES.index(profile)][::-1]
        own = {key: next(given[name] for name in order if name in given) for key, given in self.by_profile.items()}
        phases = Phases(own.pop("warmup", phases.warmup), own.pop("duration", phases.duration))
        return replace(self, phases=phases, by_profile={}, **own)

    def is_for(self, contender_name: str) -> bool:
        """Says whether the scenario is meant for a contender of that name: a glob matches, and none after a `!`."""
        matched = False
        for glob in self.contenders:
            if glob.startswith("!"):
                if fnmatchcase(contender_name, glob[1:]):
                    return False
            elif fnmatchcase(contender_name, glob):
                matched = True
        return matched

    def facts(self) -> dict[str, Any]:
        """Returns what a reader of the results must know of it."""
        return {
            "question": self.question,
            "operation": self.operation,
            "headline": self.headline,
            "headlines": list(self.shown),
            "better": self.better,
            "kind": self.kind,
            "loop": self.loop,
            "axis": self.axis,
            "axis_unit": self.axis_unit,
            "axis_values": list(getattr(self, self.axis)) if self.axis else [],
            "needs": list(self.needs),
            "caveats": list(self.caveat),
            "ideal": self.ideal or None,
            "cpus": self.cpus,
            "warmup": self.phases.warmup,
            "duration": self.phases.duration,
            "rounds": self.rounds or None,
        }


@dataclass(frozen=True)
class Variant:
    """A scenario with one value of its axis: what one cell is measured under."""

    scenario: Scenario
    axis_value: AxisValue | None = None

    def _at(self, key: str) -> Any:
        return self.axis_value if self.scenario.axis == key else getattr(self.scenario, key)

    @property
    def connections(self) -> int:
        """How many connections the load client has."""
        return int(self._at("connections"))

    @property
    def rate(self) -> int:
        """How many operations are planned a second; 0 in a closed loop."""
        return int(self._at("rate"))

    @property
    def jobs(self) -> int:
        """How many URLs a fetch client has in flight."""
        return int(self._at("jobs"))

    @property
    def offload(self) -> int:
        """How many threads an event loop has beside it for what computes; 0: it computes where it serves."""
        return int(self._at("offload"))

    @property
    def phases(self) -> Phases:
        """How long it is measured."""
        return self.scenario.phases

    @property
    def load(self) -> tuple[str, ...]:
        """The load client's flags, beyond target, connections, durations and output."""
        return (*self.scenario.load, "--rate", str(self.rate)) if self.rate else self.scenario.load

    @property
    def server(self) -> tuple[str, ...]:
        """The flags for our servers, beyond address, strategy and workers."""
        return (*self.scenario.server, "--offload", str(self.offload)) if self.offload else self.scenario.server

    @property
    def needs(self) -> tuple[str, ...]:
        """What a contender must be able to do."""
        return (*self.scenario.needs, "offload") if self.offload else self.scenario.needs

    @property
    def params(self) -> dict[str, Any]:
        """What, beside the scenario's name, tells these cells from others."""
        scenario = self.scenario
        if scenario.kind == "fetch":
            return {"jobs": self.jobs, "urls": scenario.urls, "delay_ms": scenario.delay_ms}
        rate = {"rate": self.rate} if self.rate else {}
        offload = {"offload": self.offload} if scenario.axis == "offload" else {}
        told = {"connections": self.connections, "loop": scenario.loop, **rate, **offload}
        return told | {"load": list(self.load), "server": list(self.server)}

    @property
    def label(self) -> str:
        """What a reader calls it: "scale connections=100"."""
        axis = self.scenario.axis
        return self.scenario.name if axis is None else f"{self.scenario.name} {axis}={self.axis_value}"

    @property
    def slug(self) -> str:
        """What tells it from the scenario's others: "connections:100", or nothing where it is the only one."""
        return self.label.partition(" ")[2].replace("=", ":")


@dataclass(frozen=True)
class Microbenchmark:
    """One question that benchmark programs answer alone, without a server or a load client."""

    name: str
    question: str
    operation: str
    headline: str
    programs: tuple[str, ...]
    baseline: str
    columns: tuple[str, ...]
    shown: tuple[str, ...]
    seconds: float
    filter: str = ""
    profiles: tuple[str, ...] = PROFILE_NAMES
    rounds: int = 0  # at most; 0: as many as the comparison has


def variants_of(scenarios: tuple[Scenario, ...]) -> Iterator[Variant]:
    """Returns the variants of all of them, in order."""
    for scenario in scenarios:
        yield from scenario.variants()
