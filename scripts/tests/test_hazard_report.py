# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Trivium authors
"""The hazard matrix, its timelines, doses and defences say what was measured, and nothing is cut off."""

import copy
import io
import re
import tempfile
import unittest
from contextlib import redirect_stderr, redirect_stdout
from functools import cache
from itertools import combinations
from pathlib import Path
from xml.etree import ElementTree

from tests import hazard_samples, report_samples
from tests.test_pictures import boxes
from tests.test_report import Checker
from trivium.hazard_defences import defence_picture, defence_table
from trivium.hazard_doses import dose_pictures
from trivium.hazard_matrix import matrix
from trivium.hazard_report import hazard_markdown, hazard_pictures
from trivium.hazard_table import hazard_lines
from trivium.hazard_timeline import timelines
from trivium.hazard_verdict import hazard_sentences, withstands
from trivium.hazard_words import bounds, level_of, percent, shortened, told
from trivium.report import terminal_lines, write_all
from trivium.report_cli import main
from trivium.verdict import findings


@cache
def results() -> dict:
    """Returns results of everything, hazards too; nobody may change them."""
    return hazard_samples.add_to(report_samples.results())


class Words(unittest.TestCase):
    def test_what_is_not_quite_all_or_nothing_does_not_read_so(self) -> None:
        made = [percent(share) for share in (0, 0.0004, 0.004, 0.0996, 0.52, 0.995, 0.9999, 1)]
        self.assertEqual(made, ["0%", "<0.1%", "0.4%", "10%", "52%", "99.5%", ">99.9%", "100%"])

    def test_a_figure_is_told_as_its_unit_wants(self) -> None:
        made = [told(0.5, "share"), told(3.0, "ms"), told(3.0, ""), told(2.5, ""), told(12345.0, "")]
        self.assertEqual(made, ["50%", "3.00 ms", "3", "2.50", "12,345"])

    def test_levels_are_shares_of_harm(self) -> None:
        self.assertEqual([level_of(harm) for harm in (None, 0, 0.001, 0.01, 0.1, 0.5, 1)], [0, 0, 1, 2, 3, 4, 4])

    def test_bounds_that_say_nothing_more_are_left_out(self) -> None:
        self.assertEqual(bounds({"value": 0.5, "low": 0.4, "high": 0.6}, "share"), "40 to 60%")
        self.assertEqual(bounds({"value": 2.0, "low": 1.0, "high": 3.0}, "s"), "1.00 to 3.00")
        self.assertEqual(bounds({"value": 1.0, "low": 1.0, "high": 1.0}, "share"), "")
        self.assertEqual(bounds({"value": 1.0, "low": None, "high": None}, "share"), "")

    def test_contenders_are_named_in_as_few_words_as_are_right(self) -> None:
        everyone = ("async/handoff", "async/sequential", "multithread/handoff")
        self.assertEqual(shortened(everyone, everyone), "all")
        self.assertEqual(shortened(everyone[:2], everyone), "async/*")
        self.assertEqual(shortened(everyone[1:], everyone), "async/sequential, multithread/handoff")


class TheMatrix(unittest.TestCase):
    def test_there_is_none_where_nothing_was_measured(self) -> None:
        for empty in ({"cells": []}, {"hazards": []}):
            self.assertIsNone(matrix(empty))
            self.assertEqual(hazard_lines(empty, width=80, colour=False), [])
            self.assertEqual(hazard_markdown(empty), [])
            self.assertEqual(hazard_pictures(empty).every(), [])

    def test_rows_are_grouped_by_model_the_least_harmed_first(self) -> None:
        found = matrix(results())
        assert found is not None
        self.assertEqual([group.model for group in found.groups], ["process", "thread", "task"])
        self.assertEqual(found.rows[0].contender, "multiprocess/per-connection")
        self.assertEqual(found.rows[-1].contender, "async/sequential")
        self.assertEqual(found.hazards, tuple(hazard_samples.QUESTIONS))

    def test_a_cell_tells_figure_interval_and_shade(self) -> None:
        about = {"unit": "share", "label": "lost", "claim": "takes all", "low": 0.8, "high": 0.95}
        items = [
            {"contender": "multithread/handoff", "hazard": "crash", "value": 0.9, "harm": 0.9, **about},
            {"contender": "multiprocess/handoff", "hazard": "crash", "value": 0.001, "harm": 0.001},
            {"contender": "multithread/handoff", "hazard": "hang", "value": None, "note": "n/a (capacity)"},
        ]
        found = matrix({"hazards": items})
        assert found is not None
        mild, none = found.rows[0].cells
        severe, unknown = found.rows[1].cells
        assert mild and severe and unknown
        self.assertIsNone(none)
        self.assertEqual((mild.level, severe.level, unknown.level), (1, 4, 0))
        self.assertEqual((severe.text, severe.detail, severe.sign), ("90%", "80 to 95%", "●"))
        self.assertIn("takes all", severe.says)
        self.assertEqual((unknown.text, unknown.sign), ("n/a", ""))
        self.assertEqual([note.line for note in found.columns[1].notes], ["n/a for multithread/handoff: capacity"])

    def test_notes_are_said_once_and_cells_with_one_are_marked(self) -> None:
        found = matrix(results())
        assert found is not None
        self.assertIn("n/a kill-worker (multithread/*, async/*): no process serves alone", found.notes())
        self.assertIn("* kill-supervisor (all): it can't come back by itself: somebody must start it", found.notes())
        killed = found.rows[0].cells[found.hazards.index("kill-supervisor")]
        assert killed
        self.assertEqual(killed.text, "100%*")

    def test_who_does_not_conform_is_not_named_again(self) -> None:
        items = [{"contender": "async/handoff", "hazard": "hang", "value": None, "note": "conformance: 1 case failed"}]
        gate = {"async/handoff": {"passed": False}}
        for run, notes in (({}, 1), ({"gate": gate}, 0)):
            found = matrix({"hazards": items, "run": run})
            assert found is not None
            self.assertEqual(len(found.notes()), notes)

    def test_a_claim_is_said_once_with_its_test_and_whose_it_is(self) -> None:
        found = matrix(results())
        assert found is not None
        own, every = found.columns[0].claims
        self.assertEqual((own.contenders, every.contenders), ("multiprocess/*", "multithread/*, async/*"))
        self.assertTrue(own.test.endswith("AndOfAThreadOrTaskAll"))

    def test_the_terminal_has_it_lined_up_in_blocks_that_fit(self) -> None:
        lines = hazard_lines(results(), width=100, colour=False)
        table = lines[1 : next(index for index, line in enumerate(lines) if line.startswith("harm:"))]
        self.assertLessEqual(max(len(line) for line in table), 100)
        self.assertEqual(sum(line.startswith("contender") for line in table), 2)
        first = table[: table.index("")]
        end = first[0].index("crash") + len("crash")
        self.assertTrue(all(line[end - 1] in "h○◔◑◕●" for line in first))
        self.assertIn("\033", "".join(hazard_lines(results(), width=None, colour=True)))
        self.assertTrue(
            any("hazards: what each risks" in line for line in terminal_lines(results(), width=100, colour=False))
        )


class TheVerdict(unittest.TestCase):
    def test_says_of_each_model_what_it_hardly_minds_and_what_harms_it(self) -> None:
        said = hazard_sentences(results())
        self.assertRegex(
            said[0], r"^Processes: hardly harmed by crash, .*; slow-sender and hoard harm handoff and shared"
        )
        self.assertRegex(said[2], r"each of them is harmed by crash")
        self.assertTrue(any("multiprocess/per-connection (8 of 10)" in line for line in said))
        self.assertTrue(any(re.search(r"with --line-timeout 300ms: .*from 99% to 21%", line) for line in said))
        self.assertEqual(findings(results())[0].said, said)

    def test_an_interval_on_both_sides_settles_nothing(self) -> None:
        item = {"harm": 0.09, "value": 0.09, "unit": "share", "low": 0.01, "high": 0.3}
        self.assertIsNone(withstands(item))
        self.assertTrue(withstands(item | {"high": 0.099}))
        self.assertFalse(withstands(item | {"harm": 0.2, "value": 0.2, "low": 0.1}))
        self.assertTrue(withstands({"harm": 0.0, "value": 3.0, "unit": "MiB", "low": 1.0, "high": 9.0}))
        self.assertIsNone(withstands({"harm": None, "value": None}))

    def test_a_defence_that_shows_nothing_is_not_said_to_help(self) -> None:
        made = copy.deepcopy(results())
        for pair in made["defences"]:
            pair["with"] = pair["without"]
        self.assertFalse(any(line.startswith("What helps") for line in hazard_sentences(made)))


class Pictures(unittest.TestCase):
    def test_no_text_is_cut_off_and_none_lies_on_another(self) -> None:
        every = hazard_pictures(results()).every()
        self.assertEqual(len(every), 93 + 2 + 1)  # all but the seven to whom no worker is killed; doses; defences
        for picture in every:
            self.assertNotRegex(picture.name, r"[^\w.-]")
            for panel in picture.panels:
                texts = boxes(panel.svg)
                for text, left, right, top, bottom in texts:
                    self.assertTrue(left >= 0 and right <= panel.width, (picture.name, text, left, right))
                    self.assertTrue(top >= 0 and bottom <= panel.height, (picture.name, text))
                for a, b in combinations(texts, 2):
                    apart = a[2] <= b[1] + 1 or b[2] <= a[1] + 1 or a[4] <= b[3] + 1 or b[4] <= a[3] + 1
                    self.assertTrue(apart, (picture.name, a, b))

    def test_a_timeline_shows_begin_and_end_of_the_hazard(self) -> None:
        items = {item["hazard"]: item for item in results()["hazards"] if item["contender"] == "multiprocess/handoff"}
        for hazard, words in (("crash", ["hazard begins", "ends"]), ("kill-supervisor", ["hazard begins"])):
            (picture,) = timelines([items[hazard]])
            svg = picture.panels[0].svg
            self.assertEqual([word for word in ("hazard begins", "ends") if f">{word}</text>" in svg], words)
            self.assertIn("healthy latency, ms", svg)
            self.assertIn("time from the hazard's begin, s", svg.replace("&#x27;", "'"))

    def test_steps_without_an_answer_are_gaps(self) -> None:
        item = {"hazard": "hang", "contender": "async/handoff", "question": ""}
        steps = {"ok": [3, 0, 3, 3], "failed": [0, 4, 0, 0], "late": [0, 0, 1, 0]}
        steps |= {"p50_us": [100, None, 200, 100], "p99_us": [100, None, 200, 100]}
        item["timeline"] = {"step_ms": 50, "start_ms": 0, "hazard_begin_ms": 50, "hazard_end_ms": 100} | steps
        (picture,) = timelines([item])
        self.assertEqual(picture.panels[0].svg.count("<polyline"), 4)
        self.assertIn("of 14 healthy requests 9 were answered in time, 1 late, and 4 failed", picture.says)

    def test_nothing_answered_at_all_can_be_drawn(self) -> None:
        item = {
            "hazard": "hang",
            "contender": "async/handoff",
            "question": "",
            "timeline": {"step_ms": 50, "start_ms": 0},
        }
        item["timeline"] |= {"hazard_begin_ms": 0, "hazard_end_ms": None, "ok": [0], "failed": [0], "late": [0]}
        item["timeline"] |= {"p50_us": [None], "p99_us": [None]}
        self.assertEqual(len(timelines([item])), 1)
        item["timeline"]["ok"] = []
        self.assertEqual(timelines([item]), [])

    def test_knees_are_drawn_where_there_are_any(self) -> None:
        (slow,) = dose_pictures(results(), "slow-sender")
        processes, threads, tasks = (panel.svg for panel in slow.panels)
        self.assertTrue(">knee 16</text>" in processes and ">knee 16</text>" in threads)
        self.assertFalse(">knee" in tasks)
        self.assertIn("knee at 16: multiprocess/handoff, multiprocess/shared-accept, multithread/", slow.says)
        (overload,) = dose_pictures(results(), "overload")
        self.assertTrue(all(">knee 1.25</text>" in panel.svg for panel in overload.panels))
        self.assertIn(">offered load, x capacity", overload.panels[0].svg)

    def test_a_defence_has_both_sides_with_bounds(self) -> None:
        (table,) = defence_table(results())
        self.assertEqual([text.main for text in table.rows[0]][4:6], ["99%", "21%"])
        self.assertEqual((table.rows[0][4].detail, table.rows[0][5].tone), ("97 to 100%", "good"))
        self.assertEqual(
            [row[-1].main for row in table.rows[3:]], ["the same", "the same", "what leaked is given back", "the same"]
        )
        self.assertEqual(len(defence_table(results(), "leak")[0].rows), 2)
        prices = [(row[-2].main, row[-2].tone) for row in table.rows]
        self.assertEqual(prices, [("", "weak")] * 5 + [("0% -> 25%", "bad")] * 2)
        self.assertEqual(defence_table(results(), "crash"), [])
        picture = defence_picture(results())
        assert picture is not None
        self.assertEqual(len(picture.panels), 2)


class Written(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        scratch = tempfile.TemporaryDirectory()
        cls.addClassCleanup(scratch.cleanup)
        cls.folder = Path(scratch.name)
        cls.results = results()
        cls.files = write_all(cls.results, report_samples.raws(cls.results), cls.folder)
        cls.html = (cls.folder / "report.html").read_text(encoding="utf-8")
        cls.markdown = (cls.folder / "report.md").read_text(encoding="utf-8")

    def test_html_is_whole_and_every_cell_leads_to_its_timeline(self) -> None:
        found = Checker()
        found.feed(self.html)
        found.close()
        self.assertEqual(found.open, [])
        self.assertEqual(len(found.ids), len(set(found.ids)))
        self.assertEqual([link for link in found.links if link.removeprefix("#") not in found.ids], [])
        self.assertIn("#hazard-crash-async-handoff", found.links)

    def test_the_matrix_is_the_first_thing_after_the_verdict(self) -> None:
        order = [self.html.index(f'id="{name}"') for name in ("verdict", "hazards", "scenario-churn", "hazard-crash")]
        self.assertEqual(order, sorted(order))
        order = [self.markdown.index(text) for text in ("## What to pick", "## What each risks", "## churn")]
        self.assertEqual(order, sorted(order))

    def test_claims_and_tests_are_shown(self) -> None:
        for text in (self.html, self.markdown):
            self.assertIn("harms its own connection only", text)
            self.assertIn("All/Crash.OfAProcessHarmsItsOwnConnectionAndOfAThreadOrTaskAll", text)
            self.assertIn("no process serves alone", text)
        self.assertIn("time to recover: n/a for all (it was not back)", self.html)

    def test_markdown_leads_to_every_picture_and_lines_up(self) -> None:
        plots = {name for name in self.files if name.startswith("plots/")}
        self.assertEqual(plots, set(re.findall(r"plots/[\w.-]+\.svg", self.markdown)))
        for name in plots:
            ElementTree.parse(self.folder / name)
        used = set(re.findall(r"\]\[(h\d+)\]", self.markdown))
        self.assertEqual(used, set(re.findall(r"^\[(h\d+)\]:", self.markdown, re.MULTILINE)))
        section = self.markdown[self.markdown.index("## What each risks") :]
        rows = [line for line in section[: section.index("Each figure leads")].splitlines() if line.startswith("|")]
        self.assertEqual(len({len(row) for row in rows}), 1)
        self.assertNotIn("/*", section[: section.index("## churn")])

    def test_hazards_have_no_section_of_an_ordinary_scenario(self) -> None:
        self.assertNotIn('id="scenario-crash"', self.html)
        self.assertNotIn("## crash:", self.markdown)

    def test_the_same_results_give_the_same_bytes(self) -> None:
        with tempfile.TemporaryDirectory() as scratch:
            again = hazard_samples.add_to(report_samples.results())
            write_all(again, report_samples.raws(again), Path(scratch))
            for name in self.files:
                self.assertEqual((Path(scratch) / name).read_bytes(), (self.folder / name).read_bytes(), name)

    def test_the_matrix_alone_is_printed_for_a_readme(self) -> None:
        out = io.StringIO()
        with redirect_stdout(out):
            self.assertEqual(main([str(self.folder), "--matrix"]), 0)
        self.assertTrue(out.getvalue().startswith("### What each risks"))
        self.assertIn(f"[h1]: {self.folder}/plots/hazard-crash-multiprocess-per-connection.svg", out.getvalue())
        self.assertIn("scripts/compare --profile standard", out.getvalue())
        with tempfile.TemporaryDirectory() as empty, redirect_stderr(out):
            self.assertEqual(main([empty, "--matrix"]), 1)
            (Path(empty) / "results.json").write_text('{"cells": []}')
            self.assertEqual(main([empty, "--matrix"]), 1)


if __name__ == "__main__":
    unittest.main()
