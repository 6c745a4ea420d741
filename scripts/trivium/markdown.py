# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Trivium authors
"""Tables as Markdown that lines up."""

from collections.abc import Sequence

from trivium.scenario_tables import Table, Text

_WIDEST = 48


def _text(text: Text) -> str:
    """Returns a cell; what a difference shows that its interval bears out is bold."""
    main = f"**{text.main}**" if text.tone in ("good", "bad") else text.main
    told = f"{main} ({text.detail})" if text.detail else main
    return told.replace("|", "\\|")


def markdown_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Returns the table's lines, aligned for who reads the text itself; a cell of many words may stick out."""
    widths = [max(3, *(min(len(row[index]), _WIDEST) for row in (head, *rows))) for index in range(len(head))]
    align = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
    lines = []
    for row in (head, align, *rows):
        first, *others = zip(row, widths, strict=True)
        cells = [first[0].ljust(first[1]), *(text.rjust(width) for text, width in others)]
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def table_lines(table: Table) -> list[str]:
    """Returns the table under its caption, and a blank line."""
    rows = [[_text(text) for text in row] for row in table.rows]
    return [f"{table.caption}:", "", *markdown_table(table.heads, rows), ""]
