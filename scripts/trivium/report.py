# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Trivium authors
"""Tells what was found: the words above the tables, and the report as Markdown."""

from collections.abc import Sequence
from typing import Any

from trivium.results import Cell, ratio_of
from trivium.statistics import BOOTSTRAP_FROM, FEWEST_FOR_INTERVAL
from trivium.table import number, ordered, ratio_text, remarks


def pair_verdicts(results: dict[str, Any]) -> list[str]:
    """Returns what the A/A pair says, one line a scenario, the alarms first."""
    alarms, calm = [], []
    for cell in results["cells"]:
        if cell["entry"] != f"{results['run']['baseline']}#2":
            continue
        name = cell["scenario"]
        ratio = ratio_of(cell, results["scenarios"][name]["headline"])
        if ratio is None:
            alarms.append(f"A/A, {name}: the baseline was not measured; nothing tells how far to trust the ratios.")
        elif ratio["low"] is None:
            alarms.append(f"A/A, {name}: too few rounds for an interval; the ratios are no more than hints.")
        elif ratio["verdict"] == "no difference":
            bounds = f"{ratio['median']:.3f} [{ratio['low']:.3f}, {ratio['high']:.3f}]"
            calm.append(f"A/A, {name}: the baseline against itself is {bounds}: no difference, as it must be.")
        else:
            bounds = f"{ratio['median']:.3f} [{ratio['low']:.3f}, {ratio['high']:.3f}]"
            alarms.append(
                f"WARNING: A/A, {name}: the baseline differs from itself, {bounds}. Believe no difference of that size."
            )
    return alarms + calm


def gate_verdicts(results: dict[str, Any]) -> list[str]:
    """Returns what is not timed because it does not conform, and what conformed at the second try only."""
    lines = []
    for name, judgement in results["run"]["gate"].items():
        if not judgement["passed"]:
            lines.append(f"NOT TIMED: {name}: {judgement['reason']}")
        elif judgement["tried_again"]:
            lines.append(f"{name} passed {', '.join(judgement['tried_again'])} only when tried again alone")
    return sorted(lines)


def quiet_verdict(results: dict[str, Any]) -> list[str]:
    """Returns a warning where more than one measurement in four was disturbed."""
    measured = disturbed = 0
    for cell in results["cells"]:
        if cell["valid"]:
            measured += sum(sample is not None for sample in cell["metrics"]["ops_per_s"]["samples"])
            disturbed += sum(cell["disturbances"].values())
    if disturbed * 4 <= measured:
        return []
    return [
        f"WARNING: the machine was not quiet in {disturbed} of {measured} measurements: rates and latencies are those "
        "of a busy machine. Stop what else runs, and compare again."
    ]


def verdicts(results: dict[str, Any]) -> list[str]:
    """Returns what must be read before any table."""
    return quiet_verdict(results) + pair_verdicts(results) + gate_verdicts(results)


def legend(results: dict[str, Any]) -> list[str]:
    """Returns how the figures are to be read."""
    rounds = results["run"]["rounds_measured"]
    if rounds == 1:
        spread = f"one round has no spread; an interval needs {FEWEST_FOR_INTERVAL}"
    elif rounds < FEWEST_FOR_INTERVAL:
        spread = f"± is the range of {rounds} rounds; an interval needs {FEWEST_FOR_INTERVAL}"
    elif rounds < BOOTSTRAP_FROM:
        spread = f"± and [low, high] are 95 % intervals of the median ({rounds} rounds, order statistics, exact)"
    else:
        spread = f"± and [low, high] are 95 % intervals of the median ({rounds} rounds, bootstrap)"
    lines = [
        f"Medians; {spread}. Ratios to {results['run']['baseline']} are paired by round; "
        "an interval that holds 1 reads \"no difference\".",
    ]
    cells = results["cells"]
    if any(cell["load_limited"] for cell in cells):
        lines.append(
            "load-limited: the load client had no time left. Rate and latency are then its own as much as the "
            "server's; CPU per operation stands."
        )
    if any(cell["valid"] and not cell["ranked"] for cell in cells):
        lines.append("Contenders with failures are listed last, and not ranked.")
    return lines


def _bounds(metric: dict[str, Any] | None, scale: float = 1.0) -> str:
    if metric is None:
        return "n/a"
    low, high = number(metric["low"] / scale), number(metric["high"] / scale)
    return f"**{number(metric['median'] / scale)}** ({low} to {high})"


def _mean(cell: Cell, name: str) -> str:
    """Returns the mean: user and system time come in ticks so coarse that a median of them would mislead."""
    if name not in cell["metrics"]:
        return "n/a"
    samples = [sample for sample in cell["metrics"][name]["samples"] if sample is not None]
    return number(sum(samples) / len(samples))


def _ratio(cell: Cell, metric: str, baseline: str) -> str:
    text = ratio_text(cell, metric, baseline)
    ratio = ratio_of(cell, metric)
    if ratio and ratio["verdict"] == "no difference":
        return f"no difference [{ratio['low']:.2f}, {ratio['high']:.2f}]"
    return text


def _markdown_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    align = ["---", *("--:" for _ in head[1:])]
    return [f"| {' | '.join(row)} |" for row in (head, align, *rows)]


def _scenario(results: dict[str, Any], name: str) -> list[str]:
    scenario, baseline = results["scenarios"][name], results["run"]["baseline"]
    operation = scenario["operation"]
    cells = [cell for cell in results["cells"] if cell["scenario"] == name]
    shown = ordered(cells, scenario["headline"])
    params = cells[0]["params"]
    lines = [
        f"## {name}: {scenario['question']}",
        "",
        f"{params['connections']} connections, closed loop, load client with `{' '.join(params['load'])}`.",
        "",
    ]
    figures = [
        [
            cell["entry"] + ("" if cell["ranked"] else " (not ranked)"),
            _bounds(cell["metrics"].get("cpu_per_op")),
            _ratio(cell, "cpu_per_op", baseline),
            _bounds(cell["metrics"].get("ops_per_s")),
            _ratio(cell, "ops_per_s", baseline),
            _bounds(cell["metrics"].get("p50")),
            _bounds(cell["metrics"].get("p99")),
            _bounds(cell["metrics"].get("pss"), 2**20),
        ]
        for cell in shown
    ]
    head = [f"server CPU, us/{operation}", "CPU ratio", f"{operation}s/s", "rate ratio"]
    head += ["p50, us", "p99, us", "PSS, MiB"]
    lines += _markdown_table(["contender", *head], figures)
    causes = [
        [
            cell["entry"],
            *(
                _mean(cell, key)
                for key in (
                    "user_cpu_per_op",
                    "system_cpu_per_op",
                    "voluntary_switches_per_op",
                    "involuntary_switches_per_op",
                )
            ),
            *(f"{cell['metrics'][key]['median']:.0%}" for key in ("server_cpu_share", "client_cpu_share")),
            "; ".join(cell["notes"]) or "-",
        ]
        for cell in shown
    ]
    lines += ["", f"Where the time goes, by {operation} (means over the rounds):", ""]
    head = ["user CPU, us", "system CPU, us", "voluntary switches", "involuntary switches"]
    head += ["server's load", "client's load", "notes"]
    lines += _markdown_table(["contender", *head], causes)
    if said := remarks(cells):
        lines += ["", *(f"- {line}" for line in said)]
    return [*lines, ""]


def _environment(results: dict[str, Any]) -> list[str]:
    environment, run = results["environment"], results["run"]
    source, build, limits = environment["source"], environment["build"], environment["limits"]
    dirty = {True: " with changes", False: "", None: ""}[source["dirty"]]
    virtual = ", in a virtual machine" if environment["virtual_machine"] else ""
    rows = [
        ("processor", f"{environment['cpu']}, {environment['cpus']} CPUs{virtual}; governor {environment['governor']}"),
        ("system", f"{environment['system']}, {environment['kernel']}"),
        ("server's CPUs; load's", f"{run['server_cpus']}; {run['load_cpus']}"),
        ("source", f"{source['commit']}{dirty}"),
        ("build", f"{build['type']}: {build['compiler']}, `{build['flags']}`"),
        ("libraries", ", ".join(f"{name} {version}" for name, version in environment["versions"].items())),
        ("limits", ", ".join(f"{name} {value}" for name, value in limits.items())),
        ("CPU time from", run["cpu_source"]),
        ("rounds", f"{run['rounds_measured']} of {run['rounds']}, {run['warmup']:g} s + {run['duration']:g} s each"),
        ("order", f"random in each round, seed {run['seed']}"),
        ("begun, ended", f"{run['started']}, {run['ended']}"),
    ]
    notes = [f"- {note}" for note in run["notes"]]
    return ["## Environment", "", *_markdown_table(["", ""], rows), "", *notes]


def markdown(results: dict[str, Any]) -> str:
    """Returns the report."""
    run = results["run"]
    lines = ["# Processes, threads or coroutines?", ""]
    if not run["complete"]:
        lines += ["**This comparison was interrupted: what follows is what was measured until then.**", ""]
    lines += [f"- {line}" for line in verdicts(results)]
    lines += ["", *legend(results), ""]
    for name in results["scenarios"]:
        lines += _scenario(results, name)
    lines += _environment(results)
    lines += ["", "To run it again:", "", f"    {run['command']}", ""]
    return "\n".join(lines)
