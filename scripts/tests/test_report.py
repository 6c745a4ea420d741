# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Trivium authors
"""The report holds together: well-formed HTML that needs nothing else, Markdown that lines up, the same bytes twice."""

import re
import tempfile
import unittest
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

from tests import report_samples
from trivium.report import terminal_lines, write_all

VOID = {"meta", "wbr", "br", "link", "img"}


class Checker(HTMLParser):
    """Follows the elements: what is opened is closed, in order."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.heads: list[dict[str, str | None]] = []
        self.pictures: list[dict[str, str | None]] = []
        self.outside: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        if tag not in VOID:
            self.open.append(tag)
        if told.get("id"):
            self.ids.append(str(told["id"]))
        if tag == "a":
            self.links.append(str(told["href"]))
        if tag == "th":
            self.heads.append(told)
        if tag == "svg":
            self.pictures.append(told)
        self.outside += [str(value) for key, value in attrs if key in ("src", "srcset") or tag == "link"]

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        pass

    def handle_endtag(self, tag: str) -> None:
        assert self.open and self.open[-1] == tag, f"</{tag}> ends {self.open[-3:]}"
        self.open.pop()


class Report(unittest.TestCase):
    results: dict
    folder: Path

    @classmethod
    def setUpClass(cls) -> None:
        scratch = tempfile.TemporaryDirectory()
        cls.addClassCleanup(scratch.cleanup)
        cls.folder = Path(scratch.name)
        cls.results = report_samples.results()
        cls.files = write_all(cls.results, report_samples.raws(cls.results), cls.folder)
        cls.html = (cls.folder / "report.html").read_text(encoding="utf-8")
        cls.markdown = (cls.folder / "report.md").read_text(encoding="utf-8")

    def parsed(self) -> Checker:
        checker = Checker()
        checker.feed(self.html)
        checker.close()
        return checker

    def test_html_is_well_formed_and_every_link_leads_somewhere(self) -> None:
        found = self.parsed()
        self.assertEqual(found.open, [])
        self.assertEqual(len(found.ids), len(set(found.ids)))
        self.assertGreater(len(found.links), len(self.results["scenarios"]))
        self.assertEqual([link for link in found.links if link.removeprefix("#") not in found.ids], [])

    def test_html_needs_nothing_else(self) -> None:
        self.assertEqual(self.parsed().outside, [])
        for forbidden in ("<script", "@import", "url(", "http://", "https://"):
            self.assertNotIn(forbidden, self.html)

    def test_heads_have_a_scope_and_pictures_words(self) -> None:
        found = self.parsed()
        self.assertGreater(len(found.heads), 100)
        self.assertEqual({head.get("scope") for head in found.heads}, {"row", "col"})
        self.assertGreater(len(found.pictures), 20)
        for picture in found.pictures:
            self.assertEqual(picture.get("role"), "img")
            self.assertGreater(len(picture.get("aria-label") or ""), 20)

    def test_the_verdict_comes_first_and_every_scenario_has_its_section(self) -> None:
        order = [self.html.index(f'id="{name}"') for name in ("verdict", "scenario-churn", "environment")]
        self.assertEqual(order, sorted(order))
        for name, facts in self.results["scenarios"].items():
            self.assertIn(f'id="scenario-{name}"', self.html)
            self.assertIn(facts["question"], self.html)
            self.assertIn(f"## {name}: {facts['question']}", self.markdown)

    def test_says_what_limits_the_trust(self) -> None:
        for text in ("NOT TIMED: multiprocess/odd", "load-limited", "not ranked", "dialect http", "holds 1 of the 32"):
            self.assertIn(text, self.html)
        self.assertIn("beyond the knee both are late", self.html)

    def test_names_are_escaped(self) -> None:
        odd = report_samples.results(rounds=6)
        for cell in odd["cells"]:
            if cell["entry"] == "nginx":
                cell["entry"] = cell["contender"] = "<b>&'|\""
        with tempfile.TemporaryDirectory() as scratch:
            write_all(odd, report_samples.raws(odd), Path(scratch))
            html = (Path(scratch) / "report.html").read_text(encoding="utf-8")
            ElementTree.parse(Path(scratch) / "plots" / "churn-cpu_per_op.svg")
        self.assertNotIn("<b>&'", html)
        self.assertIn("&lt;b&gt;&amp;", html)

    def test_plots_are_files_that_the_markdown_leads_to(self) -> None:
        plots = [name for name in self.files if name.startswith("plots/")]
        self.assertEqual(sorted(plots), sorted(set(re.findall(r"\((plots/[^)]+\.svg)\)", self.markdown))))
        for name in plots:
            root = ElementTree.parse(self.folder / name).getroot()
            self.assertTrue(root.tag.endswith("svg"))
            self.assertTrue(root.get("width") and root.get("height"))

    def test_every_axis_has_its_unit(self) -> None:
        for name in self.files:
            if not name.startswith("plots/"):
                continue
            root = ElementTree.parse(self.folder / name).getroot()
            bold = [text.text or "" for text in root.iter() if text.get("class") == "bold"]
            self.assertTrue(any(re.search(r", (us|s|MiB|KiB|ns)\b|/s", text) for text in bold), (name, bold))

    def test_markdown_tables_line_up(self) -> None:
        for block in self.markdown.split("\n\n"):
            rows = [line for line in block.splitlines() if line.startswith("|")]
            self.assertLessEqual(len({row.replace("\\|", "").count("|") for row in rows}), 1)
        head = next(line for line in self.markdown.splitlines() if line.startswith("| contender"))
        rule = self.markdown.splitlines()[self.markdown.splitlines().index(head) + 1]
        self.assertEqual(len(head), len(rule))

    def test_the_same_results_give_the_same_bytes(self) -> None:
        with tempfile.TemporaryDirectory() as scratch:
            again = report_samples.results()
            files = write_all(again, report_samples.raws(again), Path(scratch))
            self.assertEqual(files, self.files)
            for name in files:
                self.assertEqual((Path(scratch) / name).read_bytes(), (self.folder / name).read_bytes(), name)

    def test_plots_that_are_no_more_made_go(self) -> None:
        with tempfile.TemporaryDirectory() as scratch:
            old = Path(scratch) / "plots" / "gone-p99.svg"
            old.parent.mkdir()
            old.write_text("<svg/>")
            write_all(self.results, (), Path(scratch))
            self.assertFalse(old.exists())

    def test_the_terminal_has_a_compact_table_for_an_axis(self) -> None:
        lines = terminal_lines(self.results, width=120, colour=False)
        start = next(index for index, line in enumerate(lines) if line.startswith("scale:"))
        self.assertRegex(lines[start + 1], r"contender +1 +10 +100 +1,000 +10,000 +ratio at 10,000")
        self.assertTrue(any(line.startswith("multithread/handoff") and "n/a" in line for line in lines[start:]))

    def test_an_interrupted_run_is_told(self) -> None:
        cut = report_samples.results(rounds=3)
        cut["run"]["complete"] = False
        with tempfile.TemporaryDirectory() as scratch:
            write_all(cut, (), Path(scratch))
            for name in ("report.html", "report.md"):
                text = (Path(scratch) / name).read_text(encoding="utf-8")
                self.assertIn("interrupted", text)
                self.assertIn("fewer than 6 rounds", text)


if __name__ == "__main__":
    unittest.main()
