# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Trivium authors
"""The hazard matrix for a terminal: it lines up, in as many blocks of columns as the width asks for."""

from collections.abc import Sequence
from typing import Any

from trivium.hazard_matrix import HazardCell, Matrix, matrix
from trivium.hazard_verdict import hazard_sentences
from trivium.hazard_words import SHADES, SIGNS
from trivium.terminal import BOLD, DIM, GREEN, PLAIN, RED, YELLOW

_GAP = "  "
_COLOURS = (GREEN, GREEN, "", YELLOW, RED)


def _text(cell: HazardCell | None) -> str:
    return "-" if cell is None else f"{cell.text} {cell.sign}" if cell.measured else "n/a  "


def _paint(code: str, text: str, colour: bool) -> str:
    return f"{code}{text}{PLAIN}" if colour and code else text


def _blocks(found: Matrix, widths: Sequence[int], first: int, width: int | None) -> list[list[int]]:
    """Returns which columns stand beside each other."""
    blocks: list[list[int]] = [[]]
    used = first
    for index, own in enumerate(widths):
        if width is not None and blocks[-1] and used + len(_GAP) + own > width:
            blocks.append([])
            used = first
        blocks[-1].append(index)
        used += len(_GAP) + own
    return blocks


def matrix_lines(found: Matrix, *, width: int | None, colour: bool) -> list[str]:
    """Returns the matrix' lines; a blank line between blocks of columns."""
    first = max(len(name) for name in ("contender", *(row.contender for row in found.rows)))
    widths = [
        max(len(hazard), *(len(_text(row.cells[index])) for row in found.rows))
        for index, hazard in enumerate(found.hazards)
    ]
    lines: list[str] = []
    for block in _blocks(found, widths, first, width):
        head = _GAP.join(["contender".ljust(first), *(found.hazards[i].rjust(widths[i]) for i in block)])
        lines += [*([""] if lines else []), _paint(DIM, head, colour)]
        for row in found.rows:
            told = [row.contender.ljust(first)]
            for index in block:
                cell = row.cells[index]
                code = _COLOURS[cell.level] if cell and cell.measured else DIM
                told.append(_paint(code, _text(cell).rjust(widths[index]), colour))
            lines.append(_GAP.join(told).rstrip())
    return lines


def hazard_lines(results: dict[str, Any], *, width: int | None, colour: bool) -> list[str]:
    """Returns what a terminal shows of the hazards: the matrix, what its signs mean, and what it says; [] without."""
    found = matrix(results)
    if found is None:
        return []
    legend = ", ".join(f"{sign} {shade}" for sign, shade in zip(SIGNS, SHADES, strict=True))
    lines = [_paint(BOLD, "hazards: what each risks", colour) + " (the harm to healthy clients; medians)"]
    lines += matrix_lines(found, width=width, colour=colour)
    lines.append(_paint(DIM, f"harm: {legend}", colour))
    for label in dict.fromkeys(column.label for column in found.columns):
        own = [column.hazard for column in found.columns if column.label == label]
        if label:
            lines.append(_paint(DIM, f"{', '.join(own)}: {label}", colour))
    lines += [f"  {note}" for note in found.notes()]
    lines += ["", *hazard_sentences(results)]
    return lines
