#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Trivium authors
"""Tests the suite: every mutant must be killed by the case that is meant for it, and what is right must pass.

    run.py CONFORMANCE [--kind server|client] [--only GLOB] [--jobs N] [--survey]

Prints the table of mutants and killers. Exit 0 when every mutant was killed and the correct program passes all cases, else 1.
`--survey` runs every mutant against all cases instead, and prints how many notice it; it takes minutes.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

HERE = Path(__file__).resolve().parent
_LIMIT = 240

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
class Outcome:
    """What a run of the suite came to: its exit code, and the ids of the cases that failed."""

    code: int
    failed: tuple[str, ...]
    output: str


def judge(conformance: str, kind: str, mutant: str, extra: list[str]) -> Outcome:
    """Runs the suite against a mutant, or against the correct program where `mutant` is empty."""
    program = f"{sys.executable} -I -S {HERE / f'{kind}.py'}" + (f" --mutant {mutant}" if mutant else "")
    target = ["--spawn", f"{program} --port {{port}}"] if kind == "server" else ["--fetch", f"{program} {{url}}"]
    with tempfile.NamedTemporaryFile(suffix=".json") as results:
        command = [conformance, *target, "--brief", "--json", results.name, *extra]
        done = subprocess.run(command, capture_output=True, text=True, timeout=_LIMIT)
        text = Path(results.name).read_text(encoding="utf-8")
    cases = json.loads(text)["targets"][0]["cases"] if text else []
    failed = tuple(case["id"] for case in cases if case["verdict"] in ("FAIL", "WARN"))
    return Outcome(done.returncode, failed, done.stdout + done.stderr)


def kill(conformance: str, kind: str, mutant: str, killer: str) -> Outcome:
    """Runs the one case that must notice the mutant. A deadline that a mutant runs into is short."""
    timeout = "1s" if kind == "server" else "4s"  # a client's start is part of every step
    return judge(conformance, kind, mutant, ["--only", killer, "--timeout", timeout, "--jobs", "1", "--strict"])


def survey(conformance: str, kind: str, mutants: dict[str, str]) -> int:
    """Prints how many cases notice each mutant."""
    for mutant, killer in mutants.items():
        outcome = judge(conformance, kind, mutant, ["--timeout", "1s", "--quick"])
        print(f"{kind} {mutant:24} {len(outcome.failed):4} cases notice{'' if killer in outcome.failed else ', NOT ' + killer}")
    return 0


def main() -> int:
    """Reads the command line; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("conformance")
    parser.add_argument("--kind", choices=["server", "client"], required=True)
    parser.add_argument("--only", default="*")
    parser.add_argument("--jobs", type=int, default=4)
    parser.add_argument("--survey", action="store_true")
    arguments = parser.parse_args()
    conformance, kind = arguments.conformance, arguments.kind
    table = SERVERS if kind == "server" else CLIENTS
    mutants = {name: killer for name, killer in table.items() if fnmatchcase(name, arguments.only)}
    if arguments.survey:
        return survey(conformance, kind, mutants)
    survivors = 0
    with ThreadPoolExecutor(arguments.jobs) as pool:
        correct = pool.submit(judge, conformance, kind, "", ["--strict"])
        runs = {name: pool.submit(kill, conformance, kind, name, killer) for name, killer in mutants.items()}
        print(f"{'mutant ' + kind:30} killed by")
        for name, killer in mutants.items():
            outcome = runs[name].result()
            killed = outcome.code == 1 and outcome.failed == (killer,)
            survivors += not killed
            print(f"{name:30} {killer}{'' if killed else f'  SURVIVED (exit {outcome.code})'}")
            if not killed:
                print(outcome.output)
        verdict = correct.result()
    print(f"{len(mutants) - survivors} of {len(mutants)} mutants killed; the correct {kind}: exit {verdict.code}")
    if verdict.code != 0:
        print(verdict.output)
    return 0 if survivors == 0 and verdict.code == 0 and mutants else 1


if __name__ == "__main__":
    sys.exit(main())
