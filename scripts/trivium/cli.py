# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Trivium authors
"""The command line of scripts/compare."""

import argparse
import os
import random
import shutil
import sys
import textwrap
import time
from pathlib import Path
from typing import NoReturn

from trivium.contenders import CONTENDERS, DEFAULT_BASELINE, find, select, wanted
from trivium.errors import CannotCompare, WrongUsage
from trivium.paths import RESULTS, SCENARIOS
from trivium.placement import parse_cpu_list, place
from trivium.plan import PROFILES, Plan, make_entries
from trivium.run import Comparison
from trivium.scenario_file import read_scenarios
from trivium.scenarios import PROFILE_NAMES, AnyScenario, Microbenchmark, Scenario, variants_of
from trivium.statistics import FEWEST_FOR_INTERVAL

MOST_ROUNDS = 1000

_ABOUT = """\
Measures processes, threads and coroutines against each other, on this machine: prepares it, builds, proves every
contender conformant, runs all of them in rounds of random order, prints a table and writes the results.
"""
_AFTER = """\
Exit codes: 0 measured; 1 something stood in the way, or a contender did not conform (what could be measured was);
2 wrong usage; 130 after ^C, with what was measured until then.
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
    add("--scenario", action="append", metavar="NAME", help="only this scenario, of any profile; adds up")
    add("--contender", action="append", metavar="GLOB", help="only the contenders that match, as 'async/*'; adds up")
    help_baseline = f"what ratios refer to; default {DEFAULT_BASELINE}"
    add("--baseline", metavar="NAME", default=DEFAULT_BASELINE, help=help_baseline)
    add("--rounds", type=_number(1, MOST_ROUNDS), metavar="N", help="rounds, instead of the profile's")
    add("--server-cpus", type=_cpus, metavar="LIST", help="the server's CPUs, as 0-3,6; default half of all")
    add("--load-cpus", type=_cpus, metavar="LIST", help="the load client's CPUs; default the other half")
    add("--output", type=Path, metavar="DIR", help="where results go: a new or empty folder; default results/<time>")
    add("--seed", type=_number(0, None), metavar="N", help="the seed of the order; default random, and recorded")
    add("--list", action="store_true", help="explain contenders and scenarios, and end")
    return parser


def _about(scenario: AnyScenario) -> str:
    if isinstance(scenario, Microbenchmark):
        how = f"microbenchmarks in {', '.join(scenario.programs)}"
    else:
        values = f"{scenario.axis} {', '.join(str(v.axis_value) for v in scenario.variants())}" if scenario.axis else ""
        single = f"{scenario.connections} connections"
        how = f"{values or single}, {scenario.loop} loop"
    profiles = "" if scenario.profiles == PROFILE_NAMES else f"; in {' and '.join(scenario.profiles)} only"
    return f"{scenario.question}; {how}; ranked by {scenario.headline}{profiles}"


def _explain(scenarios: list[AnyScenario]) -> str:
    width = min(shutil.get_terminal_size().columns, 110)
    lines = ["Contenders"]
    for contender in CONTENDERS:
        default = " (the default baseline)" if contender.name == DEFAULT_BASELINE else ""
        lines.append(f"  {contender.name:<34} {contender.about}{default}")
    lines += ["", "Scenarios"]
    for scenario in scenarios:
        head = f"  {scenario.name:<34} "
        lines += textwrap.wrap(_about(scenario), width, initial_indent=head, subsequent_indent=" " * len(head))
    return "\n".join(lines)


def _chosen_scenarios(options: argparse.Namespace, known: list[AnyScenario]) -> list[AnyScenario]:
    legal = [scenario.name for scenario in known]
    for name in options.scenario or []:
        if name not in legal:
            raise WrongUsage(f"--scenario: there is no '{name}'; legal are {', '.join(legal)}")
    if options.scenario:
        chosen = [scenario for scenario in known if scenario.name in options.scenario]
    else:
        chosen = [scenario for scenario in known if options.profile in scenario.profiles]
    profile = PROFILES[options.profile]
    return [s if isinstance(s, Microbenchmark) else s.for_profile(profile.name, profile.phases) for s in chosen]


def _plan(options: argparse.Namespace, chosen: list[AnyScenario]) -> Plan:
    scenarios = tuple(scenario for scenario in chosen if isinstance(scenario, Scenario))
    microbenchmarks = tuple(scenario for scenario in chosen if isinstance(scenario, Microbenchmark))
    names = ", ".join(contender.name for contender in CONTENDERS)
    for glob in options.contender or []:
        # What a microbenchmark can be asked for is known once it is built.
        if not microbenchmarks and not select([glob]):
            raise WrongUsage(f"--contender: '{glob}' matches none of {names}")
        if not wanted(select([glob]), scenarios):
            measured = ", ".join(scenario.name for scenario in scenarios)
            raise WrongUsage(f"--contender: '{glob}' matches nothing that is measured in {measured}; see --scenario")
    baseline = find(options.baseline)
    if baseline is None:
        raise WrongUsage(f"--baseline: there is no '{options.baseline}'; legal are {names}")
    contenders = wanted(select(options.contender or []), scenarios)
    if baseline not in contenders:
        contenders = select([*(contender.name for contender in contenders), baseline.name])
    for variant in variants_of(scenarios):
        scenario = variant.scenario
        if scenario.kind == "served" and (reason := baseline.cannot(variant)):
            raise WrongUsage(f"--baseline: {baseline.name} can't be it in scenario {scenario.name}: {reason}")
    profile = PROFILES[options.profile]
    return Plan(
        profile=profile,
        rounds=options.rounds or profile.rounds,
        seed=random.SystemRandom().randrange(2**32) if options.seed is None else options.seed,
        baseline=baseline.name,
        scenarios=scenarios,
        entries=make_entries(contenders, baseline) if scenarios else (),
        fewest_rounds=options.rounds or FEWEST_FOR_INTERVAL,
        microbenchmarks=microbenchmarks,
        globs=tuple(options.contender or ()),
    )


def _output_folder(asked: Path | None) -> Path:
    folder = asked or RESULTS / time.strftime("%Y-%m-%dT%H-%M-%SZ", time.gmtime())
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise WrongUsage(f"--output takes a new or empty folder, and {folder} is not empty")
    except OSError as error:
        raise WrongUsage(f"--output takes a folder that can be written: {error}") from error
    return folder


def main(arguments: list[str]) -> int:
    """Does what the command line says; returns the exit code."""
    try:
        options = _parser().parse_args(arguments)
        scenarios = read_scenarios(SCENARIOS)
        if options.list:
            print(_explain(scenarios))
            return 0
        plan = _plan(options, _chosen_scenarios(options, scenarios))
        placement = place(options.server_cpus, options.load_cpus)
        return Comparison(plan, placement, _output_folder(options.output), arguments).run()
    except WrongUsage as error:
        print(f"compare: {error}", file=sys.stderr)
        return 2
    except CannotCompare as error:
        print(f"compare: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:
        # Who read our results has gone; they are in their files already.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
