# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Trivium authors
"""The figures of one measurement of a server: from the raw measurement to a number with a unit, or to none.

None means that it was not measured, or has no meaning there; why, `reasons` says.
"""

from collections.abc import Callable
from typing import Any

from trivium.kernel_counters import TCP_METRICS
from trivium.load import FAILURES
from trivium.statistics import median

Raw = dict[str, Any]
Value = Callable[[Raw], float | None]

# A percentile takes this many operations in a round, so that one of them lies beyond it.
_FEWEST = {"p50": 1, "p90": 10, "p99": 100, "p99.9": 1_000, "p99.99": 10_000, "max": 1}
_IDLE = "connections that are silent do nothing that could be counted"
_FEW = "a round has fewer than {fewest:,} operations"


def is_idle(raw: Raw) -> bool:
    """Says whether connections were held and not used."""
    return raw["load"].get("mode") == "idle"


def rate(raw: Raw) -> float:
    """Returns the answers that came in the measured phase, for each second; 0 where that has no meaning."""
    load = raw["load"]
    return 0.0 if is_idle(raw) else load.get("completed", load["ok"]) / load["duration_s"]


def _rate(raw: Raw) -> float | None:
    return None if is_idle(raw) else rate(raw)


def _cpu_per_op(kind: str) -> Value:
    def microseconds(raw: Raw) -> float | None:
        # Two rates, so that it does not matter how soon after the load client's first line the counters were read.
        busy = raw["cpu_ns"][kind] / raw["seconds"]
        return busy / 1000 / rate(raw) if rate(raw) else None

    return microseconds


def _per_op(group: str, kind: str) -> Value:
    def per_operation(raw: Raw) -> float | None:
        counted = raw.get(group)
        if counted is None or counted.get(kind) is None or not rate(raw):
            return None
        return counted[kind] / raw["seconds"] / rate(raw)

    return per_operation


def _latency(percentile: str) -> Value:
    def microseconds(raw: Raw) -> float | None:
        found = raw["load"]["latency_ns"]
        value = found.get(percentile)
        enough = found.get("count", raw["load"]["ok"]) >= _FEWEST[percentile]
        return value / 1000 if raw["load"]["ok"] and enough and value is not None else None

    return microseconds


def _held(kind: str, pick: Callable[[list[float]], float]) -> Value:
    def value(raw: Raw) -> float | None:
        samples = [float(sample[kind]) for sample in raw["memory"] if sample.get(kind) is not None]
        return pick(samples) if samples else None

    return value


def failures(raw: Raw) -> dict[str, int]:
    """Returns the operations that failed, by how, the warm-up's too; what did not happen is absent."""
    load = raw["load"]
    found = {name: load[name] + load["outside"][name] for name in FAILURES}
    # Nobody knows what would have become of these: a server that never answers must not gain by that.
    found["abandoned"] = load["outside"].get("abandoned", 0)
    return {name: count for name, count in found.items() if count}


def _count(name: str) -> Value:
    """Counts over the whole run, the warm-up included: a failure there is one, too."""

    def value(raw: Raw) -> float | None:
        inside, outside = raw["load"].get(name), raw["load"]["outside"].get(name)
        return None if inside is None else inside + (outside or 0)

    return value


def _share_failed(raw: Raw) -> float | None:
    planned = _count("planned")(raw)
    return sum(failures(raw).values()) / planned if planned else None


def _megabytes(raw: Raw) -> float | None:
    bytes_in = raw["load"].get("bytes_in")
    return None if bytes_in is None or is_idle(raw) else bytes_in / 1e6 / raw["load"]["duration_s"]


def _makespan(raw: Raw) -> float | None:
    """Returns how long all of it took, in seconds, where nothing of it failed."""
    return None if failures(raw) else raw["load"].get("makespan_s")


def _of_ideal(raw: Raw) -> float | None:
    ideal = raw.get("ideal")
    if ideal and ideal["metric"] == "makespan":
        makespan = _makespan(raw)
        return ideal["value"] / makespan if makespan else None
    return rate(raw) / ideal["value"] if ideal and ideal["metric"] == "ops_per_s" else None


def _tcp(name: str) -> Value:
    return lambda raw: raw["tcp"].get(name)


METRICS: dict[str, tuple[str, Value]] = {
    "cpu_per_op": ("us", _cpu_per_op("total")),
    "user_cpu_per_op": ("us", _cpu_per_op("user")),
    "system_cpu_per_op": ("us", _cpu_per_op("system")),
    "ops_per_s": ("1/s", _rate),
    "mb_per_s": ("MB/s", _megabytes),
    **{name: ("us", _latency(name)) for name in _FEWEST},
    "pss": ("bytes", _held("pss", median)),
    "pss_max": ("bytes", _held("pss", max)),
    "page_tables": ("bytes", _held("page_tables", median)),
    "kernel_memory": ("bytes", _held("kernel", median)),
    "voluntary_switches_per_op": ("1", _per_op("context_switches", "voluntary")),
    "involuntary_switches_per_op": ("1", _per_op("context_switches", "involuntary")),
    "migrations_per_op": ("1", _per_op("context_switches", "migrations")),
    "minor_faults_per_op": ("1", _per_op("faults", "minor")),
    "major_faults_per_op": ("1", _per_op("faults", "major")),
    "threads": ("1", _held("threads", median)),
    "processes": ("1", _held("processes", median)),
    "server_cpu_share": ("1", lambda raw: raw["cpu_ns"]["total"] / 1e9 / raw["seconds"]),
    "client_cpu_share": ("1", lambda raw: raw["load"]["client_cpu_share"]),
    "makespan": ("s", _makespan),
    "of_ideal": ("1", _of_ideal),
    "failures": ("1", lambda raw: sum(failures(raw).values())),
    "share_failed": ("1", _share_failed),
    **{name: ("1", _count(name)) for name in ("planned", "sent", "ok", *FAILURES)},
    "late": ("1", lambda raw: raw["load"].get("late")),
    "time_wait": ("1", lambda raw: (raw["load"].get("time_wait") or {}).get("end")),
    **{metric: ("1", _tcp(name)) for name, metric in TCP_METRICS.items()},
}

# What is the load client's count, or a share of something: a lack of it needs no reason of its own.
_TOLD = {"makespan", "of_ideal", "share_failed", "planned", "sent", "ok", "late", "time_wait"}
_TOLD |= {*FAILURES, *TCP_METRICS.values()}


def reasons(raws: list[Raw], present: set[str]) -> dict[str, str]:
    """Returns why each metric that is not present could not be had from these good measurements."""
    found: dict[str, str] = {}
    for raw in raws:
        for name, reason in raw.get("unmeasured", {}).items():
            found.setdefault(name, reason)
    for name in METRICS:
        if name in present or name in found or name in _TOLD:
            continue
        if raws and all(is_idle(raw) for raw in raws):
            found[name] = _IDLE
        elif name in _FEWEST:
            found[name] = _FEW.format(fewest=_FEWEST[name])
        elif name.endswith("_per_op") and not any(rate(raw) for raw in raws):
            found[name] = "no operation ended in the measured phase"
        else:
            found[name] = "this machine does not tell it"
    return {name: reason for name, reason in found.items() if name not in present}
