# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Trivium authors
"""Shows results as aligned text: one table for each scenario, the best first."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from trivium.cells import Cell, ratio_of
from trivium.scenarios import RANKING

BOLD, DIM, GREEN, RED, YELLOW, PLAIN = "\033[1m", "\033[2m", "\033[32m", "\033[31m", "\033[33m", "\033[0m"

MOST_LISTED = 16


@dataclass(frozen=True)
class Column:
    """A column: how its cells read, and how soon it is left out where the terminal is narrow (0: never)."""

    title: str
    unit: str
    text: Callable[[Cell], str]
    dispensable: int = 0
    left: bool = False


def number(value: float) -> str:
    """Returns three significant digits or more, with thousands separated: 0.912, 4.56, 45.6, 456, 18,204."""
    size = abs(value)
    digits = 0 if size >= 100 else 1 if size >= 10 else 2 if size >= 1 else 3
    return f"{value:,.{digits}f}"


def spread(metric: dict[str, Any]) -> str:
    """Returns half of low to high as a share of the median: "±3%"."""
    if not metric["median"] or sum(sample is not None for sample in metric["samples"]) < 2:
        return ""
    share = (metric["high"] - metric["low"]) / 2 / abs(metric["median"])
    return f"±{share:.0%}" if share >= 0.005 else "±<1%"


def _figure(name: str, scale: float = 1.0) -> Callable[[Cell], str]:
    def text(cell: Cell) -> str:
        metric = cell["metrics"].get(name)
        if metric is None:
            return "n/a"
        return f"{number(metric['median'] / scale)} {spread(metric):>5}"

    return text


def ratio_text(cell: Cell, metric: str, baseline: str) -> str:
    """Returns the ratio with its interval, or in words that there is no difference, or no interval."""
    if cell["entry"] == baseline:
        return "1 (baseline)"
    ratio = ratio_of(cell, metric, baseline)
    if ratio is None:
        return "n/a"
    if ratio["low"] is None:
        return f"{ratio['median']:.2f} [no interval]"
    if ratio["verdict"] == "no difference":
        return f"no difference ±{(ratio['high'] - ratio['low']) / 2:.0%}"
    return f"{ratio['median']:.2f} [{ratio['low']:.2f}, {ratio['high']:.2f}]"


def split_text(cell: Cell, metric: str) -> str:
    """Returns the ratio to the contender that is the same without the split, or "-" where there is none."""
    if not cell["unsplit"] or ratio_of(cell, metric, cell["unsplit"]) is None:
        return "-"
    return ratio_text(cell, metric, cell["unsplit"])


def compares_splits(cells: Sequence[Cell]) -> bool:
    """Says whether a split contender was measured beside the one that is the same without."""
    return any(split_text(cell, "cpu_per_op") != "-" for cell in cells)


def columns_for(operation: str, baseline: str, *, splits: bool = False) -> list[Column]:
    """Returns the columns of a scenario's table; `splits`: with what a split costs."""
    split = Column("CPU ratio", "to the unsplit", lambda cell: split_text(cell, "cpu_per_op"))
    return [
        Column("contender", "", lambda cell: cell["entry"], left=True),
        Column("server CPU", f"us/{operation}", _figure("cpu_per_op")),
        Column("CPU ratio", "to the baseline", lambda cell: ratio_text(cell, "cpu_per_op", baseline)),
        *([split] if splits else []),
        Column(f"{operation}s/s", "", _figure("ops_per_s")),
        Column("rate ratio", "to the baseline", lambda cell: ratio_text(cell, "ops_per_s", baseline), 1),
        Column("p50", "us", _figure("p50"), 2),
        Column("p99", "us", _figure("p99")),
        Column("PSS", "MiB", _figure("pss", 2**20)),
        Column("", "", lambda cell: "; ".join(short_notes(cell)), left=True),
    ]


def short_notes(cell: Cell) -> list[str]:
    """Returns the notes that belong into the table itself; the others stand below it."""
    return [note for note in cell["notes"] if note.startswith(("load-limited", "failures:"))]


def ordered(cells: Sequence[Cell], headline: str, baseline: str) -> list[Cell]:
    """Returns the measured cells: the ranked ones by the headline, best first, then the others."""
    sign = 1 if RANKING[headline] == "lower" else -1

    def key(cell: Cell) -> tuple[bool, float]:
        metric = cell["metrics"].get(headline)
        ratio = ratio_of(cell, headline, baseline)
        # The ratio, being paired, is the better measure; the baseline's own is 1.
        value = ratio["median"] if ratio else 1.0 if metric else float("inf")
        return not cell["ranked"], sign * value

    return sorted((cell for cell in cells if cell["valid"]), key=key)


def _width(texts: Sequence[str]) -> int:
    return max((len(text) for text in texts), default=0)


def layout(columns: Sequence[Column], cells: Sequence[Cell], width: int | None) -> tuple[list[str], list[str]]:
    """Returns the table's lines, two of them its head, and the titles of the columns that did not fit."""
    kept = list(columns)
    dropped: list[str] = []
    while True:
        texts = [[column.title, column.unit, *(column.text(cell) for cell in cells)] for column in kept]
        widths = [_width(column) for column in texts]
        total = sum(widths) + 2 * (len(kept) - 1)
        candidates = [column for column in kept if column.dispensable]
        if width is None or total <= width or not candidates:
            break
        out = min(candidates, key=lambda column: column.dispensable)
        kept.remove(out)
        dropped.append(out.title)
    lines = []
    for row in zip(*texts, strict=True):
        parts = [
            text.ljust(size) if column.left else text.rjust(size)
            for column, size, text in zip(kept, widths, row, strict=True)
        ]
        lines.append("  ".join(parts).rstrip())
    return lines, dropped


def _colour(cell: Cell, headline: str, baseline: str) -> str:
    if not cell["ranked"]:
        return YELLOW
    ratio = ratio_of(cell, headline, baseline)
    if ratio is None or ratio["verdict"] not in ("more", "less"):
        return ""
    better = (ratio["verdict"] == "less") == (RANKING[headline] == "lower")
    return GREEN if better else RED


def scenario_lines(results: dict[str, Any], name: str, *, width: int | None, colour: bool) -> list[str]:
    """Returns a scenario's title, table and notes."""
    scenario = results["scenarios"][name]
    baseline = results["run"]["baseline"]
    cells = [cell for cell in results["cells"] if cell["scenario"] == name]
    shown = ordered(cells, scenario["headline"], baseline)
    paint = (lambda code, text: f"{code}{text}{PLAIN}" if code else text) if colour else (lambda _, text: text)
    connections = cells[0]["params"]["connections"]
    lines = [paint(BOLD, f"{name}: {scenario['question']}") + f" ({connections} connections, closed loop)"]
    if shown:
        columns = columns_for(scenario["operation"], baseline, splits=compares_splits(shown))
        table, dropped = layout(columns, shown, width)
        lines += [paint(DIM, line) for line in table[:2]]
        codes = [_colour(cell, scenario["headline"], baseline) for cell in shown]
        lines += [paint(code, line) for code, line in zip(codes, table[2:], strict=True)]
        if dropped:
            lines.append(paint(DIM, f"left out for want of width, see report.md: {', '.join(dropped)}"))
    lines += [f"  {line}" for line in remarks(cells)]
    return lines


def _listed(entries: Sequence[str]) -> str:
    more = f" and {len(entries) - MOST_LISTED} more" if len(entries) > MOST_LISTED else ""
    return ", ".join(entries[:MOST_LISTED]) + more


def remarks(cells: Sequence[Cell]) -> list[str]:
    """Returns what must be said below a table: what was not measured and why, what was odd."""
    said: dict[str, list[str]] = {}
    for cell in cells:
        if cell["nonconforming"]:
            continue  # said once, above all scenarios
        notes = cell["notes"] if not cell["valid"] else [n for n in cell["notes"] if n not in short_notes(cell)]
        for note in notes:
            why = note if cell["valid"] or note.startswith("not measured") else f"not measured: {note}"
            said.setdefault(why, []).append(cell["entry"])
    lines = [f"{_listed(entries)}: {note}" for note, entries in said.items()]
    disturbed: Counter[str] = Counter()
    for cell in cells:
        disturbed.update(cell["disturbances"])
    # At least one metric is known of every measurement that went well: the rate.
    samples = [s for cell in cells if cell["valid"] for s in cell["metrics"]["ops_per_s"]["samples"] if s is not None]
    return lines + [f"not quiet: {text} in {n} of {len(samples)} measurements" for text, n in disturbed.items()]
