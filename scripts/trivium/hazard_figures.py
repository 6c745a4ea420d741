# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Trivium authors
"""The figures of one measurement of a hazard: what became of the healthy clients, and of the server.

The harm is judged over the healthy requests that were planned while the hazard lasted; where it is over as soon as it
has happened, over as long as others last. A request that failed counts with its timeout among the latencies, since that
is how long its client waited at least.
"""

from collections import Counter
from collections.abc import Callable
from math import ceil
from typing import Any

from trivium.hazards import NOTHING, OUTCOMES, TIMEOUT_MS
from trivium.load import FAILURES

Raw = dict[str, Any]
Value = Callable[[Raw], float | None]

FAILED = frozenset(OUTCOMES[name] for name in FAILURES)
BAD = FAILED | {OUTCOMES["late"]}
WAITED = frozenset((OUTCOMES["timed_out"], OUTCOMES["unsent"]))
_SLOT_MS = 50.0  # in which a tenth that is bad is a time that is bad
_TO_THE_END = 1e12
_BAD_SLOT = 0.1
_MIB = 1 << 20

NO_COUNTERS = "the server ended without telling its counters"
NOT_BACK = "it was not back when the measurement ended"


def window(raw: Raw, begin_ms: float, end_ms: float) -> range:
    """Returns the places of the healthy requests that were planned from `begin_ms` until `end_ms` of the run."""
    width = raw["requests"]["width_ms"]
    return range(max(0, ceil(begin_ms / width)), min(len(raw["requests"]["outcomes"]), ceil(end_ms / width)))


def before(raw: Raw) -> range:
    """Returns the places of the healthy requests before the hazard."""
    return window(raw, 0, raw["hazard"]["begin_ms"])


def during(raw: Raw) -> range:
    """Returns the places of the healthy requests that the hazard could harm."""
    begin = raw["hazard"]["begin_ms"]
    return window(raw, begin, begin + raw["spans"]["during"] * 1000)


def share_of(raw: Raw, places: range, letters: frozenset[str]) -> float | None:
    """Returns which share of the requests there became one of these; None where nothing was planned."""
    outcomes = [letter for place in places if (letter := raw["requests"]["outcomes"][place]) != NOTHING]
    return sum(letter in letters for letter in outcomes) / len(outcomes) if outcomes else None


def _share(letters: frozenset[str]) -> Value:
    return lambda raw: share_of(raw, during(raw), letters)


def percentile(raw: Raw, places: range, share: float) -> float | None:
    """Returns that percentile of the latencies there, in ms; None where nothing was planned."""
    requests = raw["requests"]
    found = []
    for place in places:
        letter, latency = requests["outcomes"][place], requests["latency_us"][place]
        if letter in FAILED:
            found.append(max(float(TIMEOUT_MS), (latency or 0) / 1000))
        elif letter != NOTHING and latency is not None:
            found.append(latency / 1000)
    return sorted(found)[max(0, ceil(share * len(found)) - 1)] if found else None


def _recovery(raw: Raw) -> float | None:
    """Returns the seconds from the hazard's end until healthy clients were served as before; None: not in this run."""
    requests, end = raw["requests"], raw["hazard"]["end_ms"]
    slots = max(1, round(_SLOT_MS / requests["width_ms"]))
    places = list(window(raw, end, _TO_THE_END))
    bad_until = 0.0
    for first in range(0, len(places), slots):
        here = places[first : first + slots]
        bad = sum(requests["outcomes"][place] in BAD for place in here)
        if bad > _BAD_SLOT * len(here):
            bad_until = (here[-1] + 1) * requests["width_ms"] - end
    if places and bad_until >= (places[-1] + 1) * requests["width_ms"] - end:
        return None
    return bad_until / 1000 if raw["hazard"]["back"] else None


def _counter(raw: Raw, name: str) -> int | None:
    counters = raw["hazard"].get("counters")
    return None if counters is None else int(counters[name])


def _lost(raw: Raw) -> float | None:
    """Returns the accepted connections that were not served to their end, of clients that were all healthy.

    A client whose time was over has given up by itself, and is not counted.
    """
    hazard = raw["hazard"]
    if raw["params"]["inject"] == "terminate":
        accepted = _counter(raw, "accepted")
        gave_up = raw["load"]["timed_out"] + raw["load"]["outside"]["timed_out"]
        return None if accepted is None else max(0, accepted - hazard["counters"]["closed"]["end"] - gave_up)
    return hazard["neighbours_lost"] if hazard["neighbours"] else None


def _restarted(raw: Raw) -> float | None:
    """Returns the workers that were started beyond the first ones."""
    started = _counter(raw, "units_started")
    return None if started is None or not raw["supervised"] else started - raw["units"]


def _memory_kept(raw: Raw) -> float | None:
    first, last = raw["hazard"]["pss_before"], raw["hazard"]["pss_after"]
    return None if first is None or last is None else max(0.0, (last - first) / _MIB)


def _memory_during(raw: Raw) -> float | None:
    first, last = raw["hazard"]["pss_before"], raw["hazard"].get("pss_during")
    return None if first is None or last is None else max(0.0, (last - first) / _MIB)


def _share_kept(raw: Raw) -> float | None:
    kept, answered = _memory_kept(raw), raw["hazard"]["facts"].get("answered")
    return min(1.0, kept / (answered * raw["leaked_mib"])) if kept is not None and answered else None


def _goodput(raw: Raw) -> float | None:
    """Returns what of the flood was answered in time, as a share of the capacity that was measured before it."""
    facts = raw["hazard"]["facts"]
    flood = facts.get("flood")
    if not flood:
        return None
    return (flood["ok"] - flood["late"]) / flood["duration_s"] / facts["capacity"]


def _found(name: str) -> Value:
    def value(raw: Raw) -> float | None:
        found = raw["hazard"].get(name)
        return None if found is None else float(found)

    return value


def _fact(name: str) -> Value:
    def value(raw: Raw) -> float | None:
        found = raw["hazard"]["facts"].get(name)
        return None if found is None else float(found)

    return value


METRICS: dict[str, tuple[str, str, Value]] = {  # name: unit, title, value
    "share_harmed": ("share", "healthy requests failed or late", _share(BAD)),
    "share_failed": ("share", "healthy requests that failed", _share(FAILED)),
    "share_late": ("share", "healthy requests that were late", _share(BAD - FAILED)),
    "share_waited": ("share", "healthy requests that waited in vain", _share(WAITED)),
    "lost": ("1", "accepted connections that were lost", _lost),
    "p99_before": ("ms", "healthy p99 before", lambda raw: percentile(raw, before(raw), 0.99)),
    "p99_during": ("ms", "healthy p99 meanwhile", lambda raw: percentile(raw, during(raw), 0.99)),
    "recover_s": ("s", "until healthy again", _recovery),
    "restarted": ("1", "workers started anew", _restarted),
    "left_behind": ("1", "processes left behind", _found("left_behind")),
    "memory_kept": ("MiB", "memory kept", _memory_kept),
    "memory_during": ("MiB", "memory taken meanwhile", _memory_during),
    "share_kept": ("share", "kept of what was leaked", _share_kept),
    "goodput": ("share", "answered in time, of the capacity", _goodput),
    "capacity": ("1/s", "capacity measured before", _fact("capacity")),
    "ended_by_server": ("1", "of those clients, ended by the server", _fact("ended_by_server")),
    "stop_s": ("s", "to end at the SIGTERM", _found("stop_s")),
}
_WHY_NOT = {
    "lost": "no connection was held open beside it",
    "recover_s": NOT_BACK,
    "restarted": "it has no pool of processes that are replaced",
    "memory_kept": "memory was not what it was about",
    "memory_during": "memory was not what it was about",
    "share_kept": "memory was not what it was about",
    "goodput": "nobody asked for more than could be done",
    "capacity": "nobody asked for more than could be done",
    "ended_by_server": "no clients did it",
    "stop_s": "it had ended before",
}


def reasons(raws: list[Raw], present: set[str]) -> dict[str, str]:
    """Returns why each metric that is not present could not be had from these good measurements."""
    silent = all(raw["hazard"].get("counters") is None for raw in raws)
    found = {}
    for name in METRICS.keys() - present:
        counted = name == "restarted" and any(raw["supervised"] for raw in raws)
        drained = name == "lost" and any(raw["params"]["inject"] == "terminate" for raw in raws)
        found[name] = NO_COUNTERS if silent and (counted or drained) else _WHY_NOT.get(name, "nothing was planned then")
    return dict(sorted(found.items()))


def _unequal(load: Raw, where: str) -> str | None:
    sent = sum(load[name] for name in ("ok", *FAILURES) if name != "unsent") + load.get("abandoned", 0)
    if load["planned"] != load["sent"] + load["unsent"] or load["sent"] != sent:
        return f"the load client's sums differ{where}: {load['planned']} planned, {load['sent']} sent, {sent} ended"
    return None


def _fewest(raw: Raw) -> int:
    """Returns how many of the clients' connections the server must have counted as accepted.

    All, but for who still waited to be accepted at the end. Who waited when the listener was shut was never accepted;
    and where workers accept by themselves, each one that we kill may be between accepting and counting.
    """
    hazard = raw["hazard"]
    if "unaccepted" not in hazard or raw["params"]["inject"] == "terminate" or not hazard["alive"]:
        return 0
    workers_accept = "/shared-accept" in raw["contender"]
    return int(hazard["connected"] - hazard["unaccepted"] - (hazard["facts"].get("killed", 0) if workers_accept else 0))


def _connections(raw: Raw, accepted: int) -> str | None:
    """Returns what does not add up between the connections that clients had and those that the server accepted."""
    hazard = raw["hazard"]
    if _fewest(raw) <= accepted <= hazard["connected"]:
        return None
    waiting = f", of which {hazard['unaccepted']} still waited" if hazard.get("unaccepted") else ""
    return f"the server accepted {accepted} of {hazard['connected']} connections{waiting}"


def mismatches(raw: Raw) -> list[str]:
    """Returns what does not add up between planned, answered, failed and refused, and between clients and server."""
    load, hazard = raw["load"], raw["hazard"]
    found = [_unequal(load, ""), _unequal(load["outside"], " outside the measured phase")]
    known = Counter(raw["requests"]["outcomes"])
    listed = known.total() - known[NOTHING]
    if listed != load["planned"]:
        found.append(f"{load['planned']} requests were planned, and the timeline has {listed}")
    counters = hazard.get("counters")
    if counters is not None:
        closed = sum(counters["closed"].values())
        accepted = counters["accepted"]
        if accepted != counters["active"] + closed:
            found.append(f"the server accepted {accepted}, and has {counters['active']} active and {closed} closed")
        found.append(_connections(raw, accepted))
        answered = load["ok"] + load["outside"]["ok"]
        # One that lingers counts as active, and one that was killed while it did as crashed.
        ended = counters["closed"]["end"] + counters["active"] + counters["closed"].get("crashed", 0)
        if ended < answered:
            found.append(f"{answered} were answered, and the server counts {ended}")
    return [text for text in found if text]
