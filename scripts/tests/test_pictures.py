# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Trivium authors
"""Axes, ticks, labels and percentiles are where they belong; nothing is cut off, nothing lies on top of another."""

import random
import re
import unittest
from itertools import combinations
from xml.etree import ElementTree

from tests import report_samples
from trivium.axes import Axis, fitting, logarithmic, short, spread_apart
from trivium.palette import MODELS, look_of, panels_of
from trivium.percentiles import depth, merged, quantile_text, quantiles
from trivium.plots import pictures
from trivium.svg import text_width, wrapped


class Axes(unittest.TestCase):
    def test_values_stand_where_they_belong(self) -> None:
        axis = Axis(0, 10, 100, 200)
        self.assertEqual([axis.at(value) for value in (0, 5, 10, 11)], [100, 150, 200, 200])
        log = Axis(1, 100, 0, 200, log=True)
        self.assertAlmostEqual(log.at(10), 100)

    def test_ticks_are_round_few_and_on_the_axis(self) -> None:
        rng = random.Random(4)
        for _ in range(300):
            values = [10 ** rng.uniform(-3, 7) for _ in range(rng.randint(1, 8))]
            for axis in (fitting(values, 0, 100), logarithmic(values, 0, 100)):
                ticks = axis.ticks(6)
                self.assertTrue(2 <= len(ticks) <= 6, (axis, ticks))
                self.assertEqual(ticks, sorted(ticks))
                for tick in ticks:
                    self.assertTrue(axis.low * 0.99 <= tick <= axis.high * 1.01, (axis, ticks))

    def test_ticks_read_short(self) -> None:
        self.assertEqual(
            [short(v) for v in (0.5, 20, 1500, 10_000, 2e6, 3e9)], ["0.5", "20", "1.5k", "10k", "2M", "3G"]
        )

    def test_labels_keep_their_distance_their_order_and_the_frame(self) -> None:
        rng = random.Random(8)
        for _ in range(300):
            wanted = [rng.uniform(0, 100) for _ in range(rng.randint(1, 7))]
            places = spread_apart(wanted, 12, 0, 100)
            ordered = [places[index] for index in sorted(range(len(wanted)), key=lambda index: wanted[index])]
            self.assertTrue(all(b - a >= 12 - 1e-6 for a, b in zip(ordered, ordered[1:], strict=False)), wanted)
            self.assertTrue(-1e-6 <= min(places) and max(places) <= 100 + 1e-6)
        self.assertEqual(spread_apart([10, 60], 12, 0, 100), [10, 60])
        self.assertEqual(len(set(spread_apart([5.0] * 30, 12, 0, 100))), 30)


class Percentiles(unittest.TestCase):
    def test_histograms_add_up_and_are_read_at_any_quantile(self) -> None:
        raws = [
            {"load": {"histogram": {"buckets": [[100, 50], [200, 40]]}}},
            {"load": {"histogram": {"buckets": [[200, 10]]}}},
        ]
        self.assertEqual(merged(raws), [(100, 50), (200, 50)])
        told = dict(quantiles(merged(raws)))
        self.assertEqual(told[0.5], 100)
        self.assertTrue(all(value == 200 for quantile, value in told.items() if quantile > 0.51))
        self.assertLessEqual(max(told), 0.99)
        self.assertEqual(quantiles([]), [])

    def test_wide_buckets_are_read_in_their_middle(self) -> None:
        # From 256 on an octave has 128 buckets: that of 65,536 is 512 wide.
        self.assertEqual(quantiles([(65536, 10)])[0][1], 65536 + 511 / 2)

    def test_each_nine_has_the_same_room(self) -> None:
        self.assertEqual([round(depth(q), 6) for q in (0.9, 0.99, 0.999)], [1, 2, 3])
        self.assertEqual([quantile_text(depth(q)) for q in (0.5, 0.99, 0.9999)], ["50 %", "99 %", "99.99 %"])


class Palette(unittest.TestCase):
    def test_a_model_has_one_colour_and_a_strategy_one_marker(self) -> None:
        self.assertEqual({look_of(f"multithread/{s}").colour for s in ("handoff", "per-connection")}, {"thread"})
        self.assertEqual({look_of(f"{m}/handoff").marker for m in ("multithread", "async", "multiprocess")}, {"square"})
        self.assertTrue(look_of("async/handoff+split").hollow)
        self.assertEqual(look_of("async.task").colour, "task")
        self.assertEqual((look_of("peer/nginx").colour, look_of("peer/nginx").short), ("peer", "nginx"))
        self.assertEqual(look_of("mine"), look_of("mine"))

    def test_colours_can_be_read(self) -> None:
        def luminance(colour: str) -> float:
            parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
            r, g, b = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
            return 0.2126 * r + 0.7152 * g + 0.0722 * b

        for light, dark, _ in MODELS.values():
            for colour, page in ((light, "#ffffff"), (dark, "#161616")):
                bright, dim = sorted((luminance(colour), luminance(page)), reverse=True)
                self.assertGreaterEqual((bright + 0.05) / (dim + 0.05), 4.5, (colour, page))

    def test_the_floor_stands_in_every_panel_and_has_none_of_its_own(self) -> None:
        grouped, everywhere = panels_of(["floor/epoll", "async/handoff", "multithread/handoff", "async/handoff#2"])
        self.assertEqual(grouped, [("thread", ["multithread/handoff"]), ("task", ["async/handoff"])])
        self.assertEqual(everywhere, ["floor/epoll"])
        self.assertEqual(panels_of(["floor/epoll"]), ([("floor", ["floor/epoll"])], []))


def boxes(svg: str) -> list[tuple[str, float, float, float, float]]:
    """Returns each text of a picture with the box that it takes at most."""
    found = []
    for node in ElementTree.fromstring(svg).iter():
        if node.tag != "text":
            continue
        width, x, y = text_width(node.text or ""), float(node.get("x", 0)), float(node.get("y", 0))
        left = {"end": x - width, "middle": x - width / 2}.get(node.get("text-anchor", ""), x)
        found.append((node.text or "", left, left + width, y - 8, y + 2))
    return found


class Pictures(unittest.TestCase):
    def test_no_text_is_cut_off_and_none_lies_on_another(self) -> None:
        results = report_samples.results()
        raws = report_samples.raws(results)
        seen = 0
        for name in results["scenarios"]:
            for picture in pictures(results, name, raws):
                for panel in (*picture.panels, *picture.narrow):
                    told = boxes(panel.svg)
                    seen += len(told)
                    for text, left, right, top, bottom in told:
                        self.assertTrue(left >= 0 and right <= panel.width, (picture.name, text, right))
                        self.assertTrue(top >= 0 and bottom <= panel.height, (picture.name, text))
                    for a, b in combinations(told, 2):
                        apart = a[2] <= b[1] + 1 or b[2] <= a[1] + 1 or a[4] <= b[3] + 1 or b[4] <= a[3] + 1
                        self.assertTrue(apart, (picture.name, a, b))
        self.assertGreater(seen, 500)

    def test_pictures_say_what_they_show(self) -> None:
        results = report_samples.results()
        for name in results["scenarios"]:
            for picture in pictures(results, name, report_samples.raws(results)):
                self.assertTrue(picture.says.startswith(f"{name}: "))
                self.assertNotRegex(picture.name, r"[^\w.-]")
                self.assertTrue(re.search(r"aria-label=", picture.panels[0].svg))

    def test_a_heading_has_as_many_lines_as_it_needs(self) -> None:
        self.assertEqual(wrapped("short", 100), ["short"])
        lines = wrapped("one two three four five six seven", 100)
        self.assertGreater(len(lines), 1)
        self.assertEqual(" ".join(lines), "one two three four five six seven")
        self.assertTrue(all(text_width(line) <= 100 for line in lines))

    def test_an_ideal_is_drawn_where_there_is_one(self) -> None:
        results = report_samples.results()
        (makespan, *_) = pictures(results, "fetch", ())
        self.assertTrue(all(">ideal</text>" in panel.svg for panel in makespan.panels))


if __name__ == "__main__":
    unittest.main()
