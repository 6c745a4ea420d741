# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Trivium authors
"""The command line of scripts/compare."""

import argparse
import sys
import time
from pathlib import Path
from typing import NoReturn

from trivium.against import read_results
from trivium.choose import Asked, make_plan, read_catalogue
from trivium.contenders import DEFAULT_BASELINE
from trivium.errors import WrongUsage
from trivium.explain import explain
from trivium.paths import RESULTS, shown
from trivium.placement import parse_cpu_list, place
from trivium.plan import PROFILES
from trivium.program import exit_code
from trivium.run import Comparison, resume

MOST_ROUNDS = 1000

_ABOUT = """\
Measures processes, threads and coroutines against each other, on this machine: prepares it, builds, proves every
contender conformant, runs all of them in rounds of random order, prints a table and writes the results.
"""
_AFTER = """\
Exit codes: 0 measured; 1 something stood in the way, or a contender did not conform (what could be measured was);
2 wrong usage; 130 after ^C, with what was measured until then.

Examples:
  scripts/compare                                        the headline scenarios, within five minutes
  scripts/compare --profile standard                     nearly everything, within half an hour
  scripts/compare --list                                 what there is to measure, and to be measured
  scripts/compare --scenario lines --contender 'async/*' --contender 'multithread/*'
  scripts/compare --scenario hazards                     the hazard matrix: what each model risks on a bad day
  scripts/compare --scenario scale --profile full        one scenario, as the full profile has it
  scripts/compare --against results/THAT                 and what has changed since
  scripts/compare --resume results/THAT                  after ^C: what is left of it
  scripts/compare --add mine='./server --port {port}'    a server of yours beside ours, which must conform
  scripts/compare --add web:http='./web {port}' --scenario churn --contender web
  scripts/compare --contenders mine.toml --scenarios own.toml   as scripts/contenders.toml, scripts/scenarios.toml
"""


class _Parser(argparse.ArgumentParser):
    """Answers wrong usage in one line."""

    def error(self, message: str) -> NoReturn:
        """Raises what main prints: the flag, and what is legal."""
        message = message.removeprefix("argument ")
        flag = message.partition(":")[0]
        if message.startswith("unrecognized"):
            message += f"; legal are {', '.join(self._option_string_actions)}"
        elif message.endswith("expected one argument"):
            message += f": {self._option_string_actions[flag].help}"
        raise WrongUsage(message)


def _number(low: int, high: int | None) -> "type[int]":
    def parse(text: str) -> int:
        if text.isdecimal() and int(text) >= low and (high is None or int(text) <= high):
            return int(text)
        legal = f"a number from {low}" + ("" if high is None else f" to {high}")
        raise argparse.ArgumentTypeError(f"takes {legal}, not '{text}'")

    return parse  # type: ignore[return-value]


def _cpus(text: str) -> list[int]:
    try:
        return parse_cpu_list(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"takes a list of CPUs such as 0-3,6, not '{text}'") from None


def _parser() -> _Parser:
    profiles = "; ".join(f"{p.name}: {p.rounds} rounds, {p.about}" for p in PROFILES.values())
    parser = _Parser(
        prog="scripts/compare",
        description=_ABOUT,
        epilog=_AFTER,
        allow_abbrev=False,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    help_profile = f"how much time to spend ({profiles}); default quick"
    add("--profile", choices=list(PROFILES), default="quick", help=help_profile)
    add("--scenario", action="append", metavar="NAME", help="only this scenario, of any profile; a glob, or 'hazards': all of those; adds up")
    add("--contender", action="append", metavar="GLOB", help="only the contenders that match, as 'async/*'; adds up")
    help_add = "one more server; it speaks trivium, or NAME:DIALECT (echo, http); adds up"
    add("--add", action="append", metavar="NAME='COMMAND with {port}'", help=help_add)
    help_file = "more contenders, as in scripts/contenders.toml; adds up"
    add("--contenders", action="append", type=Path, metavar="FILE", help=help_file)
    help_file = "more scenarios, as in scripts/scenarios.toml, or others of the same name; adds up"
    add("--scenarios", action="append", type=Path, metavar="FILE", help=help_file)
    help_baseline = f"what ratios refer to; default {DEFAULT_BASELINE}"
    add("--baseline", metavar="NAME", default=DEFAULT_BASELINE, help=help_baseline)
    add("--rounds", type=_number(1, MOST_ROUNDS), metavar="N", help="rounds, instead of the profile's")
    add("--server-cpus", type=_cpus, metavar="LIST", help="the server's CPUs, as 0-3,6; default half of all")
    add("--load-cpus", type=_cpus, metavar="LIST", help="the load client's CPUs; default the other half")
    add("--output", type=Path, metavar="DIR", help="where results go: a new or empty folder; default results/<time>")
    help_resume = "go on with the comparison in that folder, which was interrupted, as it was asked for then"
    add("--resume", type=Path, metavar="DIR", help=help_resume)
    add("--seed", type=_number(0, None), metavar="N", help="the seed of the order; default random, and recorded")
    help_against = "say what has changed beyond noise since that comparison, at the rates that it asked at"
    add("--against", type=Path, metavar="DIR", help=help_against)
    add("--list", action="store_true", help="explain profiles, contenders and scenarios, and end")
    return parser


def _asked(options: argparse.Namespace) -> Asked:
    return Asked(
        profile=options.profile,
        scenarios=tuple(options.scenario or ()),
        contenders=tuple(options.contender or ()),
        baseline=options.baseline,
        rounds=options.rounds,
        seed=options.seed,
        added=tuple(options.add or ()),
        contender_files=tuple(options.contenders or ()),
        scenario_files=tuple(options.scenarios or ()),
        old=read_results(options.against) if options.against else None,
    )


def _resume(folder: Path, arguments: list[str]) -> int:
    if len(arguments) > (1 if arguments[0].startswith("--resume=") else 2):
        raise WrongUsage("--resume goes on with what was asked for then: it takes no other flag beside it")
    return resume(folder)


def _say(text: str) -> None:
    print(f"compare: {text}", file=sys.stderr, flush=True)


def _output_folder(asked: Path | None) -> Path:
    folder = asked or RESULTS / time.strftime("%Y-%m-%dT%H-%M-%SZ", time.gmtime())
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise WrongUsage(f"--output takes a new or empty folder, and {folder} is not empty")
    except OSError as error:
        raise WrongUsage(f"--output takes a folder that can be written: {error}") from error
    return folder


def _compare(arguments: list[str]) -> int:
    options = _parser().parse_args(arguments)
    if options.resume:
        return _resume(options.resume, arguments)
    asked = _asked(options)
    catalogue = read_catalogue(asked)
    if options.list:
        print(explain(catalogue))
        return 0
    plan = make_plan(asked, catalogue, _say)
    placement = place(options.server_cpus, options.load_cpus)
    against = shown(options.against.resolve()) if options.against else None
    return Comparison(plan, placement, _output_folder(options.output), arguments, against=against).run()


def main(arguments: list[str]) -> int:
    """Does what the command line says; returns the exit code."""
    return exit_code("compare", lambda: _compare(arguments))
