# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Trivium authors
"""How a microbenchmark's cells are laid out: entries below each other, what the scenario varies side by side."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import comb
from typing import Any

from trivium.cells import Cell, ratio_of
from trivium.figures import number
from trivium.micro_results import is_baseline, is_twin
from trivium.microbenchmarks import case_label, read_parts
from trivium.remarks import remarks
from trivium.terminal import BOLD, DIM, PLAIN

METRIC_TITLES = {"time_per_op": "time", "cpu_per_op": "CPU"}
LEGEND = "same: the interval of the ratio holds 1; ?: too few rounds for an interval; *: failed in some rounds"

Row = tuple[Any, ...]
Column = tuple[Any, ...]
ByColumn = dict[Column, Cell]


@dataclass(frozen=True)
class Block:
    """The columns that belong together: one combination of what the scenario varies."""

    title: str
    heads: tuple[str, ...]
    texts: tuple[tuple[str, ...], ...]  # a row for each row of the table


@dataclass(frozen=True)
class Table:
    """One table: its heads and rows on the left, then its blocks."""

    title: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    blocks: tuple[Block, ...]


def baseline_text(pattern: str) -> str:
    """Returns in words what a pattern of the scenario means."""
    params, entry = read_parts(pattern)
    entry = f"the same model's {entry.removeprefix('{model}.')}" if "{model}" in entry else entry
    return " ".join([entry, *(f"{key}:{value}" for key, value in params.items())])


def case_name(cell: Cell, fixed: Iterable[str]) -> str:
    """Returns the entry with those of its parameters that a table tells in its rows: "thread.channel, spin 0us"."""
    return ", ".join([cell["entry"], *(f"{key} {cell['params'][key]}" for key in fixed if key in cell["params"])])


def _ratio(cell: Cell, metric: str) -> str:
    if is_baseline(cell):
        return "1"
    ratio = ratio_of(cell, metric)
    if ratio is None:
        return "n/a"
    if ratio["low"] is None:
        return f"{number(ratio['median'])}?"
    return "same" if ratio["verdict"] == "no difference" else number(ratio["median"])


def _value(cell: Cell, metric: str) -> str:
    found = cell["metrics"].get(metric)
    return "n/a" if found is None else number(found["median"]) + ("" if cell["ranked"] else "*")


def _texts(cell: Cell | None, metrics: Sequence[str]) -> tuple[str, ...]:
    if cell is None:
        return ("",) * (2 * len(metrics))
    return tuple(text for metric in metrics for text in (_value(cell, metric), _ratio(cell, metric)))


def _part(params: dict[str, Any], keys: Sequence[str]) -> tuple[Any, ...]:
    return tuple(params.get(key, "") for key in keys)


def _named(keys: Sequence[str], values: Sequence[Any]) -> str:
    return ", ".join(f"{key} {value}" for key, value in zip(keys, values, strict=True) if value != "")


def _rank(row: Row, by_column: ByColumn, columns: Sequence[Column], headline: str, by_model: bool) -> tuple[Any, ...]:
    """Returns what rows are sorted by: the headline in the first column that the row has anything in."""
    first = next(index for index, column in enumerate(columns) if column in by_column)
    metric = by_column[columns[first]]["metrics"].get(headline)
    model = row[0].partition(".")[0] if by_model else ""
    return model, first, metric["median"] if metric else float("inf")


def _table(
    title: str,
    cells: Sequence[Cell],
    columns: Sequence[Column],
    across: Sequence[str],
    down: Sequence[str],
    facts: dict[str, Any],
) -> Table:
    """Returns one table of the cells: `columns` are the values of the keys `across`, `down` are keys told in rows."""
    rows: dict[Row, ByColumn] = {}
    for cell in cells:
        row = (cell["entry"], *_part(cell["params"], down))
        rows.setdefault(row, {})[_part(cell["params"], across)] = cell
    shown = facts["microbenchmark"]["shown"]
    by_model = "{model}" in facts["microbenchmark"]["baseline"]
    ranked = [(_rank(row, by, columns, facts["headline"], by_model), row, by) for row, by in rows.items()]
    ordered = [(row, by) for _, row, by in sorted(ranked, key=lambda item: item[0])]
    heads = tuple(head for metric in shown for head in (METRIC_TITLES[metric], "ratio"))
    blocks = tuple(
        Block(_named(across, column), heads, tuple(_texts(by.get(column), shown) for _, by in ordered))
        for column in columns
    )
    left = tuple(tuple(str(text) for text in row) for row, _ in ordered)
    return Table(title, ("entry", *down), left, blocks)


def tables(facts: dict[str, Any], cells: Sequence[Cell]) -> list[Table]:
    """Returns the scenario's tables; A/A twins are not in them, nor what was not measured at all."""
    shown = [cell for cell in cells if cell["valid"] and not is_twin(cell)]
    keys = list(dict.fromkeys(key for cell in shown for key in cell["params"]))
    across = [key for key in facts["microbenchmark"]["columns"] if key in keys]
    fixed, _ = read_parts(facts["microbenchmark"]["baseline"])
    down = [key for key in keys if key in fixed and key not in across]
    apart = [key for key in keys if key not in across and key not in down]
    # In the order of the programs, whatever was measured first.
    every = list(dict.fromkeys(_part(cell["params"], across) for cell in cells))
    found = []
    for values in dict.fromkeys(_part(cell["params"], apart) for cell in shown):
        here = [cell for cell in shown if _part(cell["params"], apart) == values]
        filled = {_part(cell["params"], across) for cell in here}
        columns = [column for column in every if column in filled]
        found.append(_table(_named(apart, values), here, columns, across, down, facts))
    return found


def _align(rows: Sequence[Sequence[str]], lefts: int) -> list[str]:
    widths = [max(len(row[index]) for row in rows) for index in range(len(rows[0]))]
    return [
        "  ".join(
            text.ljust(width) if index < lefts else text.rjust(width)
            for index, (text, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def lines_of(table: Table, width: int | None) -> tuple[list[str], list[str]]:
    """Returns the table as text, two lines of it its head, and the titles of the blocks that did not fit."""
    left = _align([table.heads, *table.rows], len(table.heads))
    lines = [" " * max(len(line) for line in left)] + [line.ljust(max(map(len, left))) for line in left]
    dropped = []
    for index, block in enumerate(table.blocks):
        inner = _align([block.heads, *block.texts], 0)
        size = max(len(block.title), *(len(line) for line in inner))
        if index and width is not None and len(lines[0]) + 3 + size > width:
            dropped.append(block.title)
            continue
        parts = [block.title.center(size), *(line.rjust(size) for line in inner)]
        lines = [f"{line}   {part}" for line, part in zip(lines, parts, strict=True)]
    return [line.rstrip() for line in lines], dropped


def full_heads(block: Block) -> list[str]:
    """Returns the heads of a block's columns such that each is understood alone: "CPU", "CPU ratio"."""
    pairs = zip(block.heads[::2], block.heads[1::2], strict=True)
    return [text for metric, ratio in pairs for text in (metric, f"{metric} {ratio}")]


def labelled(cells: Sequence[Cell]) -> list[Cell]:
    """Returns the cells, each with the entry's name told in full, as what is said below a table needs it."""
    return [cell | {"entry": case_label(cell["params"], cell["entry"])} for cell in cells]


def scenario_title(results: dict[str, Any], name: str) -> tuple[str, str]:
    """Returns the question, and how the figures are to be read."""
    facts = results["scenarios"][name]
    baseline = baseline_text(facts["microbenchmark"]["baseline"])
    return f"{name}: {facts['question']}", f"ns for one {facts['operation']}; ratios to {baseline}"


def micro_lines(results: dict[str, Any], name: str, *, width: int | None, colour: bool) -> list[str]:
    """Returns a microbenchmark's title, tables and notes for the terminal."""
    paint = (lambda code, text: f"{code}{text}{PLAIN}") if colour else (lambda _, text: text)
    cells = [cell for cell in results["cells"] if cell["scenario"] == name]
    question, reading = scenario_title(results, name)
    lines = [f"{paint(BOLD, question)} ({reading})"]
    dropped: dict[str, None] = {}
    for table in tables(results["scenarios"][name], cells):
        if table.title:
            lines.append(paint(BOLD, table.title))
        text, left_out = lines_of(table, width)
        lines += [*(paint(DIM, line) for line in text[:2]), *text[2:]]
        dropped |= dict.fromkeys(left_out)
    if dropped:
        lines.append(paint(DIM, f"left out for want of width, see report.md: {', '.join(dropped)}"))
    lines.append(paint(DIM, LEGEND))
    return lines + [f"  {line}" for line in remarks(labelled(cells))]


def _chance(at_least: int, of: int, each: float = 0.05) -> float:
    """Returns how likely that many or more of the 95 % intervals miss what they are to hold."""
    return sum(comb(of, k) * each**k * (1 - each) ** (of - k) for k in range(at_least, of + 1))


def pair_verdict(results: dict[str, Any], name: str) -> tuple[bool, str]:
    """Returns what the A/A pairs of a microbenchmark say, and whether that is an alarm."""
    headline = results["scenarios"][name]["headline"]
    twins = [cell for cell in results["cells"] if cell["scenario"] == name and is_twin(cell)]
    ratios = [ratio for cell in twins if (ratio := ratio_of(cell, headline))]
    if not ratios:
        return True, f"A/A, {name}: no baseline was measured; nothing tells how far to trust the ratios."
    if any(ratio["low"] is None for ratio in ratios):
        return True, f"A/A, {name}: too few rounds for an interval; the ratios are no more than hints."
    off = [ratio["median"] for ratio in ratios if ratio["verdict"] != "no difference"]
    if not off:
        which = f"{len(ratios)} baselines against themselves" if len(ratios) > 1 else "the baseline against itself"
        return False, f"A/A, {name}: {which}: no difference, as it must be."
    farthest = max(off, key=lambda median: abs(median - 1))
    said = f"A/A, {name}: {len(off)} of {len(ratios)} baselines differ from themselves, one by {farthest:.3f}"
    if _chance(len(off), len(ratios)) > 0.05:
        return False, f"{said}; 1 in 20 does by chance."
    return True, f"WARNING: {said}. Believe no difference of that size."
