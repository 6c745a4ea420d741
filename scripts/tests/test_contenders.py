# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Trivium authors
"""Contenders that are not ours: their files and --add read as meant, and who can't take part is told why."""

import dataclasses
import tempfile
import unittest
from pathlib import Path

from tests import samples
from trivium import limits
from trivium.choose import Asked, Catalogue, make_plan, read_catalogue
from trivium.contender_file import join, parse_added, read_contenders
from trivium.contenders import CONTENDERS, FETCHERS, Contender
from trivium.errors import CannotCompare, WrongUsage
from trivium.explain import about_contender, explain
from trivium.load import command_for
from trivium.paths import PEERS
from trivium.scenarios import Phases, Scenario, Variant

LINES = samples.LINES.variants()[0]
GOOD = """
["a/server"]
command = "/bin/sh -c {port} {dir}/conf {workers} {workers/5} {connections} {flags}"
dialect = "echo"
pool = "blocking"
capacity = 12
can = ["hazards"]
files."conf" = "port {port}, workers {workers}"
"""


def read(text: str) -> list[Contender]:
    """Returns the contenders of a file with that text."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "c.toml"
        path.write_text(text, encoding="utf-8")
        return read_contenders(path)


def with_flags(*flags: str) -> Variant:
    """Returns a variant of the scenario `lines` with flags for the server."""
    return dataclasses.replace(samples.LINES, server=flags).variants()[0]


class Files(unittest.TestCase):
    def test_a_command_and_its_files_are_filled_in(self) -> None:
        (contender,) = read(GOOD)
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name) / "own"
            command = contender.command(7, with_flags("--x", "--y"), 2, folder)
            wanted = ["/bin/sh", "-c", "7", f"{folder}/conf", "12", "3", "32", "--x", "--y"]
            self.assertEqual(command, wanted)
            self.assertEqual((folder / "conf").read_text(), "port 7, workers 12")

    def test_faults_are_named_with_file_table_and_key(self) -> None:
        for text, wanted in (
            ("[a]", r"c\.toml: \[a\] lacks 'command'"),
            ("a = 1", r"\[a\] is not a table"),
            ('[a]\ncommand = "x {port}"\nwings = 2', "unknown key 'wings'"),
            ("[a]\ncommand = 1", "'command' must be of type str"),
            ('[a]\ncommand = "x"', r"'command' must hold \{port\}"),
            ('[a]\ncommand = "x"\nfiles.f = "{port}"', r"'command' must hold \{port\}: the conformance suite"),
            ('[a]\ncommand = "x \'{port}"', "'command' is no command"),
            ('[a]\ncommand = "x {port}"\ndialect = "latin"', "'dialect' must be one of: trivium, echo, http"),
            ('[a]\ncommand = "x {port}"\npool = "swimming"', "'pool' must be one of: blocking, async"),
            ('[a]\ncommand = "x {port}"\ncan = ["fly"]', "'can' must be one of: hazards"),
            ('[a]\ncommand = "x {port}"\ncapacity = -1', "'capacity' must be 0"),
            ('[a]\ncommand = "x {port}"\nfiles."../f" = ""', "'files' must have plain names"),
            ('["a b"]\ncommand = "x {port}"', "a name is letters"),
            ("[a", r"c\.toml: "),
        ):
            with self.subTest(text=text), self.assertRaisesRegex(CannotCompare, wanted):
                read(text)

    def test_what_is_not_installed_says_what_to_install(self) -> None:
        (gone,) = read(
            '[a]\ncommand = "x {port}"\nrequires = ["no-such-program", "/no/such/*"]\npackage = "some-package"'
        )
        self.assertEqual(gone.missing, "there is no no-such-program and no /no/such/* (apt-get install some-package)")
        self.assertEqual(gone.cannot(LINES), f"n/a (not here): {gone.missing}")
        (simple,) = read('[a]\ncommand = "no-such-program {port}"')
        self.assertEqual(simple.missing, "there is no no-such-program")

    def test_the_ready_made_ones_are_read(self) -> None:
        names = {contender.name for contender in read_contenders(PEERS)}
        servers = ("nginx", "apache-prefork", "apache-worker", "apache-event", "go", "tokio")
        self.assertEqual(names, {f"peer/{server}" for server in servers})

    def test_a_name_is_taken_once(self) -> None:
        with self.assertRaisesRegex(CannotCompare, "two contenders named 'a/server'"):
            join(read(GOOD), read(GOOD))


class Added(unittest.TestCase):
    def test_name_dialect_and_command(self) -> None:
        plain = parse_added("mine=/bin/sh -c '{port} x'")
        self.assertEqual((plain.name, plain.dialect, plain.arguments), ("mine", "trivium", ("-c", "{port} x")))
        self.assertEqual(parse_added("my/web:http=/bin/sh {port}").dialect, "http")
        self.assertTrue(plain.foreign)

    def test_faults_name_the_flag(self) -> None:
        for text, wanted in (
            ("mine", "--add takes NAME='COMMAND"),
            ("=x {port}", "--add takes NAME='COMMAND"),
            ("mine=", "--add takes NAME='COMMAND"),
            ("mine=/bin/sh", "must hold {port}"),
            ("mine:latin=/bin/sh {port}", "'dialect' must be one of"),
            ("mine=/no/such {port}", "there is no /no/such"),
            ("my own=/bin/sh {port}", "a name is letters"),
        ):
            with self.subTest(text=text), self.assertRaises(WrongUsage) as caught:
                parse_added(text)
            self.assertIn(wanted, str(caught.exception))


class WhoCannot(unittest.TestCase):
    def test_capacity(self) -> None:
        pool = samples.contender("multithread/handoff")
        many = dataclasses.replace(samples.LINES, connections=10_000).variants()[0]
        self.assertIsNone(pool.cannot(LINES))
        reason = pool.cannot(many)
        self.assertEqual(reason, "n/a (capacity): holds 1,024 of 10,000 connections; the kernel would queue the rest")
        self.assertIsNone(samples.contender("multithread/per-connection").cannot(many))
        short = dataclasses.replace(samples.CHURN, connections=10_000).variants()[0]
        self.assertIsNone(pool.cannot(short))

    def test_capabilities(self) -> None:
        needy = dataclasses.replace(samples.LINES, needs=("hazards",)).variants()[0]
        floor = samples.contender("floor/epoll")
        self.assertEqual(floor.cannot(needy), "n/a (hazards): the scenario needs hazards, which it does not have")
        self.assertIsNone(samples.contender("async/handoff").cannot(needy))

    def test_dialects(self) -> None:
        (echo,) = read(GOOD.replace("capacity = 12", ""))
        ours = dataclasses.replace(samples.LINES, dialects=("trivium",)).variants()[0]
        self.assertIn("n/a (dialect)", str(echo.cannot(ours)))
        self.assertIsNone(echo.cannot(LINES))

    def test_a_fetch_client_is_no_server(self) -> None:
        fetch = dataclasses.replace(samples.LINES, kind="fetch", jobs=4).variants()[0]
        self.assertIn("not meant", str(FETCHERS[0].cannot(LINES)))
        self.assertIn("not meant", str(CONTENDERS[0].cannot(fetch)))
        self.assertIsNone(FETCHERS[0].cannot(fetch))
        self.assertNotEqual(FETCHERS[1].key, CONTENDERS[1].key)
        self.assertEqual(FETCHERS[1].name, CONTENDERS[1].name)


class Dialects(unittest.TestCase):
    def flags(self, contender: Contender) -> list[str]:
        command = command_for(
            with_load("--mode", "lines", "--line-bytes", "64"), contender, "x:1", Phases(0, 1), Path("o")
        )
        return command[command.index("--json") + 2 :]

    def test_the_load_client_is_told_the_dialect_and_sends_no_line_where_there_is_none(self) -> None:
        (echo,) = read(GOOD)
        web = dataclasses.replace(echo, dialect="http", path="/p")
        self.assertEqual(self.flags(samples.contender("floor/epoll")), ["--mode", "lines", "--line-bytes", "64"])
        self.assertEqual(self.flags(echo), ["--dialect", "echo", "--mode", "lines", "--line-bytes", "64"])
        self.assertEqual(self.flags(web), ["--dialect", "http", "--path", "/p", "--mode", "lines"])


def with_load(*flags: str) -> Variant:
    """Returns a variant of the scenario `lines` with other flags for the load client."""
    return dataclasses.replace(samples.LINES, load=flags).variants()[0]


class Choice(unittest.TestCase):
    def setUp(self) -> None:
        self.said: list[str] = []
        self.fetch = dataclasses.replace(samples.LINES, name="fetch", kind="fetch", jobs=4)

    def catalogue(self, *scenarios: Scenario, more: tuple[Contender, ...] = ()) -> Catalogue:
        return Catalogue(scenarios, (*CONTENDERS, *more))

    def plan(self, catalogue: Catalogue, **asked: object) -> list[str]:
        plan = make_plan(Asked(**asked), catalogue, self.said.append)  # type: ignore[arg-type]
        return [entry.name for entry in plan.entries]

    def test_servers_and_fetch_clients_have_their_own_baselines(self) -> None:
        asked = {"scenarios": ("lines", "fetch"), "contenders": ("*/handoff",)}
        names = self.plan(self.catalogue(samples.LINES, self.fetch), **asked)
        handoffs = ["multiprocess/handoff", "multithread/handoff"]
        servers = [*handoffs, "async/per-connection", "async/per-connection#2", "async/handoff"]
        self.assertEqual(names, [*servers, *handoffs, "async/per-url", "async/per-url#2", "async/handoff"])

    def test_what_is_not_here_is_left_out_with_a_word_unless_it_was_asked_for(self) -> None:
        gone = dataclasses.replace(samples.contender("floor/epoll"), name="peer/x", missing="there is no x")
        catalogue = self.catalogue(samples.LINES, more=(gone,))
        self.assertNotIn("peer/x", self.plan(catalogue, scenarios=("lines",)))
        self.assertEqual(self.said, ["peer/x is left out: there is no x"])
        self.assertIn("peer/x", self.plan(catalogue, scenarios=("lines",), contenders=("peer/*",)))

    def test_what_could_not_be_built_says_so_in_its_cells(self) -> None:
        plan = samples.plan()
        gone = plan.without(samples.contender("multithread/handoff"), "it could not be built: no luck")
        reasons = {entry.name: entry.contender.cannot(LINES) for entry in gone.entries}
        self.assertEqual(reasons["multithread/handoff"], "n/a (not here): it could not be built: no luck")
        self.assertEqual(len(gone.pairs()), len(plan.pairs()) - 2)

    def test_a_contender_of_another_profile_takes_part_when_asked_for(self) -> None:
        peer = dataclasses.replace(samples.contender("floor/epoll"), name="peer/x", profiles=("full",))
        catalogue = self.catalogue(samples.LINES, more=(peer,))
        self.assertNotIn("peer/x", self.plan(catalogue, scenarios=("lines",)))
        self.assertIn("peer/x", self.plan(catalogue, scenarios=("lines",), contenders=("peer/x",)))
        self.assertIn("peer/x", self.plan(catalogue, scenarios=("lines",), profile="full"))

    def test_a_baseline_that_is_nowhere_measured_is_refused(self) -> None:
        needy = dataclasses.replace(samples.LINES, name="needy", needs=("hazards",))
        with self.assertRaisesRegex(WrongUsage, "--baseline: floor/epoll can't be it in scenario needy"):
            self.plan(self.catalogue(needy), scenarios=("needy",), baseline="floor/epoll")
        self.plan(self.catalogue(needy, samples.LINES), scenarios=("needy", "lines"), baseline="floor/epoll")
        self.assertIn("needy has no ratios", self.said[0])

    def test_names_that_nobody_has_are_refused(self) -> None:
        catalogue = self.catalogue(samples.LINES)
        for asked, wanted in (
            ({"scenarios": ("dance",)}, "--scenario: there is no 'dance'"),
            ({"contenders": ("nobody/*",)}, "--contender: 'nobody/"),
            ({"baseline": "nobody"}, "--baseline: there is no 'nobody'"),
        ):
            with self.subTest(asked=asked), self.assertRaisesRegex(WrongUsage, wanted):
                self.plan(catalogue, **({"scenarios": ("lines",)} | asked))

    def test_the_list_tells_of_everyone(self) -> None:
        catalogue = read_catalogue(Asked(added=("mine:echo=/bin/sh {port}",)))
        text = explain(catalogue)
        for name in ("mine", "peer/nginx", "async/per-url", "latency", "channel", "standard"):
            self.assertIn(name, text)
        gone = dataclasses.replace(catalogue.servers[-1], missing="there is no x")
        self.assertIn("dialect echo", about_contender(gone))
        self.assertIn("NOT HERE: there is no x", about_contender(gone))


class Limits(unittest.TestCase):
    def test_what_does_not_fit_is_named_with_who_needs_it(self) -> None:
        huge = dataclasses.replace(samples.LINES, connections=10**9).variants()[0]
        found = limits.problems(
            [(LINES, samples.contender("async/handoff")), (huge, samples.contender("async/handoff"))]
        )
        self.assertTrue(any("async/handoff in lines needs 1,000,000,256" in problem for problem in found))
        self.assertEqual(limits.problems([(LINES, samples.contender("async/handoff"))]), [])


if __name__ == "__main__":
    unittest.main()
