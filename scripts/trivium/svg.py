# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Trivium authors
"""Writes pictures as SVG text: elements, markers, and how wide a text is at most.

Every colour is a CSS variable or a class, so that a picture follows the page that it stands in: light, dark, or paper.
A picture that stands alone brings the variables along. Coordinates have one decimal: the same drawing gives the same
bytes.
"""

import math
from collections.abc import Sequence
from html import escape

from trivium.palette import variables

FONT = 11
# As wide as a letter is in any font that a browser may take instead of the one asked for.
_LETTER = 0.64
_NARROW = frozenset("iljtfr.,:;|!()[]' /-")
_WIDE = frozenset("mwMW%@")

CLASSES = """\
.plot text{font:11px system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif;fill:var(--ink)}
.plot text{paint-order:stroke;stroke:var(--page);stroke-width:3px;stroke-linejoin:round}
.plot .soft{fill:var(--soft)}.plot .bold{font-weight:600}
.plot .grid{stroke:var(--rule);stroke-width:1;fill:none}
.plot .faint{opacity:.45}.plot .guide{stroke:var(--ink);stroke-width:1;stroke-dasharray:4 3;fill:none}
.plot .span{fill:var(--rule);opacity:.4}"""


def text_width(text: str, size: float = FONT) -> float:
    """Returns how wide the text is at most, in pixels."""
    letters = sum(0.38 if c in _NARROW else 0.98 if c in _WIDE else _LETTER for c in text)
    return letters * size


def wrapped(content: str, width: float) -> list[str]:
    """Returns the text in as many lines as the width asks for; a word that is wider stands alone."""
    lines = [""]
    for word in content.split(" "):
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and text_width(longer, FONT * 1.05) > width:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines


def fmt(value: float) -> str:
    """Returns a coordinate with one decimal at most."""
    text = f"{value:.1f}".removesuffix(".0")
    return "0" if text == "-0" else text


def element(name: str, content: str = "", **attributes: str | float) -> str:
    """Returns one element; `class_` is class, `_` in names is `-`."""
    told = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{fmt(value) if isinstance(value, int | float) else escape(value)}"'
        for key, value in attributes.items()
        if value != ""
    )
    return f"<{name}{told}>{content}</{name}>" if content else f"<{name}{told}/>"


def text(x: float, y: float, content: str, anchor: str = "start", class_: str = "", fill: str = "") -> str:
    """Returns a text whose baseline is at y; `fill` is a CSS variable's name."""
    style = f"fill:var(--{fill})" if fill else ""
    kept = "" if anchor == "start" else anchor
    return element("text", escape(content, quote=False), x=x, y=y, text_anchor=kept, class_=class_, style=style)


def line(x1: float, y1: float, x2: float, y2: float, class_: str = "", colour: str = "", width: float = 1) -> str:
    """Returns a line, of a class or of a colour variable."""
    style = f"stroke:var(--{colour});stroke-width:{fmt(width)}" if colour else ""
    return element("line", x1=x1, y1=y1, x2=x2, y2=y2, class_=class_, style=style)


def polyline(points: Sequence[tuple[float, float]], colour: str, dash: str = "", width: float = 2) -> str:
    """Returns a line through all the points."""
    style = f"fill:none;stroke:var(--{colour});stroke-width:{fmt(width)}"
    told = " ".join(f"{fmt(x)},{fmt(y)}" for x, y in points)
    return element("polyline", points=told, style=style, stroke_dasharray=dash, stroke_linejoin="round")


def marker(kind: str, x: float, y: float, colour: str, hollow: bool = False, size: float = 4.5) -> str:
    """Returns a marker of the kind, its middle at x, y."""
    fill = "page" if hollow else colour
    style = f"fill:var(--{fill});stroke:var(--{colour});stroke-width:1.6"
    if kind == "circle":
        return element("circle", cx=x, cy=y, r=size * 0.9, style=style)
    if kind == "square":
        half = size * 0.85
        return element("rect", x=x - half, y=y - half, width=2 * half, height=2 * half, style=style)
    corners = {
        "triangle": ((0, -1.15), (1.05, 0.8), (-1.05, 0.8)),
        "diamond": ((0, -1.2), (1.1, 0), (0, 1.2), (-1.1, 0)),
    }
    if kind in corners:
        told = " ".join(f"{fmt(x + dx * size)},{fmt(y + dy * size)}" for dx, dy in corners[kind])
        return element("polygon", points=told, style=style)
    a, b, c, d = (fmt(v) for v in (x - size * 0.9, y - size * 0.9, x + size * 0.9, y + size * 0.9))
    cross = f"M{a} {b}L{c} {d}M{a} {d}L{c} {b}"
    return element("path", d=cross, style=f"fill:none;stroke:var(--{colour});stroke-width:2.4")


def title(content: str) -> str:
    """Returns what a browser shows where the pointer rests."""
    return element("title", escape(content, quote=False))


def group(parts: Sequence[str], **attributes: str | float) -> str:
    """Returns the parts as one."""
    return element("g", "".join(parts), **attributes)


def picture(width: float, height: float, parts: Sequence[str], label: str) -> str:
    """Returns a picture for a page: it scales with the width that it gets; `label` is what it shows, in words."""
    return element(
        "svg",
        "\n".join(parts),
        viewBox=f"0 0 {fmt(width)} {fmt(height)}",
        class_="plot",
        role="img",
        aria_label=label,
        style=f"--natural:{fmt(width)}px",
    )


def stand_alone(pictures: Sequence[str], sizes: Sequence[tuple[float, float]], heading: str, columns: int) -> str:
    """Returns a file that shows the pictures side by side under a heading, in light and in dark."""
    wide = max(width for width, _ in sizes)
    high = max(height for _, height in sizes)
    columns = min(columns, len(pictures))
    rows = math.ceil(len(pictures) / columns)
    gap = 16
    lines = wrapped(heading, columns * (wide + gap) - gap)
    top = 19 + 15 * len(lines)
    total = columns * (wide + gap) + gap, top + rows * (high + gap)
    placed = []
    for index, (inner, (width, height)) in enumerate(zip(pictures, sizes, strict=True)):
        x, y = gap + index % columns * (wide + gap), top + index // columns * (high + gap)
        size = f'<svg x="{fmt(x)}" y="{fmt(y)}" width="{fmt(width)}" height="{fmt(height)}" '
        placed.append(size + inner.removeprefix("<svg "))
    style = (
        f"svg{{{variables(False)}}}@media(prefers-color-scheme:dark){{svg{{{variables(True)}}}}}\n{CLASSES}\n"
        ".back{fill:var(--page)}"
    )
    whole = f'<svg xmlns="http://www.w3.org/2000/svg" width="{fmt(total[0])}" height="{fmt(total[1])}" '
    whole += f'viewBox="0 0 {fmt(total[0])} {fmt(total[1])}" class="plot">'
    back = element("rect", width="100%", height="100%", class_="back")
    head = [text(gap, 21 + 15 * index, line, class_="bold") for index, line in enumerate(lines)]
    return "\n".join([whole, f"<style>{style}</style>", back, *head, *placed, "</svg>", ""])
