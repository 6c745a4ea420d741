# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Trivium authors
"""On what, and how, a comparison was run: the rows of the environment, and a scenario's setting in one line."""

from typing import Any

from trivium.figures import axis_of, axis_text, axis_title, axis_values, is_micro
from trivium.micro_table import baseline_text
from trivium.ranking import cells_of
from trivium.report_words import rounds_of


def _listed(values: list[Any]) -> str:
    texts = [axis_text(value) for value in values]
    return texts[0] if len(texts) == 1 else f"{', '.join(texts[:-1])} and {texts[-1]}"


def setting(results: dict[str, Any], name: str) -> str:
    """Returns how a scenario was run, in a sentence or two."""
    facts, cells = results["scenarios"][name], cells_of(results, name)
    if is_micro(facts):
        programs = ", ".join(facts["microbenchmark"]["programs"])
        baseline = baseline_text(facts["microbenchmark"]["baseline"])
        return f"Microbenchmark ({programs}): ns for one {facts['operation']}; ratios to {baseline}."
    params = cells[0]["params"] if cells else {}
    said = []
    if axis_of(facts):
        said.append(f"{axis_title(facts)}: {_listed(axis_values(facts, cells))}")
    if "connections" in params and axis_of(facts) != "connections":
        said.append(f"{_listed([params['connections']])} connections")
    if facts.get("kind", "served") == "fetch":
        said.append("fetch clients against a slow origin")
    elif "idle" in params.get("load", ()):
        said.append("connections are held silently, and asked at the end whether they are alive")
    elif facts.get("loop", "closed") == "open":
        said.append("open loop: latency counts from the planned start")
    else:
        said.append("closed loop: latency tells how long the queue is, no more")
    if params.get("load"):
        said.append(f"load client with {' '.join(params['load'])}")
    if params.get("server"):
        said.append(f"server with {' '.join(params['server'])}")
    if facts.get("ideal"):
        said.append(f"ideal: {facts['ideal']}")
    if facts.get("duration"):
        rounds = rounds_of(results, name)
        each = f"{facts['warmup']:g} s + {facts['duration']:g} s"
        said.append(f"{rounds} round{'' if rounds == 1 else 's'} of {each}")
    text = "; ".join(said)
    return f"{text[:1].upper()}{text[1:]}."


def environment_rows(results: dict[str, Any]) -> list[tuple[str, str]]:
    """Returns what the environment was: what, value."""
    environment, run = results["environment"], results["run"]
    source, build, limits = environment["source"], environment["build"], environment["limits"]
    dirty = " with changes" if source["dirty"] else ""
    virtual = ", in a virtual machine" if environment["virtual_machine"] else ""
    return [
        ("processor", f"{environment['cpu']}, {environment['cpus']} CPUs{virtual}; governor {environment['governor']}"),
        ("system", f"{environment['system']}, {environment['kernel']}"),
        ("server's CPUs; load's", f"{run['server_cpus']}; {run['load_cpus']}"),
        ("source", f"{source['commit']}{dirty}"),
        ("build", f"{build['type']}: {build['compiler']}, {build['flags']}"),
        ("libraries", ", ".join(f"{name} {version}" for name, version in environment["versions"].items())),
        ("limits", ", ".join(f"{name} {value}" for name, value in limits.items())),
        ("CPU time from", run["cpu_source"]),
        (
            "rounds",
            f"{run['rounds_measured']} of {run['rounds']}, {run['warmup']:g} s + {run['duration']:g} s each, "
            "where a scenario has none of its own",
        ),
        ("order", f"random in each round, seed {run['seed']}"),
        ("begun, ended", f"{run['started']}, {run['ended']}"),
    ]
