# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Trivium authors
"""What a metric is called, in which unit it is shown, and how its figures read."""

from dataclasses import dataclass, replace
from typing import Any

from trivium.cells import Cell


@dataclass(frozen=True)
class Figure:
    """How one metric is shown: its title, its unit (of what the samples are divided by `scale` to give), its sense.

    `better` is "lower", "higher", or "" where neither is; `share` ones are told in percent.
    """

    title: str
    unit: str
    scale: float = 1.0
    better: str = "lower"
    share: bool = False

    @property
    def heading(self) -> str:
        """The title with its unit, as a column or an axis is headed."""
        return f"{self.title}, {self.unit}" if self.unit else self.title

    def text(self, value: float) -> str:
        """Returns a value of the metric as a reader sees it, without the unit."""
        return f"{value:.0%}" if self.share else number(value / self.scale)

    def told(self, value: float) -> str:
        """Returns a value of the metric with its unit, as it stands in a sentence."""
        text = self.text(value)
        return text if self.share or not self.unit else f"{text} {self.unit}"


_MIB = float(2**20)
_FIGURES = {
    "cpu_per_op": Figure("server CPU", "us/{operation}"),
    "user_cpu_per_op": Figure("user CPU", "us/{operation}"),
    "system_cpu_per_op": Figure("system CPU", "us/{operation}"),
    "ops_per_s": Figure("{operation}s/s", "", better="higher"),
    "mb_per_s": Figure("throughput", "MB/s", better="higher"),
    "p50": Figure("p50", "us"),
    "p90": Figure("p90", "us"),
    "p99": Figure("p99", "us"),
    "p99.9": Figure("p99.9", "us"),
    "p99.99": Figure("p99.99", "us"),
    "max": Figure("max", "us"),
    "pss": Figure("PSS", "MiB", _MIB),
    "page_tables": Figure("page tables", "MiB", _MIB),
    "kernel_memory": Figure("kernel memory", "MiB", _MIB),
    "bytes_per_connection": Figure("PSS per connection", "KiB", 1024.0),
    "voluntary_switches_per_op": Figure("voluntary switches", "1/{operation}"),
    "involuntary_switches_per_op": Figure("involuntary switches", "1/{operation}"),
    "migrations_per_op": Figure("migrations", "1/{operation}"),
    "minor_faults_per_op": Figure("minor faults", "1/{operation}"),
    "major_faults_per_op": Figure("major faults", "1/{operation}"),
    "syscalls_per_op": Figure("syscalls", "1/{operation}"),
    "instructions_per_op": Figure("instructions", "1/{operation}"),
    "threads": Figure("threads", "", better=""),
    "processes": Figure("processes", "", better=""),
    "server_cpu_share": Figure("server's load", "", better="", share=True),
    "client_cpu_share": Figure("client's load", "", better="", share=True),
    "null_headroom": Figure("null headroom", "times", better=""),
    "of_ideal": Figure("share of the ideal", "", better="higher", share=True),
    "makespan": Figure("makespan", "s"),
    "share_failed": Figure("failed", "", share=True),
    "failures": Figure("failures", ""),
    "unsent": Figure("unsent", ""),
}
_MICRO = {
    "time_per_op": Figure("time", "ns/{operation}"),
    "cpu_per_op": Figure("CPU", "ns/{operation}"),
}

AXES = {
    "connections": "connections",
    "rate": "{operation}s/s asked for",
    "jobs": "URLs in flight (--jobs)",
    "offload": "--offload",
    "depth": "lines in flight on each connection",
}
# What a metric stands for where a scenario ranks by it, in the words of a verdict: "needs the least ...".
LEAST = {
    "cpu_per_op": "the least server CPU for each {operation}",
    "ops_per_s": "the most {operation}s each second",
    "mb_per_s": "the most bytes each second",
    "p50": "the lowest median latency",
    "p99": "the lowest p99",
    "p99.9": "the lowest p99.9",
    "pss": "the least memory",
    "bytes_per_connection": "the least memory for each connection",
    "of_ideal": "the largest share of the ideal",
    "makespan": "the shortest makespan",
    "time_per_op": "the least time for each {operation}",
}


def number(value: float) -> str:
    """Returns three significant digits or more, with thousands separated: 0.912, 4.56, 45.6, 456, 18,204."""
    size = abs(value)
    if size == 0:
        return "0"
    if size < 0.01:
        return f"{value:.2g}" if size >= 1e-4 else f"{value:.0e}"
    digits = 0 if size >= 100 else 1 if size >= 10 else 2 if size >= 1 else 3
    return f"{value:,.{digits}f}"


def is_micro(facts: dict[str, Any]) -> bool:
    """Says whether the scenario is a microbenchmark."""
    return "microbenchmark" in facts


def figure_of(facts: dict[str, Any], metric: str) -> Figure:
    """Returns how the scenario shows a metric; one that is not known is shown as it is."""
    known = (_MICRO if is_micro(facts) else {}) | {}
    found = known.get(metric) or _FIGURES.get(metric) or Figure(metric.replace("_", " "), "", better="")
    operation = facts["operation"]
    found = replace(found, title=found.title.format(operation=operation), unit=found.unit.format(operation=operation))
    if metric == facts["headline"] and facts.get("better"):
        found = replace(found, better=facts["better"])
    return found


def axis_title(facts: dict[str, Any]) -> str:
    """Returns what the scenario's axis counts, in words. Requires: it has one."""
    return AXES.get(facts["axis"], facts["axis"].replace("_", " ")).format(operation=facts["operation"])


def least(facts: dict[str, Any], metric: str) -> str:
    """Returns what the best by that metric has: "the least server CPU for each line"."""
    figure = figure_of(facts, metric)
    default = f"the {'highest' if figure.better == 'higher' else 'lowest'} {figure.title}"
    return LEAST.get(metric, default).format(operation=facts["operation"])


def axis_of(facts: dict[str, Any]) -> str | None:
    """Returns the name of the scenario's axis, or None where it has one set of parameters only."""
    return None if len(facts.get("axis_values") or (0, 0)) == 1 else facts.get("axis")


def axis_value(facts: dict[str, Any], cell: Cell) -> Any:
    """Returns where on the axis the cell stands, or None where there is no axis."""
    axis = axis_of(facts)
    return cell["params"].get(axis) if axis else None


def axis_values(facts: dict[str, Any], cells: list[Cell]) -> list[Any]:
    """Returns every place on the axis in ascending order; [None] where there is no axis."""
    found = {axis_value(facts, cell) for cell in cells}
    return sorted(found, key=lambda value: (value is None, value if isinstance(value, int | float) else str(value)))


def place_text(facts: dict[str, Any], value: Any) -> str:
    """Returns where on the axis something holds: "at 10,000 connections", "with --offload 2"; "" without an axis."""
    if axis_of(facts) is None:
        return ""
    if isinstance(value, bool) or axis_of(facts) == "offload":
        return f"with {axis_title(facts)} {axis_text(value)}"
    return f"at {axis_text(value)} {axis_title(facts)}"


def where_text(facts: dict[str, Any], cell: Cell) -> str:
    """Returns at which place on the axis a cell stands; in an open loop without an axis, at which rate."""
    rate = cell["params"].get("rate")
    if axis_of(facts) is None and rate:
        return f"at {axis_text(rate)} {AXES['rate'].format(operation=facts['operation'])}"
    return place_text(facts, axis_value(facts, cell))


def is_curve(facts: dict[str, Any], cells: list[Cell]) -> bool:
    """Says whether the scenario has an axis of numbers, two at least, along which a line can be drawn.

    How many threads help with something else is no such axis: it is there or not.
    """
    if axis_of(facts) == "offload":
        return False
    values = axis_values(facts, cells)
    numbers = [value for value in values if isinstance(value, int | float) and not isinstance(value, bool)]
    return len(numbers) > 1 and len(numbers) == len(values)


def shown_metrics(facts: dict[str, Any], cells: list[Cell]) -> list[str]:
    """Returns the metrics that are shown first: the headline, then the scenario's others that were measured."""
    asked = dict.fromkeys([facts["headline"], *facts.get("headlines", ())])
    return [metric for metric in asked if any(metric in cell["metrics"] for cell in cells)]


def spread_word(metric: dict[str, Any]) -> str:
    """Returns what low and high are: an interval, or no more than the range of too few rounds."""
    return "range" if metric.get("interval") == "range" else "95 % interval"


def value_of(cell: Cell, metric: str) -> dict[str, Any] | None:
    """Returns the metric of the cell: median, low, high, samples; None where it was not measured."""
    return cell["metrics"].get(metric)


def axis_text(value: Any) -> str:
    """Returns a place on the axis as it is told: 10,000; on or off."""
    if isinstance(value, bool):
        return "on" if value else "off"
    return f"{value:,g}" if isinstance(value, int | float) else str(value)
