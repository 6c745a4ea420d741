# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Trivium authors
"""What the measuring must find, because it was planted, and what it must not find, because it is not there."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from trivium.cells import Cell, ratio_of
from trivium.contenders import DEFAULT_BASELINE, Contender, find
from trivium.errors import CannotCompare
from trivium.plan import PROFILES, Entry
from trivium.proof_bench import ProofBench, lines, pair, planted, scenario
from trivium.scenarios import Phases, Scenario
from trivium.statistics import median, summarize

SHORT = Phases(0.05, 0.15)  # of an A/A comparison, of which there are many
COMPARED = Phases(0.1, 0.3)
OVERHEAD = 0.3  # of a measurement, in seconds, beside its phases
ROUNDS = 9
STANDARD = PROFILES["standard"]
_SOME_WORK = 20_000  # steps, of about a nanosecond each: more than a line costs by itself
_UNIT = 100_000
_FACTOR = 3
_RATE = 2000


@dataclass(frozen=True)
class Outcome:
    """What became of a proof: the claim, what was found, and whether that is what must be."""

    name: str
    claim: str
    found: str
    passed: bool
    details: dict[str, Any] = field(default_factory=dict)


def _baseline() -> Contender:
    found = find(DEFAULT_BASELINE)
    assert found is not None
    return found


def _ratio(cell: Cell, metric: str = "cpu_per_op") -> dict[str, Any]:
    found = ratio_of(cell, metric)
    if found is None or found["low"] is None:
        raise CannotCompare(f"{cell['entry']} has no ratio with an interval: {'; '.join(cell['notes'])}")
    return found


def _brief(ratio: dict[str, Any]) -> list[float]:
    return [round(ratio[key], 4) for key in ("low", "median", "high")]


def half_width(ratio: dict[str, Any]) -> float:
    """Returns half the width of a ratio's interval, as a share of its median."""
    return (ratio["high"] - ratio["low"]) / 2 / ratio["median"]


def _costs(cell: Cell) -> list[float]:
    """Returns the CPU time of a line in each round."""
    samples = cell["metrics"].get("cpu_per_op", {}).get("samples", [None])
    if None in samples:
        raise CannotCompare(f"{cell['entry']}: no line was answered in a whole round; this machine is too busy")
    return list(samples)


def _ratios(bench: ProofBench, what: str, cell_of: Callable[[int], Cell], count: int) -> list[dict[str, Any]]:
    """Returns the ratio of each of so many comparisons; one that could not be measured is told of, and left out."""
    found: list[dict[str, Any]] = []
    for seed in range(count):
        try:
            found.append(_ratio(cell_of(seed)))
        except CannotCompare as error:
            bench.say(f"{what}: one comparison is left out: {error}")
        if (seed + 1) % 10 == 0:
            apart = sum(ratio["verdict"] != "no difference" for ratio in found)
            bench.say(f"{what}: {apart} of {len(found)} show a difference")
    if not found:
        raise CannotCompare(f"none of {count} comparisons could be measured")
    return found


def _enough(ratios: Sequence[Any], count: int) -> bool:
    """Says whether nearly all of the comparisons could be measured."""
    return len(ratios) >= count - count // 10


def a_a(bench: ProofBench, count: int) -> Outcome:
    """A contender against itself: the interval of the ratio must hold 1, but for the misses that 95 % allow."""
    twin = f"{DEFAULT_BASELINE}#2"
    both = pair(_baseline())
    ratios = _ratios(bench, "a/a", lambda seed: bench.compare(lines(SHORT), both, ROUNDS, seed)[twin], count)
    misses = sum(ratio["verdict"] != "no difference" for ratio in ratios)
    allowed = len(ratios) // 10
    width = median([half_width(ratio) for ratio in ratios])
    return Outcome(
        "a/a",
        f"of {len(ratios)} comparisons of {DEFAULT_BASELINE} with itself, at most {allowed} show a difference",
        f"{misses} do; half-width {width:.1%} ({ROUNDS} rounds of {SHORT.duration:g} s)",
        misses <= allowed and _enough(ratios, count),
        {"misses": misses, "ratios": [_brief(ratio) for ratio in ratios]},
    )


def resolution(bench: ProofBench, rounds: int) -> Outcome:
    """The profile `standard` tells CPU per operation apart to 5 %."""
    phases = STANDARD.phases
    short = ("--mode", "churn", "--line-bytes", "64")
    widths = {}
    for of in (lines(phases), scenario("churn", phases, short, held=False, operation="connection")):
        twin = bench.compare(of, pair(_baseline()), rounds, 1)[f"{DEFAULT_BASELINE}#2"]
        widths[of.name] = half_width(_ratio(twin))
    told = ", ".join(f"{name} {width:.1%}" for name, width in widths.items())
    return Outcome(
        "resolution",
        f"{rounds} rounds of the profile standard: the A/A ratio's half-width in CPU per operation is at most 5 %",
        told,
        all(width <= 0.05 for width in widths.values()),
        {"half_widths": widths},
    )


def _busy(name: str, steps: int) -> Contender:
    return planted(name, "--work-per-line", str(steps))


def _calibrated(bench: ProofBench) -> tuple[float, float]:
    """Returns the CPU time of a line with some work, and that of a step of work, in microseconds."""
    servers = (_busy("some", _SOME_WORK), _busy("twice", 2 * _SOME_WORK))
    cells = bench.compare(lines(STANDARD.phases), [Entry(server.name, server) for server in servers], 5, 0)
    some, twice = (cells[server.name]["metrics"]["cpu_per_op"]["median"] for server in servers)
    return some, (twice - some) / _SOME_WORK


def slowdown(bench: ProofBench, count: int) -> Outcome:
    """A server that computes a tenth of a line's cost more is found to cost more.

    Both compute enough to be what limits the rate: who waits for whom must not be the difference.
    """
    line, step = _calibrated(bench)
    steps = _SOME_WORK + round(0.1 * line / step)
    servers = (_busy("some", _SOME_WORK), _busy("slower", steps))
    entries = [Entry(server.name, server) for server in servers]
    ratios = _ratios(
        bench,
        "slowdown",
        lambda seed: bench.compare(lines(STANDARD.phases), entries, STANDARD.rounds, seed)["slower"],
        count,
    )
    hits = sum(ratio["verdict"] == "more" for ratio in ratios)
    needed = len(ratios) - len(ratios) // 10
    return Outcome(
        "slowdown",
        f"a tenth more CPU for each line is found in {needed} of {len(ratios)} comparisons as the profile standard's",
        f"{hits} found it; the ratio's median is {median([ratio['median'] for ratio in ratios]):.3f}",
        hits >= needed and _enough(ratios, count),
        {"line_us": line, "step_us": step, "steps": steps, "ratios": [_brief(ratio) for ratio in ratios]},
    )


def factor(bench: ProofBench, count: int) -> Outcome:
    """A server that computes a known amount more for each line is slower by just that.

    Of 1, 2 and 4 units of work the last adds three times what the second adds, whatever a unit and a line take by
    themselves. Four connections: what is still in flight when the phase ends is soon done.
    """
    entries = [Entry(f"{units} units", _busy(f"{units} units", units * _UNIT)) for units in (1, 2, 4)]
    told, hits = [], 0
    for seed in range(count):
        cells = bench.compare(lines(COMPARED, connections=4), entries, ROUNDS, seed)
        costs = [_costs(cells[entry.name]) for entry in entries]
        found = summarize([(four - one) / (two - one) for one, two, four in zip(*costs, strict=True)])
        hits += found.low <= _FACTOR <= found.high
        ratio = _ratio(cells["4 units"])
        told.append({"factor": [round(v, 4) for v in (found.low, found.median, found.high)], "ratio": _brief(ratio)})
    needed = count - max(1, count // 10)
    low, middle, high = told[-1]["factor"]
    return Outcome(
        "factor",
        f"{_FACTOR} times the work is found to be {_FACTOR} times the work, by its interval, in {needed} of {count}",
        f"{hits} did; the last: {middle:.3f} [{low:.3f}, {high:.3f}]",
        hits >= needed,
        {"comparisons": told},
    )


def stall(bench: ProofBench, seconds: float) -> Outcome:
    """A server that stops for 100 ms each second shows that in p99.9 under the open loop."""
    phases = Phases(0.2, seconds)
    stalls = planted("stalls", "--stall", "100ms", "--every", "1s")
    rate = {"rate": _RATE, "headline": "p99.9"}

    def milliseconds(of: Scenario, server: Contender) -> dict[str, float]:
        metrics = bench.alone(of, server)["metrics"]
        return {name: round(metrics[name]["median"] / 1000, 2) for name in ("p50", "p99", "p99.9", "max")}

    found = milliseconds(lines(phases, **rate), stalls)
    without = milliseconds(lines(phases, **rate), planted("none"))
    closed = milliseconds(lines(phases), stalls)
    return Outcome(
        "stall",
        "stalls of 100 ms each second show in p99.9 of the open loop: from 80 to 200 ms, twice what it is without them",
        f"{found['p99.9']:.0f} ms, against {without['p99.9']:.1f} ms without; "
        f"p99 {found['p99']:.0f} ms, of which the closed loop shows {closed['p99']:.1f} ms",
        80 <= found["p99.9"] <= 200 and found["p99.9"] > 2 * without["p99.9"],
        {"open_ms": found, "without_ms": without, "closed_ms": closed},
    )


Fault = tuple[str, str, Contender, Scenario]


def _twice(phases: Phases) -> Phases:
    return Phases(phases.warmup, 2 * phases.duration)


def faults(*, corrupt: int, drop: int, timeout: int, phases: Phases, patience: str = "250ms") -> list[Fault]:
    """Returns the servers that fail now and then: what is claimed, the failure it must be counted as, where."""
    big = ("--mode", "lines", "--line-bytes", "32KiB")
    short = ("--mode", "churn", "--line-bytes", "64")
    impatient = ("--mode", "lines", "--line-bytes", "64", "--timeout", patience)
    return [
        (
            f"corrupts one byte in {corrupt:,}",
            "wrong",
            planted("corrupts", "--corrupt-one-in", str(corrupt)),
            scenario("bulk", phases, big),
        ),
        (
            f"drops one connection in {drop:,}",
            "reset",
            planted("drops", "--drop-one-in", str(drop)),
            # Connections are dear: twice the time, so that some of them are among those to be dropped.
            scenario("churn", _twice(phases), short, held=False, operation="connection"),
        ),
        (
            f"never answers one line in {timeout:,}",
            "timed_out",
            planted("forgets", "--timeout-one-in", str(timeout)),
            scenario("lines", phases, impatient),
        ),
    ]


def fault(bench: ProofBench, of: Fault) -> Outcome:
    """A server that fails now and then is caught, marked and not ranked; its sound twin is ranked."""
    claim, kind, server, where = of
    entries = [Entry("sound", planted("sound")), Entry(server.name, server)]
    cells = bench.compare(where, entries, 1, 0)
    counted = cells[server.name]["metrics"][kind]["median"]
    ranked = {name: cell["ranked"] for name, cell in cells.items()}
    notes = "; ".join(note for note in cells[server.name]["notes"] if note.startswith("failures"))
    return Outcome(
        server.name,
        f"a server that {claim} is caught and not ranked, and a sound one is",
        f"{notes or 'nothing was counted'}; {'ranked' if ranked[server.name] else 'not ranked'}",
        counted > 0 and not ranked[server.name] and ranked["sound"],
        {"counted": counted, "ranked": ranked},
    )


Proof = tuple[str, int, float, Callable[[ProofBench], Outcome]]


def _seconds(phases: Phases, measurements: int) -> float:
    return measurements * (phases.total + OVERHEAD)


def proofs(*, short: bool) -> list[Proof]:
    """Returns name, measurements, seconds and function of each proof; a short run shows that they work, no more."""
    aa, tenths, factors = (6, 3, 2) if short else (100, 10, 5)
    rounds = 6 if short else STANDARD.rounds
    often = Phases(0.1, 0.5 if short else 6.0)
    found = (
        faults(corrupt=100_000, drop=200, timeout=500, phases=often)
        if short
        else faults(corrupt=1_000_000, drop=10_000, timeout=10_000, phases=often)
    )
    seconds = 2.0 if short else 5.0
    tenth, threes = 2 * STANDARD.rounds * tenths, 3 * ROUNDS * factors
    all_of: list[Proof] = [
        ("a/a", 2 * ROUNDS * aa, _seconds(SHORT, 2 * ROUNDS * aa), lambda bench: a_a(bench, aa)),
        ("resolution", 4 * rounds, _seconds(STANDARD.phases, 4 * rounds), lambda bench: resolution(bench, rounds)),
        ("slowdown", 10 + tenth, _seconds(STANDARD.phases, 10 + tenth), lambda bench: slowdown(bench, tenths)),
        ("factor", threes, _seconds(COMPARED, threes), lambda bench: factor(bench, factors)),
        ("stall", 3, _seconds(Phases(0.2, seconds), 3), lambda bench: stall(bench, seconds)),
    ]
    for each in found:
        all_of.append((each[2].name, 2, _seconds(each[3].phases, 2), lambda bench, each=each: fault(bench, each)))
    return all_of


def names(of: Sequence[Proof]) -> list[str]:
    """Returns the names by which proofs are asked for."""
    return [name for name, *_ in of]
