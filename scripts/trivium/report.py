# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Trivium authors
"""Tells what was found: the words above the tables, and the report as Markdown."""

from collections.abc import Sequence
from typing import Any

from trivium.cells import Cell, ratio_of
from trivium.micro_results import is_baseline
from trivium.micro_table import LEGEND, full_heads, labelled, pair_verdict, scenario_title, tables
from trivium.statistics import BOOTSTRAP_FROM, FEWEST_FOR_INTERVAL
from trivium.table import compares_splits, number, ordered, ratio_text, remarks, split_text

_WIDEST = 48


def pair_verdicts(results: dict[str, Any]) -> list[str]:
    """Returns what the A/A pair says, one line a scenario, the alarms first."""
    alarms, calm = [], []
    for cell in results["cells"]:
        if cell["entry"] != f"{results['run']['baseline']}#2":
            continue
        name = cell["scenario"]
        ratio = ratio_of(cell, results["scenarios"][name]["headline"], results["run"]["baseline"])
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
    for name, facts in results["scenarios"].items():
        if "microbenchmark" in facts:
            alarm, text = pair_verdict(results, name)
            (alarms if alarm else calm).append(text)
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
    cells = results["cells"]
    served = any("microbenchmark" not in facts for facts in results["scenarios"].values())
    ratios = f"Ratios to {results['run']['baseline']}" if served else "Ratios"
    lines = [
        f"Medians; {spread}. {ratios} are paired by round; an interval that holds 1 reads \"no difference\".",
    ]
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
    ratio = ratio_of(cell, metric, baseline)
    if ratio and ratio["verdict"] == "no difference":
        return f"no difference [{ratio['low']:.2f}, {ratio['high']:.2f}]"
    return text


def _markdown_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Returns the table's lines, aligned for who reads the text itself; a cell of many words may stick out."""
    widths = [max(3, *(min(len(row[index]), _WIDEST) for row in (head, *rows))) for index in range(len(head))]
    align = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
    lines = []
    for row in (head, align, *rows):
        first, *others = zip(row, widths, strict=True)
        cells = [first[0].ljust(first[1]), *(text.rjust(width) for text, width in others)]
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def _micro_ratio(cell: Cell, metric: str) -> str:
    ratio = ratio_of(cell, metric)
    if is_baseline(cell):
        return "1"
    if ratio is None:
        return "n/a"
    if ratio["low"] is None:
        return f"{number(ratio['median'])} [no interval]"
    middle = "no difference" if ratio["verdict"] == "no difference" else number(ratio["median"])
    return f"{middle} [{number(ratio['low'])}, {number(ratio['high'])}]"


def _micro_row(cell: Cell, keys: Sequence[str]) -> list[str]:
    figures = []
    for metric in ("time_per_op", "cpu_per_op"):
        figures += [_bounds(cell["metrics"].get(metric)), _micro_ratio(cell, metric)]
    switches = [_mean(cell, f"{kind}_switches_per_op") for kind in ("voluntary", "involuntary")]
    known = {"time_per_op", "cpu_per_op", "ops_per_s", "voluntary_switches_per_op", "involuntary_switches_per_op"}
    counters = [f"{name} {_mean(cell, name)}" for name in cell["metrics"] if name not in known]
    return [
        cell["entry"] + ("" if cell["ranked"] else " (not ranked)"),
        *(str(cell["params"].get(key, "")) for key in keys),
        *figures,
        _bounds(cell["metrics"].get("ops_per_s")),
        *switches,
        ", ".join(counters) or "-",
        "; ".join(cell["notes"]) or "-",
    ]


def _microbenchmark(results: dict[str, Any], name: str) -> list[str]:
    facts = results["scenarios"][name]
    cells = [cell for cell in results["cells"] if cell["scenario"] == name]
    question, reading = scenario_title(results, name)
    programs = ", ".join(f"`{program}`" for program in facts["microbenchmark"]["programs"])
    lines = [f"## {question}", "", f"{programs}; {reading}. {LEGEND}.", ""]
    for table in tables(facts, cells):
        head = [*table.heads, *(f"{b.title} {head}".strip() for b in table.blocks for head in full_heads(b))]
        rows = [
            [*row, *(text for block in table.blocks for text in block.texts[index])]
            for index, row in enumerate(table.rows)
        ]
        lines += [*([f"**{table.title}**", ""] if table.title else []), *_markdown_table(head, rows), ""]
    measured = [cell for cell in cells if cell["valid"]]
    if measured:
        keys = list(dict.fromkeys(key for cell in measured for key in cell["params"]))
        head = ["time, ns", "ratio", "CPU, ns", "CPU ratio", f"{facts['operation']}s/s"]
        head += ["voluntary switches", "involuntary switches", "other counters", "notes"]
        rows = [_micro_row(cell, keys) for cell in measured]
        lines += ["Every figure, with its interval, and the A/A pairs (switches and counters: means, for one "]
        lines[-1] += f"{facts['operation']}):"
        lines += ["", *_markdown_table(["entry", *keys, *head], rows)]
    if said := remarks(labelled(cells)):
        lines += ["", *(f"- {line}" for line in said)]
    return [*lines, ""]


def _scenario(results: dict[str, Any], name: str) -> list[str]:
    scenario, baseline = results["scenarios"][name], results["run"]["baseline"]
    operation = scenario["operation"]
    cells = [cell for cell in results["cells"] if cell["scenario"] == name]
    shown = ordered(cells, scenario["headline"], baseline)
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
    if compares_splits(shown):
        lines += ["", "What the split costs: ratios to the same contender without it, paired by round:", ""]
        costs = [
            [cell["entry"], *(split_text(cell, metric) for metric in ("cpu_per_op", "ops_per_s"))]
            for cell in shown
            if split_text(cell, "cpu_per_op") != "-"
        ]
        lines += _markdown_table(["contender", "CPU ratio", "rate ratio"], costs)
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
    for name, facts in results["scenarios"].items():
        lines += _microbenchmark(results, name) if "microbenchmark" in facts else _scenario(results, name)
    lines += _environment(results)
    lines += ["", "To run it again:", "", f"    {run['command']}", ""]
    return "\n".join(lines)
