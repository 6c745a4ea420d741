# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Trivium authors
"""Shows results as aligned text: one table for each scenario, the best first."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from trivium.cells import Cell, ratio_of
from trivium.figures import Figure, axis_of, axis_text, axis_title, axis_value, axis_values, figure_of, shown_metrics
from trivium.ranking import baseline_of, cells_of, entries_by_rank, marks, ordered, telling_value
from trivium.remarks import remarks, short_notes
from trivium.scenario_tables import COMMON
from trivium.terminal import BOLD, DIM, GREEN, PLAIN, RED, YELLOW

# Which columns go first where a terminal is narrow: the rate's ratio, then these.
_DISPENSABLE = {"p50": 2, "pss": 3, "p99": 4}
_LAST = 5


@dataclass(frozen=True)
class Column:
    """A column: how its cells read, and how soon it is left out where the terminal is narrow (0: never)."""

    title: str
    unit: str
    text: Callable[[Cell], str]
    dispensable: int = 0
    left: bool = False


def spread(metric: dict[str, Any]) -> str:
    """Returns half of low to high as a share of the median: "±3%"."""
    if not metric["median"] or sum(sample is not None for sample in metric["samples"]) < 2:
        return ""
    share = (metric["high"] - metric["low"]) / 2 / abs(metric["median"])
    if share >= 10:
        return "±>999%"
    return f"±{share:.0%}" if share >= 0.005 else "±<1%"


def _value(name: str, figure: Figure) -> Callable[[Cell], str]:
    def text(cell: Cell) -> str:
        metric = cell["metrics"].get(name)
        if metric is None:
            return "n/a"
        return f"{figure.text(metric['median'])} {spread(metric):>5}"

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


def _compares_splits(cells: Sequence[Cell]) -> bool:
    return any(split_text(cell, "cpu_per_op") != "-" for cell in cells)


def _ratio(metric: str, baseline: str) -> Callable[[Cell], str]:
    return lambda cell: ratio_text(cell, metric, baseline)


def _columns(facts: dict[str, Any], cells: Sequence[Cell], baseline: str) -> list[Column]:
    """Returns the columns of a table of one set of parameters."""
    headline = facts["headline"]
    metrics = dict.fromkeys(
        [*shown_metrics(facts, list(cells)), *(["of_ideal"] if facts.get("ideal") else []), *COMMON]
    )
    columns = [Column("contender", "", lambda cell: cell["entry"], left=True)]
    for metric in metrics:
        if not any(metric in cell["metrics"] for cell in cells):
            continue
        figure, drop = figure_of(facts, metric), 0 if metric == headline else _DISPENSABLE.get(metric, _LAST)
        columns.append(Column(figure.title, figure.unit, _value(metric, figure), drop))
        if not any(ratio_of(cell, metric, baseline) for cell in cells):
            continue
        if metric == headline or metric in ("cpu_per_op", "ops_per_s"):
            name = {"cpu_per_op": "CPU", "ops_per_s": "rate"}.get(metric, figure.title)
            columns.append(
                Column(f"{name} ratio", "to the baseline", _ratio(metric, baseline), int(metric != headline))
            )
        if metric == "cpu_per_op" and _compares_splits(cells):
            columns.append(Column("CPU ratio", "to the unsplit", lambda cell: split_text(cell, "cpu_per_op")))
    said = Column("", "", lambda cell: "; ".join([*short_notes(cell), *_unsaid_marks(cell)]), left=True)
    return [*columns, said]


def _unsaid_marks(cell: Cell) -> list[str]:
    return [mark for mark in marks(cell) if mark == "unsteady"]


def _width(texts: Sequence[str]) -> int:
    return max((len(text) for text in texts), default=0)


def _layout(columns: Sequence[Column], cells: Sequence[Any], width: int | None) -> tuple[list[str], list[str]]:
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


def _colour(facts: dict[str, Any], cell: Cell, baseline: str) -> str:
    if not cell["ranked"]:
        return YELLOW
    ratio = ratio_of(cell, facts["headline"], baseline)
    if ratio is None or ratio["verdict"] not in ("more", "less"):
        return ""
    better = (ratio["verdict"] == "less") == (figure_of(facts, facts["headline"]).better != "higher")
    return GREEN if better else RED


def _axis_columns(facts: dict[str, Any], cells: Sequence[Cell], baseline: str) -> list[Column]:
    """Returns the columns of a table over an axis, whose rows are entries: their cells, by place."""
    headline = facts["headline"]
    figure, unit = figure_of(facts, headline), ""

    def value_at(value: Any) -> Callable[[dict[Any, Cell]], str]:
        def text(row: dict[Any, Cell]) -> str:
            cell = row.get(value)
            if cell is None or headline not in cell["metrics"]:
                return "n/a"
            mark = "" if cell["ranked"] else "*"
            return f"{figure.text(cell['metrics'][headline]['median'])}{mark}"

        return text

    telling = telling_value(facts, cells)

    def ratio(row: dict[Any, Cell]) -> str:
        return ratio_text(row[telling], headline, baseline) if telling in row and row[telling]["valid"] else "n/a"

    columns = [Column("contender", "", lambda row: next(iter(row.values()))["entry"], left=True)]
    columns += [Column(axis_text(v), unit, value_at(v)) for v in axis_values(facts, list(cells))]
    if any(ratio_of(cell, headline, baseline) for cell in cells if axis_value(facts, cell) == telling):
        columns.append(Column(f"ratio at {axis_text(telling)}", "to the baseline", ratio))
    return columns


def _axis_table(facts: dict[str, Any], cells: Sequence[Cell], baseline: str, width: int | None) -> list[str]:
    rows = []
    for entry in entries_by_rank(facts, cells, baseline):
        rows.append({axis_value(facts, cell): cell for cell in cells if cell["entry"] == entry})
    lines, _ = _layout(_axis_columns(facts, cells, baseline), rows, width)
    return lines if any(line.strip() != "" for line in lines[1:2]) else [lines[0], *lines[2:]]


def _title(facts: dict[str, Any], name: str, cells: Sequence[Cell]) -> tuple[str, str]:
    figure = figure_of(facts, facts["headline"])
    loop = f"{facts.get('loop', 'closed')} loop"
    if axis_of(facts):
        how = f"{figure.heading}, by {axis_title(facts)}"
    else:
        connections = cells[0]["params"].get("connections") if cells else None
        how = f"{connections:,} connections" if connections else figure.heading
    how += "" if facts.get("kind") == "fetch" else f", {loop}"
    return f"{name}: {facts['question']}", how


def scenario_lines(results: dict[str, Any], name: str, *, width: int | None, colour: bool) -> list[str]:
    """Returns a scenario's title, table and notes."""
    facts, cells, baseline = results["scenarios"][name], cells_of(results, name), baseline_of(results, name)
    paint = (lambda code, text: f"{code}{text}{PLAIN}" if code else text) if colour else (lambda _, text: text)
    question, how = _title(facts, name, cells)
    lines = [f"{paint(BOLD, question)} ({how})"]
    shown = ordered(facts, cells, baseline)
    if shown and axis_of(facts):
        head, *rows = _axis_table(facts, cells, baseline, width)
        lines += [paint(DIM, head), *rows]
        if any(not cell["ranked"] for cell in shown):
            lines.append(paint(DIM, "*: failures or faults; not ranked"))
    elif shown:
        table, dropped = _layout(_columns(facts, shown, baseline), shown, width)
        lines += [paint(DIM, line) for line in table[:2]]
        codes = [_colour(facts, cell, baseline) for cell in shown]
        lines += [paint(code, line) for code, line in zip(codes, table[2:], strict=True)]
        if dropped:
            lines.append(paint(DIM, f"left out for want of width, see report.html: {', '.join(dropped)}"))
    caveats = facts.get("caveats", ())
    return lines + [f"  {line}" for line in (*caveats, *remarks(cells, facts, all_notes=bool(axis_of(facts))))]
