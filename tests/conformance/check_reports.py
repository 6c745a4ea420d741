#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Trivium authors
"""Holds the program to what it promises beside its cases: exit codes, selection, known failures, and every report.

    check_reports.py CONFORMANCE    a unittest; the targets are the mutants, whose verdicts are known
"""

import json
import socket
import subprocess
import sys
import tempfile
import time
import unittest
import xml.etree.ElementTree as ElementTree
from pathlib import Path

from check_protocol import problems

HERE = Path(__file__).resolve().parent
PROGRAM = ""
SERVER = f"{sys.executable} -I -S {HERE / 'mutants' / 'server.py'} --port {{port}}"
_CLIENT = f"{sys.executable} -I -S {HERE / 'mutants' / 'client.py'} {{url}}"
_NO_CR = SERVER + " --mutant cr-removed"
_LINES = ["--only", "echo.line.lf", "--only", "echo.line.cr-data", "--only", "echo.idle.*"]


def conformance(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs the program."""
    return subprocess.run([PROGRAM, "--timeout", "4s", *arguments], capture_output=True, text=True, timeout=200)


def await_server(port: int) -> None:
    """Waits until a server listens there, and ends the exchange well: some die of a reset."""
    deadline = time.monotonic() + 30
    while True:
        try:
            with socket.create_connection(("127.0.0.1", port)) as stream:
                stream.shutdown(socket.SHUT_WR)
                while stream.recv(4096):
                    pass
            return
        except ConnectionRefusedError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)


class ExitCodes(unittest.TestCase):
    """0 every MUST passes, 1 one does not, 2 wrong usage or nothing chosen, 3 not reachable."""

    def test_pass(self) -> None:
        done = conformance("--spawn", SERVER, *_LINES)
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertIn("[  PASSED  ] 3 tests.", done.stdout)

    def test_a_must_fails(self) -> None:
        done = conformance("--spawn", _NO_CR, *_LINES)
        self.assertEqual(done.returncode, 1, done.stdout)
        for words in ("MUST E2.3", "data FAIL, close PASS", "expected", r"a\rb\n", "transcript", "#1 -> "):
            self.assertIn(words, done.stdout)

    def test_wrong_usage(self) -> None:
        for arguments in (
            [],
            ["--target", "nonsense"],
            ["--spawn", "no-port"],
            ["--fetch", "no-url"],
            ["--spawn", SERVER, "--capacity", "many"],
            ["--spawn", SERVER, "--matrix", "table.txt"],
            ["--spawn", SERVER, "--known-failures", "/no/such/file"],
            ["--spawn", SERVER, "--known-failures", str(HERE / "junit.xsd")],
            ["--spawn", SERVER, "--timeout", "nans"],
            ["--spawn", SERVER, "--frobnicate"],
            ["--spawn", SERVER, "--only", "no.such.case"],
            ["--list", "--only", "no.such.case"],
        ):
            done = conformance(*arguments)
            self.assertEqual(done.returncode, 2, arguments)
            self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
        self.assertEqual(subprocess.run([PROGRAM, "--spawn", SERVER, "--timeout", "5"], capture_output=True).returncode, 2)

    def test_a_level_that_is_no_must(self) -> None:
        chosen = ["--spawn", SERVER + " --mutant ignores-sigterm", "--only", "spawn.sigterm"]
        self.assertEqual(conformance(*chosen).returncode, 0)
        self.assertEqual(conformance(*chosen, "--strict").returncode, 1)

    def test_what_a_target_says_is_no_word_of_the_harness(self) -> None:
        liar = "sh -c 'echo \"the harness failed: no\" >&2; exit 1' {url}"
        done = conformance("--fetch", liar)
        self.assertEqual(done.returncode, 3, done.stdout)
        self.assertIn("[  FAILED  ] fetch.reach.one-page", done.stdout)

    def test_what_the_machine_refuses(self) -> None:
        for descriptors in range(24, 40, 4):
            limited = f"ulimit -n {descriptors}; exec {PROGRAM} --spawn '{SERVER}' --only 'echo.line.*'"
            done = subprocess.run(["sh", "-c", limited], capture_output=True, text=True, timeout=200)
            self.assertIn(done.returncode, (0, 3), done.stdout + done.stderr)

    def test_variables_of_googletest(self) -> None:
        names = ("GTEST_TOTAL_SHARDS=2", "GTEST_SHARD_INDEX=0", "GTEST_REPEAT=2", "GTEST_BREAK_ON_FAILURE=1")
        done = subprocess.run(
            ["env", *names, PROGRAM, "--spawn", _NO_CR, *_LINES], capture_output=True, text=True, timeout=200
        )
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)

    def test_not_reachable(self) -> None:
        for arguments in (["--target", "127.0.0.1:1"], ["--spawn", "/no/such/server {port}"], ["--fetch", "false {url}"]):
            done = conformance(*arguments)
            self.assertEqual(done.returncode, 3, done.stdout)
            self.assertIn("not reachable", done.stderr)


class KnownFailures(unittest.TestCase):
    """A known failure does not count, and one that passes is told; the exit code and JUnit agree."""

    def judged(self, known: str, *arguments: str) -> tuple[int, list[str], list[str]]:
        """Returns the exit code, the verdicts that JUnit calls failures, and what it says of them."""
        with tempfile.TemporaryDirectory() as folder:
            list_of_known, junit = Path(folder) / "known.txt", Path(folder) / "r.xml"
            list_of_known.write_text(known, encoding="utf-8")
            done = conformance(*arguments, "--known-failures", str(list_of_known), "--junit", str(junit))
            root = ElementTree.parse(junit).getroot()
        failures = root.findall("testsuite/testcase/failure")
        self.assertEqual(sum(int(suite.get("failures", "")) for suite in root), len(failures))
        return done.returncode, [f.get("type", "") for f in failures], [f.get("message", "") for f in failures]

    def test_one_that_passes(self) -> None:
        chosen = ["--spawn", SERVER, "--only", "echo.line.cr-data"]
        self.assertEqual(self.judged("echo.*", *chosen), (0, [], []))
        self.assertEqual(self.judged("echo.*", *chosen, "--strict"), (1, ["PASS"], ["known, and passes: take it off the list"]))

    def test_one_that_is_blocked(self) -> None:
        reset, rejection = "echo.load.reset", "echo.load.rejection"
        for known, code, failures in (
            ("", 1, ["FAIL", "BLOCKED"]),
            (reset, 1, ["BLOCKED"]),
            (rejection, 1, ["FAIL"]),
            (f"{reset}\n{rejection}", 0, []),
        ):
            with socket.create_server(("127.0.0.1", 0)) as free:
                port = free.getsockname()[1]
            server = subprocess.Popen([*SERVER.replace("{port}", str(port)).split(), "--mutant", "dies-of-reset"])
            try:
                await_server(port)
                target = ["--target", f"127.0.0.1:{port}", "--jobs", "1", "--only", reset, "--only", rejection]
                self.assertEqual(self.judged(known, *target)[:2], (code, failures), known)
            finally:
                server.kill()
                server.wait()

    def test_not_reachable(self) -> None:
        code, failures, _ = self.judged("*", "--target", "127.0.0.1:1", "--only", "echo.line.lf")
        self.assertEqual((code, failures), (3, ["FAIL"]))

    def test_known(self) -> None:
        with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
            file.write("# why\n\necho.line.cr-* data of ours\n")
            file.flush()
            chosen = ["--only", "echo.line.cr-data", "--known-failures", file.name]
            done = conformance("--spawn", _NO_CR, *chosen)
            self.assertEqual(done.returncode, 0, done.stdout)
            self.assertIn("known, and does not hold", done.stdout)
            done = conformance("--spawn", SERVER, *chosen)
            self.assertEqual(done.returncode, 0, done.stdout)
            self.assertIn("take it off the list", done.stdout)
            self.assertEqual(conformance("--spawn", SERVER, "--strict", *chosen).returncode, 1)


class Levels(unittest.TestCase):
    """What is no MUST is a warning, and the protocol's text says so."""

    def test_text_and_case_agree(self) -> None:
        listing = "a.must    MUST   E1.1: It does.\na.should  SHOULD E1.2; RFC 1: It does.\n2 cases\n"
        ids = "a.must\na.should\n"
        self.assertEqual(problems(listing, "- **E1.1** It does.\n- **E1.2** SHOULD: it does.\n", ids), [])
        text = "- **E1.1** INFO: it does.\n- **E1.2** It does.\n"
        found = ["a.must is MUST, and E1.1 is INFO", "a.should is SHOULD, and E1.2 is MUST"]
        self.assertEqual(problems(listing, text, ids), found)

    def test_info(self) -> None:
        for strict in ([], ["--strict"]):
            done = conformance("--fetch", _CLIENT, "--only", "fetch.head.bare-lf-understood", *strict)
            self.assertEqual(done.returncode, 0, done.stdout)
            self.assertIn("[  WARNING ] fetch.head.bare-lf-understood", done.stdout)


class Reports(unittest.TestCase):
    """Two targets, of which one fails a case, in every form."""

    @classmethod
    def setUpClass(cls) -> None:
        cls.folder = tempfile.TemporaryDirectory()
        path = Path(cls.folder.name)
        files = ["--json", "r.json", "--junit", "r.xml", "--matrix", "r.md", "--matrix", "r.html"]
        files = [str(path / word) if word.startswith("r.") else word for word in files]
        targets = ["--name", "right <&>", "--spawn", SERVER, "--name", "wrong", "--capacity", "1", "--spawn", _NO_CR]
        chosen = ["--only", "echo.line.lf", "--only", "echo.line.cr-data", "--only", "echo.load.silent"]
        cls.done = conformance(*targets, *chosen, *files)
        cls.texts = {file.suffix: file.read_text(encoding="utf-8") for file in path.iterdir()}
        cls.path = path

    @classmethod
    def tearDownClass(cls) -> None:
        cls.folder.cleanup()

    def test_exit(self) -> None:
        self.assertEqual(self.done.returncode, 1, self.done.stdout)

    def test_json(self) -> None:
        report = json.loads(self.texts[".json"])
        self.assertEqual((report["schema"], report["exit"]), (1, 1))
        right, wrong = report["targets"]
        self.assertEqual([right["name"], wrong["name"]], ["right <&>", "wrong"])
        self.assertTrue(right["reachable"] and right["round_trip_us"] > 0)
        verdicts = {case["id"]: case["verdict"] for case in wrong["cases"]}
        due = {"echo.reach.connect": "PASS", "echo.line.lf": "PASS", "echo.line.cr-data": "FAIL", "echo.load.silent": "SKIP"}
        self.assertEqual(verdicts, due)
        self.assertTrue(all(case["verdict"] == "PASS" for case in right["cases"]))
        case = next(case for case in wrong["cases"] if case["verdict"] == "FAIL")
        self.assertEqual((case["level"], case["source"], case["data"], case["close"]), ("MUST", "E2.3", "FAIL", "PASS"))
        self.assertIn("-> ", case["transcript"])
        self.assertIn("capacity", next(case for case in wrong["cases"] if case["verdict"] == "SKIP")["message"])

    def test_junit(self) -> None:
        check = ["xmllint", "--noout", "--schema", str(HERE / "junit.xsd"), str(self.path / "r.xml")]
        checked = subprocess.run(check, capture_output=True, text=True)
        self.assertEqual(checked.returncode, 0, checked.stderr)
        right, wrong = ElementTree.fromstring(self.texts[".xml"])
        self.assertEqual(right.get("name"), "right <&>")
        self.assertEqual([wrong.get(key) for key in ("tests", "failures", "errors", "skipped")], ["4", "1", "0", "1"])
        self.assertEqual(len(wrong.findall("testcase/failure")), 1)

    def test_markdown(self) -> None:
        text = self.texts[".md"]
        self.assertIn("| `echo.line` | 2/2 | 1/2 |", text)
        self.assertIn("| PASS | FAIL data |", text)
        widths = {line.count(" | ") for line in text.splitlines() if line.startswith("| `")}
        self.assertEqual(widths, {2})

    def test_html(self) -> None:
        text = self.texts[".html"]
        self.assertEqual(text.count("<th>right &lt;&amp;&gt;</th>"), 2)
        self.assertIn('<td class="FAIL"><details><summary>FAIL data</summary>', text)
        self.assertEqual(text.count("<tr>"), text.count("</tr>"))


class FlagsOfTargets(unittest.TestCase):
    """A flag belongs to the targets after it; one that trails to all that have none of its kind."""

    def listed(self, *arguments: str) -> list[str]:
        done = conformance("--list", *arguments)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout.splitlines()

    def test_a_flag_that_trails_changes_nothing_else(self) -> None:
        targets = ["--spawn", "a {port}", "--dialect", "echo", "--spawn", "b {port}"]
        whole = self.listed("--spawn", "a {port}")
        self.assertEqual(self.listed(*targets), whole)
        self.assertEqual(self.listed(*targets, "--capacity", "5"), whole)
        contract = self.listed("--contract", "--spawn", "a {port}")
        self.assertGreater(len(contract), len(whole))
        self.assertEqual(self.listed(*targets, "--contract"), contract)
        contract_first = ["--contract", "--spawn", "a {port}", "--spawn", "b {port}"]
        self.assertEqual(self.listed(*contract_first, "--capacity", "5"), contract)

    def test_a_flag_that_trails_is_for_all_without_their_own(self) -> None:
        plain = self.listed("--dialect", "echo", "--spawn", "a {port}")
        self.assertEqual(self.listed("--spawn", "a {port}", "--spawn", "b {port}", "--dialect", "echo"), plain)
        own = ["--dialect", "trivium", "--spawn", "a {port}", "--spawn", "b {port}"]
        self.assertEqual(self.listed(*own, "--dialect", "echo"), self.listed("--spawn", "a {port}"))

    def test_ours_is_recognised_whatever_its_capacity(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            program = Path(folder) / "echo"
            program.write_text("#!/bin/sh\necho trivium 0\n")
            program.chmod(0o755)
            ours = ["--spawn", f"{program} --listen 127.0.0.1:{{port}}"]
            self.assertEqual(self.listed(*ours), self.listed("--contract", "--spawn", "a {port}"))
            self.assertEqual(self.listed(*ours, "--capacity", "4"), self.listed(*ours))

    def test_a_dialect_is_no_clients(self) -> None:
        both = ["--spawn", "a {port}", "--fetch", "b {url}", "--dialect", "echo"]
        servers = self.listed("--dialect", "echo", "--spawn", "a {port}")[:-1]
        self.assertEqual(self.listed(*both)[:-1], servers + self.listed("--fetch", "b {url}")[:-1])

    def test_a_word_that_holds_the_url_twice(self) -> None:
        command = f'sh -c "test {{url}} = {{url}} && exec {_CLIENT}"'
        done = conformance("--fetch", command, "--only", "fetch.request.form")
        self.assertEqual(done.returncode, 0, done.stdout)

    def test_capacity(self) -> None:
        with tempfile.NamedTemporaryFile(suffix=".json") as file:
            targets = ["--spawn", SERVER, "--capacity", "1", "--spawn", SERVER, "--capacity", "5"]
            conformance(*targets, "--only", "echo.line.lf", "--json", file.name)
            report = json.load(file)
        self.assertEqual([target["capacity"] for target in report["targets"]], ["5", "1"])


class Unusual(unittest.TestCase):
    """Servers that are right in a way of their own."""

    def test_servers(self) -> None:
        for kind in ("chatty", "ready-too-early", "ipv6-only"):
            chosen = ["--only", "echo.line.*", "--only", "echo.load.one-after-another"]
            done = conformance("--spawn", f"{SERVER} --mutant {kind}", *chosen)
            self.assertEqual(done.returncode, 0, done.stdout)

    def test_a_slow_network(self) -> None:
        done = conformance("--spawn", f"{SERVER} --mutant thin", "--only", "echo.line.long-exchange")
        self.assertEqual(done.returncode, 0, done.stdout)

    def test_names(self) -> None:
        names = ["b\xc3\xa4r | \\| <b>", "bad \udcff\udcfe", "two\nlines", "\uffff"]
        with tempfile.TemporaryDirectory() as folder:
            paths = [str(Path(folder) / name) for name in ("r.json", "r.xml", "r.md", "r.html")]
            files = ["--json", paths[0], "--junit", paths[1], "--matrix", paths[2], "--matrix", paths[3]]
            for name in names:
                done = conformance("--name", name, "--spawn", SERVER, "--only", "echo.line.lf", *files)
                self.assertEqual(done.returncode, 0, done.stderr)
                with open(paths[0], encoding="utf-8") as file:
                    self.assertTrue(json.load(file)["targets"][0]["name"])
                check = ["xmllint", "--noout", "--schema", str(HERE / "junit.xsd"), paths[1]]
                self.assertEqual(subprocess.run(check, capture_output=True).returncode, 0, name)
                rows = Path(paths[2]).read_text(encoding="utf-8").splitlines()
                self.assertEqual({row.count("|") for row in rows if row.startswith("|")}, {3}, rows)

    def test_standard_output_that_cannot_be_written(self) -> None:
        with open("/dev/full", "w", encoding="ascii") as full:
            for arguments in (["--list"], ["--spawn", SERVER, "--only", "echo.line.lf"]):
                done = subprocess.run([PROGRAM, *arguments], stdout=full, stderr=subprocess.PIPE, text=True, timeout=60)
                self.assertEqual((done.returncode, done.stderr), (3, "conformance: can't write to standard output\n"))

    def test_a_report_that_cannot_be_written_costs_no_other(self) -> None:
        with tempfile.NamedTemporaryFile(suffix=".xml") as file:
            reports = ["--json", "/no/such/folder/r.json", "--junit", file.name]
            done = conformance("--spawn", SERVER, "--only", "echo.line.lf", *reports)
            self.assertEqual(done.returncode, 3)
            self.assertIn("can't write /no/such/folder/r.json", done.stderr)
            self.assertIn("echo.line.lf", Path(file.name).read_text(encoding="utf-8"))


class Selection(unittest.TestCase):
    """--list, --only, --skip, and GoogleTest's names."""

    def test_list(self) -> None:
        listed = conformance("--list", "--only", "echo.line.*", "--skip", "*.crlf*").stdout.splitlines()
        self.assertEqual(listed[-1], f"{len(listed) - 1} cases")
        self.assertTrue(all(line.startswith("echo.line.") for line in listed[:-1]))
        self.assertFalse(any("crlf" in line for line in listed))

    def test_names_of_googletest(self) -> None:
        done = conformance("--spawn", SERVER, "--gtest_filter=EchoLine.Lf:echo.line.crlf-split")
        self.assertEqual(done.returncode, 0)
        self.assertIn("[       OK ] echo.line.crlf-split", done.stdout)
        self.assertIn("[  PASSED  ] 3 tests.", done.stdout)

    def test_reach_alone(self) -> None:
        for target, case in ((["--spawn", SERVER], "echo.reach.connect"), (["--fetch", _CLIENT], "fetch.reach.one-page")):
            done = conformance(*target, "--only", case)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn(": 1 cases", done.stdout)
            self.assertIn(f"[       OK ] {case}", done.stdout)
            self.assertIn("[  PASSED  ] 1 test.", done.stdout)

    def test_a_glob_that_names_no_case(self) -> None:
        for flag in ("--only", "--skip"):
            done = conformance("--spawn", SERVER, "--only", "echo.line.lf", flag, "echo.lnie.*")
            self.assertEqual((done.returncode, done.stdout), (2, ""))
            self.assertEqual(done.stderr, f"conformance: {flag}: no case is called echo.lnie.*; see --help\n")

    def test_a_target_without_a_case(self) -> None:
        targets = ["--name", "server", "--spawn", SERVER, "--name", "client", "--fetch", _CLIENT]
        for glob, names in (("echo.line.lf", "client"), ("fetch.url.*", "server"), ("cli.*", "server, client")):
            done = conformance(*targets, "--only", glob)
            self.assertEqual((done.returncode, done.stdout), (2, ""))
            self.assertEqual(done.stderr.count("\n"), 1)
            self.assertIn(f"no case is chosen for {names}; ", done.stderr)


if __name__ == "__main__":
    PROGRAM = sys.argv.pop(1)
    unittest.main()
