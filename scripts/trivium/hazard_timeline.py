# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Trivium authors
"""Draws how the healthy clients of one measurement fared by time, with the hazard's begin and end drawn in.

Above: latency, median and p99. Below: requests in each step, upwards what was answered (late ones hollow), downwards
what failed. All contenders of a hazard are drawn to the same scale.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from trivium import svg
from trivium.axes import Axis, linear, logarithmic, short, spread_apart
from trivium.hazard_words import Item, anchor
from trivium.palette import model_of
from trivium.plot_dots import Panel, Picture

WIDTH, HEIGHT = 344, 250
_LEFT, _RIGHT = 46, 312
_TOP, _MIDDLE = 44, 122  # of the latency
_UPPER, _LOWER = 152, 214  # of the requests
Timeline = dict[str, Any]


@dataclass(frozen=True)
class Scale:
    """What all timelines of a hazard share: the axes of time (s), of latency (ms) and of requests in a step."""

    time: Axis
    latency: Axis
    requests: Axis


def _ms(values: Sequence[float | None]) -> list[float]:
    return [value / 1000 for value in values if value is not None]


def _seconds(timeline: Timeline, ms: float) -> float:
    """Returns the moment as seconds from the hazard's begin."""
    return (ms - timeline["hazard_begin_ms"]) / 1000


def _begins(timeline: Timeline) -> list[float]:
    """Returns where each step begins, and the last one ends."""
    steps = range(len(timeline["ok"]) + 1)
    return [_seconds(timeline, timeline["start_ms"] + step * timeline["step_ms"]) for step in steps]


def scale_of(timelines: Sequence[Timeline]) -> Scale:
    """Returns axes that all the timelines fit on. Requires: at least one, with a step."""
    moments = [_begins(timeline) for timeline in timelines]
    time = Axis(min(m[0] for m in moments), max(m[-1] for m in moments), _LEFT, _RIGHT)
    latencies = [value for t in timelines for key in ("p50_us", "p99_us") for value in _ms(t[key])]
    latency = logarithmic(latencies, _MIDDLE, _TOP)
    up = max(ok + late for t in timelines for ok, late in zip(t["ok"], t["late"], strict=True))
    down = max(max(t["failed"]) for t in timelines)
    reach = max(up, down, 1)
    # What failed has a third of the room at least, so that a little of it is seen.
    below = max(down, reach / 3) * 1.05
    return Scale(time, latency, Axis(-below, max(up, reach / 3) * 1.05, _LOWER, _UPPER))


def _hazard(timeline: Timeline, scale: Scale) -> list[str]:
    """Returns the hazard's span, shaded, with a line and a word at its begin and its end."""
    begin = scale.time.at(0)
    ends = timeline.get("hazard_end_ms")
    end = scale.time.end if ends is None else scale.time.at(_seconds(timeline, ends))
    height = _LOWER - _TOP
    parts = [svg.element("rect", x=begin, y=_TOP, width=max(1.0, end - begin), height=height, class_="span")]
    word = "hazard begins"
    room = begin - _LEFT >= svg.text_width(word)
    parts.append(svg.line(begin, _TOP - 6, begin, _LOWER, "guide"))
    parts.append(svg.text(begin - 3 if room else begin + 3, _TOP - 1, word, "end" if room else "start"))
    if ends is not None and end < scale.time.end:
        word = "ends" if end - begin >= 1 else ""  # one moment needs no second word
        parts += [svg.line(end, _TOP - 6, end, _LOWER, "guide"), svg.text(end + 3, _TOP - 1, word)] if word else []
    return parts


def _grid(scale: Scale, step_ms: float) -> list[str]:
    parts = []
    for value in scale.latency.ticks(4):
        y = scale.latency.at(value)
        parts += [svg.line(_LEFT, y, _RIGHT, y, "grid"), svg.text(_LEFT - 5, y + 4, short(value), "end", "soft")]
    top, bottom = scale.requests.high, -scale.requests.low
    ticks = [(value, value) for value in linear([top / 1.06], 0, 1).ticks(3) if value <= top]
    ticks += [(-value, value) for value in linear([bottom / 1.06], 0, 1).ticks(2) if 0 < value <= bottom]
    taken: list[float] = []
    for value, shown in ticks:
        y = scale.requests.at(value)
        if any(abs(y - other) < 11 for other in taken):
            continue
        taken.append(y)
        parts += [svg.line(_LEFT, y, _RIGHT, y, "grid"), svg.text(_LEFT - 5, y + 4, short(shown), "end", "soft")]
    last = -1e9
    for value in scale.time.ticks(7):
        x, content = scale.time.at(value), short(value)
        parts.append(svg.line(x, _LOWER, x, _LOWER + 4, "grid"))
        if x - svg.text_width(content) / 2 > last + 4:
            parts.append(svg.text(x, _LOWER + 16, content, "middle", "soft"))
            last = x + svg.text_width(content) / 2
    parts.append(svg.line(_LEFT, _LOWER, _RIGHT, _LOWER, "grid"))
    parts.append(svg.text(2, 27, "healthy latency, ms, logarithmic", class_="bold"))
    parts.append(svg.text(2, _UPPER - 10, f"requests in {step_ms:g} ms: answered, and failed below 0", class_="bold"))
    parts.append(svg.text(2, _LOWER + 31, "time from the hazard's begin, s", class_="bold"))
    return parts


def _bars(timeline: Timeline, scale: Scale, colour: str) -> str:
    """Returns a bar for each step: in time, on top of it late; below zero failed."""
    begins = [scale.time.at(moment) for moment in _begins(timeline)]
    zero = scale.requests.at(0)
    drawn: dict[str, list[str]] = {"ok": [], "late": [], "failed": []}
    columns = zip(timeline["ok"], timeline["late"], timeline["failed"], strict=True)
    for index, (ok, late, failed) in enumerate(columns):
        left, width = begins[index], max(0.6, begins[index + 1] - begins[index] - 0.6)
        in_time, top = scale.requests.at(ok), scale.requests.at(ok + late)
        for key, y, height in (
            ("ok", in_time, zero - in_time),
            ("late", top, in_time - top),
            ("failed", zero, scale.requests.at(-failed) - zero),
        ):
            if height > 0.05:
                wide = svg.fmt(width)
                drawn[key].append(f"M{svg.fmt(left)} {svg.fmt(y)}h{wide}v{svg.fmt(height)}h-{wide}z")
    fills = {"ok": f"fill:var(--{colour});opacity:.6", "late": f"fill:var(--page);stroke:var(--{colour})"}
    fills["failed"] = "fill:var(--failed)"
    return "".join(svg.element("path", d="".join(drawn[key]), style=fills[key]) for key in drawn if drawn[key])


def _stretches(values: Sequence[float | None]) -> list[list[tuple[int, float]]]:
    """Returns the stretches of steps in which something was answered."""
    found: list[list[tuple[int, float]]] = [[]]
    for index, value in enumerate(values):
        if value is not None:
            found[-1].append((index, value / 1000))
        elif found[-1]:
            found.append([])
    return [stretch for stretch in found if stretch]


def _latency(timeline: Timeline, scale: Scale, colour: str) -> list[str]:
    """Returns the lines of p50 and p99, with gaps where nothing was answered."""
    begins = [scale.time.at(moment) for moment in _begins(timeline)]
    parts: list[str] = []
    ends: list[tuple[str, str, float, float]] = []
    for key, name, shade, dash, width in (("p99_us", "p99", colour, "", 1.8), ("p50_us", "p50", "soft", "3 2", 1.3)):
        for stretch in _stretches(timeline[key]):
            points = [((begins[i] + begins[i + 1]) / 2, scale.latency.at(value)) for i, value in stretch]
            x, y = points[-1]
            parts.append(svg.polyline(points if len(points) > 1 else [(x - 1.5, y), (x + 1.5, y)], shade, dash, width))
        if timeline[key].count(None) < len(timeline[key]):
            ends.append((name, shade, x, y))
    places = spread_apart([y for _, _, _, y in ends], 12, _TOP + 8, _MIDDLE)
    for (name, shade, x, _), y in zip(ends, places, strict=True):
        parts.append(svg.text(x + 6, y + 4, name, fill=shade))
    return parts


def panel(item: Item, scale: Scale) -> Panel:
    """Returns one contender's timeline. Requires: it has one."""
    timeline, colour = item["timeline"], model_of(item["contender"])
    parts = [
        svg.text(2, 12, item["contender"], class_="bold", fill=colour),
        *_hazard(timeline, scale),
        *_grid(scale, timeline["step_ms"]),
        _bars(timeline, scale, colour),
        *_latency(timeline, scale, colour),
    ]
    return Panel(svg.picture(WIDTH, HEIGHT, parts, says(item)), WIDTH, HEIGHT)


def says(item: Item) -> str:
    """Returns in words what the timeline shows."""
    timeline = item["timeline"]
    ok, late, failed = (sum(timeline[key]) for key in ("ok", "late", "failed"))
    told = (
        f"{item['hazard']}, {item['contender']}: of {ok + late + failed} healthy requests {ok} were answered in time, "
    )
    told += f"{late} late, and {failed} failed"
    return f"{told}; latency and failures by time, with the hazard's begin and end."


def timelines(items: Sequence[Item]) -> list[Picture]:
    """Returns a picture for each contender of one hazard that has a timeline, all to the same scale."""
    drawn = [item for item in items if item.get("timeline") and item["timeline"]["ok"]]
    if not drawn:
        return []
    scale = scale_of([item["timeline"] for item in drawn])
    found = []
    for item in drawn:
        name, heading = anchor(item["hazard"], item["contender"]), f"{item['hazard']}: healthy clients by time"
        found.append(Picture(name, heading, says(item), (panel(item, scale),)))
    return found
