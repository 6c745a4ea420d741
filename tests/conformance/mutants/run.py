#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Trivium authors
"""Tests the suite: every mutant must be killed by the case that is meant for it, and what is right must pass.

    run.py CONFORMANCE --kind server|client [--only GLOB] [--jobs N] [--survey]
    run.py CONFORMANCE --kind contract --echo PROGRAM --fetch PROGRAM [--only GLOB] [--jobs N] [--survey]

Prints the table of mutants and killers. Exit 0 when every mutant was killed and the correct program passes, else 1: all
cases, or with `contract`, where it is one of ours in a wrapper, those that are meant to kill.
`--survey` runs every mutant against all cases instead, and prints how many notice it; it takes minutes.
"""

import argparse
import json
import shlex
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path

import contract_mutants

HERE = Path(__file__).resolve().parent
_LIMIT = 540
# These need what not every machine has: a mutant that one of them kills may be skipped.
_MAY_SKIP = ("cli.echo.ipv6", "cli.echo.listen-name", "fetch.fault.connect-timeout")

SERVERS = {
    "head-late": "echo.head.before-input",
    "head-by-timer": "echo.head.before-input",
    "no-head": "echo.head.at-end-of-input",
    "other-head": "echo.head.before-input",
    "head-too-much": "echo.head.exact",
    "crlf-kept": "echo.line.crlf",
    "split-crlf-kept": "echo.line.crlf-split",
    "every-cr-stripped": "echo.line.last-cr",
    "cr-removed": "echo.line.cr-data",
    "cr-line-is-empty": "echo.line.cr-cr-lf",
    "answers-crlf": "echo.line.lf",
    "no-flush": "echo.line.at-once",
    "flushes-by-timer": "echo.line.at-once",
    "partial-by-timer": "echo.line.partial-behind",
    "waits-for-whole": "echo.line.partial-behind",
    "echoes-bytes": "echo.line.partial",
    "loses-lines": "echo.line.pipelined",
    "newest-first": "echo.line.pipelined",
    "corrupts-late": "echo.line.long-exchange",
    "quadratic": "echo.line.lengths",
    "trims-blanks": "echo.line.blanks",
    "impatient": "echo.line.partial",
    "c-strings": "echo.utf8.nul-bom",
    "bom-stripped": "echo.utf8.nul-bom",
    "any-bytes": "echo.utf8.broken",
    "skips-bad-lines": "echo.utf8.broken",
    "overlong": "echo.utf8.overlong",
    "surrogates": "echo.utf8.surrogate",
    "beyond-unicode": "echo.utf8.range",
    "text-judged-early": "echo.utf8.complete-line",
    "text-by-chunk": "echo.utf8.cut",
    "never-ends": "echo.end.empty-line",
    "serves-after-end": "echo.end.later-input",
    "crlf-is-content": "echo.end.empty-crlf",
    "waits-for-client": "echo.end.server-closes",
    "closes-by-timer": "echo.end.server-closes",
    "end-loses-owed": "echo.end.owed",
    "left-over-dropped": "echo.end.left-over",
    "left-over-cr-stripped": "echo.end.left-over-cr",
    "half-close-ends-all": "echo.end.half-close-late",
    "limit-less-one": "echo.reject.limit-legal",
    "limit-and-one": "echo.reject.one-more",
    "limit-of-connection": "echo.reject.each-line",
    "waits-for-line-end": "echo.reject.at-once",
    "rejects-by-timer": "echo.reject.at-once",
    "cr-decided-early": "echo.reject.cr-undecided",
    "cr-undecided-on": "echo.reject.cr-then-other",
    "cr-not-counted": "echo.reject.cr-counts",
    "rejection-loses-earlier": "echo.utf8.reject-any-cut",
    "resets": "echo.close.tail-after-end",
    "closes-at-once": "echo.close.tail-after-rejection",
    "no-drain": "echo.close.late-input",
    "drains-first": "echo.close.fin-first",
    "drains-too-little": "echo.close.late-input",
    "drains-for-ever": "echo.close.one-mebibyte",
    "ignores-fin": "echo.close.client-fin",
    "cross-talk": "echo.load.no-cross-talk",
    "one-at-a-time": "echo.load.silent",
    "dies-of-reset": "echo.load.reset",
    "forgets-the-hundredth": "echo.load.one-after-another",
    "never-blocks": "echo.pressure.stopped",
    "rests-now-and-then": "echo.pressure.stopped",
    "gives-up-on-slow": "echo.pressure.stopped",
    "ignores-sigterm": "spawn.sigterm",
    "leaves-a-child": "spawn.nothing-left",
    "no-reuseaddr": "spawn.port-again",
    "leaks-descriptors": "spawn.descriptors",
    "leaves-zombies": "spawn.zombies",
}

CLIENTS = {
    "http-1-1": "fetch.request.get-1-0",
    "lf-between": "fetch.request.form",
    "request-has-body": "fetch.request.form",
    "no-host": "fetch.request.host-with-port",
    "host-without-port": "fetch.request.host-with-port",
    "no-user-agent": "fetch.request.user-agent",
    "retries": "fetch.request.once",
    "sends-fragment": "fetch.target.fragment",
    "drops-query": "fetch.target.query",
    "decodes-target": "fetch.target.percent",
    "resolves-dots": "fetch.target.dots",
    "path-may-be-empty": "fetch.target.missing-path",
    "port-wraps": "fetch.url.bad-port-wraps",
    "injects": "fetch.url.no-injection",
    "follows": "fetch.head.redirect",
    "404-is-fine": "fetch.head.status-404",
    "only-200": "fetch.head.status-201",
    "1xx-is-the-answer": "fetch.head.1xx",
    "204-has-a-body": "fetch.head.204",
    "head-in-one-read": "fetch.head.dribbled",
    "names-have-case": "fetch.head.name-case",
    "junk-is-200": "fetch.head.junk",
    "bad-fields-skipped": "fetch.head.no-colon",
    "chunks-are-body": "fetch.head.chunked",
    "first-length-wins": "fetch.head.conflicting-lengths",
    "any-number-is-length": "fetch.head.length-hex",
    "nothing-is-fine": "fetch.head.nothing",
    "endless-head": "fetch.head.endless-field",
    "ignores-length": "fetch.body.length-open",
    "keeps-surplus": "fetch.body.surplus",
    "short-is-fine": "fetch.body.truncated",
    "reset-is-end": "fetch.body.reset-stream",
    "adds-line-end": "fetch.body.no-newline",
    "unix-line-ends": "fetch.body.bytes-kept",
    "text-mode": "fetch.body.bytes-kept",
    "text-by-chunk": "fetch.body.dribbled",
    "any-bytes": "fetch.text.latin-1",
    "surrogates": "fetch.text.surrogate",
    "always-0": "fetch.fault.refused",
}


@dataclass(frozen=True)
class Program:
    """A program that is right, which goes wrong in the way that `--mutant` says, and what the suite is to find."""

    kind: str
    command: tuple[str, ...]  # of what is right
    target: str  # the flag that says how the suite meets it
    words: str  # what the suite adds to the command
    mutants: dict[str, str]
    timeout: str  # that a mutant runs into: short
    flags: tuple[str, ...] = ()
    killers_only: bool = False  # what is right need not pass other cases

    def options(self, mutant: str) -> list[str]:
        """Says which program the suite is to judge: a mutant, or what is right where `mutant` is empty."""
        script, *program = self.command
        words = [sys.executable, "-I", "-S", str(HERE / script), *(["--mutant", mutant] if mutant else []), *program]
        return [self.target, f"{shlex.join(words)} {self.words}", *self.flags]


def programs(arguments: argparse.Namespace) -> list[Program]:
    """Returns what the kind is about."""
    if arguments.kind == "server":
        return [Program("server", ("server.py",), "--spawn", "--port {port}", SERVERS, "1s")]
    if arguments.kind == "client":  # its start is part of every step
        return [Program("client", ("client.py",), "--fetch", "{url}", CLIENTS, "4s")]
    echo, fetch = ("contract.py", arguments.echo), ("contract.py", arguments.fetch)
    listen = "--listen 127.0.0.1:{port} --strategy handoff"
    flags = ("--contract",)
    return [
        Program("echo", echo, "--spawn", listen, contract_mutants.SERVERS, "5s", flags, True),
        Program("fetch", fetch, "--fetch", "{url}", contract_mutants.CLIENTS, "3s", flags, True),
    ]


@dataclass(frozen=True)
class Outcome:
    """What a run of the suite came to: its exit code, and the ids of the cases that failed or were skipped."""

    code: int
    failed: tuple[str, ...]
    skipped: tuple[str, ...]
    output: str


def judge(conformance: str, options: list[str]) -> Outcome:
    """Runs the suite."""
    with tempfile.NamedTemporaryFile(suffix=".json") as results:
        command = [conformance, *options, "--brief", "--json", results.name]
        done = subprocess.run(command, capture_output=True, text=True, timeout=_LIMIT)
        text = Path(results.name).read_text(encoding="utf-8")
    cases = json.loads(text)["targets"][0]["cases"] if text else []
    failed = tuple(case["id"] for case in cases if case["verdict"] in ("FAIL", "WARN"))
    skipped = tuple(case["id"] for case in cases if case["verdict"] == "SKIP")
    return Outcome(done.returncode, failed, skipped, done.stdout + done.stderr)


def kill(conformance: str, program: Program, mutant: str) -> Outcome:
    """Runs the one case that must notice the mutant."""
    case = [*program.options(mutant), "--only", program.mutants[mutant], "--jobs", "1", "--strict"]
    outcome = judge(conformance, [*case, "--timeout", program.timeout])
    # Who was not reached is not judged: a busy machine may need longer than that.
    return judge(conformance, case) if outcome.code == 3 else outcome


def judge_correct(conformance: str, program: Program) -> Outcome:
    """Runs all cases that what is right must pass."""
    killers = sorted(set(program.mutants.values())) if program.killers_only else []
    chosen = [word for killer in killers for word in ("--only", killer)]
    return judge(conformance, [*program.options(""), *chosen, "--strict"])


def survey(conformance: str, program: Program) -> int:
    """Prints how many cases notice each mutant."""
    for mutant, killer in program.mutants.items():
        outcome = judge(conformance, [*program.options(mutant), "--timeout", "1s", "--quick"])
        missed = "" if killer in outcome.failed else ", NOT " + killer
        print(f"{program.kind} {mutant:24} {len(outcome.failed):4} cases notice{missed}")
    return 0


def kill_all(conformance: str, program: Program, jobs: int) -> bool:
    """Prints who killed each mutant, and whether what is right passes; true where all is as it must be."""
    mutants, killed, skipped = program.mutants, 0, 0
    with ThreadPoolExecutor(jobs) as pool:
        correct = pool.submit(judge_correct, conformance, program)
        runs = {name: pool.submit(kill, conformance, program, name) for name in mutants}
        print(f"{'mutant ' + program.kind:30} killed by")
        for name, killer in mutants.items():
            outcome = runs[name].result()
            if outcome.code == 1 and outcome.failed == (killer,):
                killed += 1
                print(f"{name:30} {killer}")
            elif killer in _MAY_SKIP and killer in outcome.skipped:
                skipped += 1
                print(f"{name:30} {killer}  SKIPPED")
            else:
                print(f"{name:30} {killer}  SURVIVED (exit {outcome.code})\n{outcome.output}")
        verdict = correct.result()
    shown = f", {skipped} skipped" if skipped else ""
    print(f"{killed} of {len(mutants)} mutants killed{shown}; the correct {program.kind}: exit {verdict.code}")
    if verdict.code != 0:
        print(verdict.output)
    return killed + skipped == len(mutants) and verdict.code == 0


def main() -> int:
    """Reads the command line; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("conformance")
    parser.add_argument("--kind", choices=["server", "client", "contract"], required=True)
    parser.add_argument("--echo", help="a server that keeps the contract")
    parser.add_argument("--fetch", help="a client that keeps it")
    parser.add_argument("--only", default="*")
    parser.add_argument("--jobs", type=int, default=4)
    parser.add_argument("--survey", action="store_true")
    arguments = parser.parse_args()
    if arguments.kind == "contract" and not (arguments.echo and arguments.fetch):
        parser.error("--kind contract needs --echo and --fetch")
    chosen = []
    for program in programs(arguments):
        mutants = {name: killer for name, killer in program.mutants.items() if fnmatchcase(name, arguments.only)}
        if mutants:
            chosen.append(replace(program, mutants=mutants))
    if arguments.survey:
        return max((survey(arguments.conformance, program) for program in chosen), default=1)
    results = [kill_all(arguments.conformance, program, arguments.jobs) for program in chosen]
    return 0 if results and all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
