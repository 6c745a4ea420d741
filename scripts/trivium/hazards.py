# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Trivium authors
"""What a hazard is: something that goes wrong beside healthy clients, whose harm is measured; see hazard_file."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from typing import Any

from trivium.scenarios import PROFILE_NAMES, Microbenchmark, Scenario, Variant

# What can be made to happen, from when the hazard begins until it ends.
INJECTIONS = {
    "line": "clients connect and ask for something, once or every so often",
    "dribble": "clients send a line of which a byte comes now and then, and never its end",
    "deaf": "clients send lines and never read what comes back",
    "silent": "clients connect and say nothing",
    "flood": "clients ask for something, at a multiple of the rate that was measured just before",
    "kill-worker": "SIGKILL to the process that serves one of the neighbours",
    "kill-any": "SIGKILL to any process but the main one, again and again",
    "kill-main": "SIGKILL to the main process",
    "terminate": "SIGTERM to the main process",
}
# Those that are over as soon as they have happened.
INSTANT = ("kill-worker", "kill-main", "terminate")
# What a cell of the matrix can show: metric, and what its figure is called. The more, the worse.
HEADLINES = {
    "share_harmed": "healthy requests failed or late",
    "share_failed": "healthy requests that failed",
    "share_waited": "healthy requests that waited in vain",
    "lost": "accepted connections that were lost",
    "share_kept": "kept of what was leaked",
}
# What curves show, and which way is better; of all other metrics the less.
DOSES = {"p99_during": "lower", "share_harmed": "lower", "goodput": "higher"}
# How what became of a healthy request is written down.
OUTCOMES = {
    "ok": "o",
    "late": "l",
    "refused": "r",
    "reset": "x",
    "timed_out": "t",
    "unsent": "u",
    "drained": "d",
    "wrong": "w",
}
NOTHING = "-"  # none was planned
TIMEOUT_MS = 300  # a healthy request that takes longer has failed
LATE_MS = 100  # and one that takes longer than this was answered late
AXES = {"clients": "clients", "load": "x capacity"}


@dataclass(frozen=True)
class Spans:
    """How long healthy clients are watched before the hazard, during it and after it, in seconds."""

    before: float
    during: float
    after: float

    @property
    def total(self) -> float:
        """All of them together."""
        return self.before + self.during + self.after


SPANS = {"quick": Spans(0.4, 0.8, 0.8), "standard": Spans(0.2, 0.35, 0.35), "full": Spans(0.3, 0.6, 0.6)}


def as_typed(flags: str, by_itself: bool) -> str:
    """Returns what a defence is, behind the word "with"."""
    return f"the default, not {flags}" if by_itself else flags


def matches(globs: Sequence[str], name: str) -> bool:
    """Says whether a glob means the name, and none after a `!` takes it out."""
    wanted = [glob for glob in globs if not glob.startswith("!")]
    unwanted = [glob[1:] for glob in globs if glob.startswith("!")]
    return any(fnmatchcase(name, g) for g in wanted) and not any(fnmatchcase(name, g) for g in unwanted)


@dataclass(frozen=True)
class Claim:
    """What a test of tests/hazards proves of these contenders: a sentence, and SUITE/CASE.TEST."""

    contenders: tuple[str, ...]
    claim: str
    test: str


@dataclass(frozen=True)
class Exempt:
    """Whom the hazard can't happen to, and why."""

    contenders: tuple[str, ...]
    reason: str


@dataclass(frozen=True)
class Defence:
    """What a server can do against a hazard: flags, whose they are, the metric that tells, and what that buys.

    One that every server has by itself is measured the other way round: the flags take it away.
    """

    name: str
    flags: tuple[str, ...]
    contenders: tuple[str, ...]
    metric: str
    bought: str
    by_itself: bool = False

    @property
    def slug(self) -> str:
        """What tells its case from the hazard's others."""
        return f"{'without' if self.by_itself else 'with'}:{self.name}"


@dataclass(frozen=True)
class Hazard:
    """One hazard, as a profile has it once `for_profile` was called.

    One of `clients` and `load` may be a tuple, the doses; `at` is the one that the matrix shows and that defences are
    measured at. `workers` is the size of blocking pools, `neighbours` how many connections are held open beside.
    """

    name: str
    question: str
    inject: str
    headline: str
    contenders: tuple[str, ...]
    line: str = ""
    every_ms: int = 0
    clients: int | tuple[int, ...] = 1
    load: float | tuple[float, ...] = 0.0
    at: float = 0.0
    dose_metric: str = "p99_during"
    workers: int = 8
    neighbours: int = 0
    rate: int = 200  # healthy requests a second
    server: tuple[str, ...] = ()
    descriptors: int = 0  # how many the server may have open; 0: as many as we
    matrix: bool = True
    defended: bool = True  # whether its defences are measured too
    claims: tuple[Claim, ...] = ()
    exempt: tuple[Exempt, ...] = ()
    defences: tuple[Defence, ...] = ()
    caveat: tuple[str, ...] = ()
    profiles: tuple[str, ...] = PROFILE_NAMES
    rounds: int = 0
    during: float = 0.0  # how long it lasts, in seconds; 0: as long as others
    spans: Spans = SPANS["quick"]
    by_profile: dict[str, dict[str, Any]] = field(default_factory=dict, compare=False)

    @property
    def axis(self) -> str | None:
        """Which dose varies, or None."""
        return next((key for key in AXES if isinstance(getattr(self, key), tuple)), None)

    @property
    def is_instant(self) -> bool:
        """Says whether it is over as soon as it has happened."""
        return self.inject in INSTANT or (not self.every_ms and self.line in ("@crash", "@abort"))

    def for_profile(self, profile: str) -> "Hazard":
        """Returns the hazard as that profile measures it; what is not given for it is the next larger one's."""
        order = PROFILE_NAMES[PROFILE_NAMES.index(profile) :] + PROFILE_NAMES[: PROFILE_NAMES.index(profile)][::-1]
        own = {key: next(given[name] for name in order if name in given) for key, given in self.by_profile.items()}
        spans = SPANS[profile] if not self.during else replace(SPANS[profile], during=self.during)
        return replace(self, spans=spans, by_profile={}, **own)

    def is_for(self, contender_name: str) -> bool:
        """Says whether it is meant for a contender of that name."""
        return matches(self.contenders, contender_name)

    def cases(self) -> "tuple[Case, ...]":
        """Returns what is measured: each dose, and each defence at the matrix's dose."""
        doses: tuple[float, ...] = getattr(self, self.axis) if self.axis else (0.0,)
        plain = tuple(Case(self, dose) for dose in doses)
        defended = tuple(Case(self, self.matrix_dose, defence) for defence in self.defences) if self.defended else ()
        return plain + defended

    @property
    def matrix_dose(self) -> float:
        """The dose that the matrix shows."""
        return self.at if self.axis else 0.0

    @property
    def metrics(self) -> set[str]:
        """What it is measured for."""
        return {self.headline, *(defence.metric for defence in self.defences)}

    def claim_of(self, contender_name: str) -> Claim | None:
        """Returns what a test proves of that contender, or None."""
        return next((claim for claim in self.claims if matches(claim.contenders, contender_name)), None)

    def facts(self) -> dict[str, Any]:
        """Returns what a reader of the results must know of it."""
        return {
            "question": self.question,
            "operation": "request",
            "headline": self.headline,
            "headlines": [self.headline],
            "better": "lower",
            "kind": "hazard",
            "loop": "open",
            "axis": self.axis,
            "axis_unit": AXES[self.axis] if self.axis else "",
            "axis_values": list(getattr(self, self.axis)) if self.axis else [],
            "needs": ["hazards", "stats"],
            "caveats": list(self.caveat),
            "ideal": None,
            "cpus": "apart",
            "warmup": 0,
            "duration": self.spans.total,
            "rounds": self.rounds or None,
            "matrix": self.matrix,
            "inject": self.inject,
        }


@dataclass(frozen=True)
class Case:
    """A hazard with one dose (0: it has no other), without or with a defence: what one cell is measured under."""

    hazard: Hazard
    dose: float = 0.0
    defence: Defence | None = None

    def _at(self, key: str) -> float:
        value = self.dose if self.hazard.axis == key else getattr(self.hazard, key)
        return float(value)

    @property
    def clients(self) -> int:
        """How many clients do it."""
        return int(self._at("clients"))

    @property
    def load(self) -> float:
        """How many times the capacity is asked for."""
        return self._at("load")

    @property
    def is_shown(self) -> bool:
        """Says whether it is more than a point of a curve: in the matrix, or one side of what a defence buys."""
        return self.dose == self.hazard.matrix_dose

    @property
    def line(self) -> str:
        """What the clients ask for; {during} is how long the hazard lasts."""
        return self.hazard.line.replace("{during}", f"{round(self.hazard.spans.during * 1000)}ms")

    @property
    def variant(self) -> Variant:
        """The case as a scenario's variant, by which contenders are judged, sized and started."""
        hazard = self.hazard
        defence = self.defence.flags if self.defence else ()
        scenario = Scenario(
            name=hazard.name,
            question=hazard.question,
            operation="request",
            headline="share_failed",
            connections=hazard.workers,
            held=False,
            server=("--hazards", *hazard.server, *defence),
            load=("--mode", "churn"),
            contenders=hazard.contenders,
            needs=("hazards", "stats", "offload") if "--offload" in defence else ("hazards", "stats"),
            dialects=("trivium",),
        )
        return Variant(scenario)

    @property
    def params(self) -> dict[str, Any]:
        """What, beside the hazard's name, tells these cells from others."""
        hazard = self.hazard
        return {
            "hazard": hazard.name,
            "inject": hazard.inject,
            "dose": self.dose if hazard.axis else None,
            "defence": self.defence.name if self.defence else None,
            "clients": self.clients,
            "workers": hazard.workers,
            "rate": hazard.rate,
            "server": list(self.variant.server),
        }

    @property
    def slug(self) -> str:
        """What tells it from the hazard's others: "clients:16/with:line-timeout", or nothing."""
        dose = f"{self.hazard.axis}:{self.dose:g}" if self.hazard.axis else ""
        return "/".join(filter(None, (dose, self.defence.slug if self.defence else "")))

    @property
    def label(self) -> str:
        """What a reader calls it: "slow-sender clients=16 with line-timeout"."""
        return " ".join([self.hazard.name, *self.slug.replace(":", "=").split("/")]).strip()

    def cannot(self, contender_name: str) -> str | None:
        """Returns why it is not measured with that contender ("n/a (...)"), or None; Contender.cannot says the rest."""
        if not self.hazard.is_for(contender_name):
            return "n/a (the scenario is not meant for it)"
        for exempt in self.hazard.exempt:
            if matches(exempt.contenders, contender_name):
                return f"n/a ({exempt.reason})"
        if self.defence and not matches(self.defence.contenders, contender_name):
            return "n/a (the defence is not meant for it)"
        return None


AnyScenario = Scenario | Microbenchmark | Hazard
