# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Trivium authors
"""Which microbenchmarks a scenario's programs hold, and what one of them measures in one round.

Each runs in a process of its own: Google Benchmark runs what one process is to run in the order of registration, and
what ran before (a heap, a pool, cached stacks) would be part of what comes after.
"""

import json
import os
import re
import resource
import subprocess
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from trivium.errors import BenchmarkFailed, CannotCompare
from trivium.kernel_counters import machine_time
from trivium.paths import BUILD, shown
from trivium.processes import die_with_parent, kill_all, kill_descendants, tree
from trivium.scenarios import Microbenchmark

PROGRAMS = BUILD / "tests"
# A process, finding out how many iterations fill the time, and what a benchmark sets up: seconds beside the timed ones.
OVERHEAD = 0.2
_SLACK = 120.0
_LISTING = 20.0

Raw = dict[str, Any]
Params = dict[str, Any]


@dataclass(frozen=True)
class Case:
    """One benchmark as an entry of a scenario. `benchmark` is its name as the program lists it."""

    scenario: Microbenchmark
    program: Path
    benchmark: str
    params: tuple[tuple[str, str | int], ...]
    entry: str

    @property
    def contender(self) -> str:
        """What is measured: the entry's name, the same for both of an A/A pair."""
        return self.entry.removesuffix("#2")

    @property
    def label(self) -> str:
        """What tells it from all other cases of its scenario."""
        return case_label(dict(self.params), self.entry)

    @property
    def seconds(self) -> float:
        """How long it takes in one round, about."""
        return 1.3 * self.scenario.seconds + OVERHEAD


def case_label(params: Params, entry: str) -> str:
    """Returns what tells a case from all others of its scenario: "alive:1/multithread.thread"."""
    return "/".join([*(f"{key}:{value}" for key, value in params.items()), entry])


def read_parts(text: str) -> tuple[Params, str]:
    """Returns the parameters and the entry of "KEY:VALUE/.../of:ENTRY"; what the library appends is left out."""
    params: Params = {}
    for part in text.split("/"):
        key, colon, value = part.partition(":")
        if not colon:
            raise ValueError(f"'{part}' is not KEY:VALUE")
        if key == "of":
            return params, value
        params[key] = int(value) if value.isdecimal() else value
    raise ValueError("there is no of:ENTRY")


def read_name(scenario: Microbenchmark, program: Path, benchmark: str) -> Case:
    """Returns the case that a benchmark's name tells of; CannotCompare where it does not keep to the form."""
    try:
        name, _, rest = benchmark.partition("/")
        if name != scenario.name:
            raise ValueError(f"it is none of scenario '{scenario.name}'")
        params, entry = read_parts(rest)
    except ValueError as error:
        raise CannotCompare(f"{program.name}: benchmark '{benchmark}': {error}") from None
    return Case(scenario, program, benchmark, tuple(params.items()), entry)


def baseline_of(pattern: str, params: Params, entry: str, cells: Iterable[tuple[Params, str]]) -> int | None:
    """Returns the index of what a case's ratios refer to, or None: what has the pattern's parts, all else alike."""
    parts, wanted = read_parts(pattern.replace("{model}", entry.partition(".")[0]))
    for index, (others, name) in enumerate(cells):
        alike = all(params.get(key) == others.get(key) for key in {*params, *others} - parts.keys())
        if name == wanted and alike and all(others.get(key, value) == value for key, value in parts.items()):
            return index
    return None


def with_pairs(cases: Sequence[Case]) -> list[Case]:
    """Returns the cases, each that is a baseline followed by its twin: the A/A pair, `x` and `x#2`."""
    known = [(dict(case.params), case.entry) for case in cases]
    found = []
    for index, case in enumerate(cases):
        found.append(case)
        if baseline_of(case.scenario.baseline, *known[index], known) == index:
            found.append(replace(case, entry=f"{case.entry}#2"))
    return found


def _is_asked_for(case: Case, globs: Sequence[str]) -> bool:
    """Says whether a contender's glob means the case: "async/*" and "async.*" are the same."""
    names = (case.entry, case.entry.replace(".", "/", 1))
    return not globs or any(fnmatchcase(name, glob) for name in names for glob in globs)


def select_cases(cases: Sequence[Case], globs: Sequence[str]) -> list[Case]:
    """Returns the cases that the globs mean, and the baselines of those."""
    known = [(dict(case.params), case.entry) for case in cases]
    asked = {index for index, case in enumerate(cases) if _is_asked_for(case, globs)}
    baselines = {baseline_of(cases[index].scenario.baseline, *known[index], known) for index in asked}
    return [case for index, case in enumerate(cases) if index in asked | baselines]


def _list(program: Path, scenario: str) -> list[str]:
    if not os.access(program, os.X_OK):
        raise CannotCompare(f"scenario '{scenario}' needs {shown(program)}, which is not built")
    command = [str(program), "--benchmark_list_tests"]
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=_LISTING, check=True
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise CannotCompare(f"scenario '{scenario}': {shown(program)} does not list its benchmarks: {error}") from error
    return done.stdout.split()


def find_cases(scenarios: Sequence[Microbenchmark], globs: Sequence[str] = ()) -> tuple[Case, ...]:
    """Returns what is to be measured, baselines twice; CannotCompare where a program is not built or holds nothing.

    A scenario of which the globs ask for nothing has no case.
    """
    found: list[Case] = []
    for scenario in scenarios:
        cases = [
            read_name(scenario, PROGRAMS / program, benchmark)
            for program in scenario.programs
            for benchmark in _list(PROGRAMS / program, scenario.name)
            if benchmark.startswith(f"{scenario.name}/") and re.search(scenario.filter, benchmark)
        ]
        if not cases:
            raise CannotCompare(f"scenario '{scenario.name}': its programs hold no benchmark that its filter passes")
        found += with_pairs(select_cases(cases, globs))
    return tuple(found)


def _exactly(benchmark: str) -> str:
    """Returns a filter for one name: an extended regular expression, in which not every character may be escaped."""
    return "^" + re.sub(r"[][.*+?^$(){}|\\]", r"\\\g<0>", benchmark) + "$"


def command_for(case: Case) -> list[str]:
    """Returns the command line that runs the case alone."""
    return [
        str(case.program),
        f"--benchmark_filter={_exactly(case.benchmark)}",
        f"--benchmark_min_time={case.scenario.seconds:g}",
        "--benchmark_format=json",
    ]


def _run(command: list[str], cpus: Sequence[int], within: float) -> Any:
    """Returns what the program prints, read as JSON."""

    def prepare() -> None:
        die_with_parent()
        os.sched_setaffinity(0, cpus)

    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        start_new_session=True,
        preexec_fn=prepare,
    )
    with process:
        try:
            output, errors = process.communicate(timeout=within)
        except BaseException as error:
            kill_all(tree(process.pid))
            if isinstance(error, subprocess.TimeoutExpired):
                raise BenchmarkFailed(f"it was not done after {within:g} s") from error
            raise
    if process.returncode != 0:
        said = errors.strip().splitlines()[-1:] or ["and said nothing"]
        raise BenchmarkFailed(f"it ended with {process.returncode}: {said[0][:200]}")
    return json.loads(output)


def _only_run(report: Any, case: Case) -> tuple[Raw, Raw]:
    """Returns the library's context and the one run that there is."""
    runs = [run for run in report["benchmarks"] if run.get("run_type", "iteration") == "iteration"]
    if len(runs) != 1:
        raise BenchmarkFailed(f"it reported {len(runs)} runs of {case.benchmark}")
    if runs[0].get("error_occurred"):
        raise BenchmarkFailed(runs[0].get("error_message") or "it failed without a word")
    return report["context"], runs[0]


def measure_case(case: Case, round_number: int, cpus: Sequence[int]) -> Raw:
    """Returns the raw measurement; one that failed has the reason in `error` and no `benchmark`."""
    command = command_for(case)
    raw: Raw = {
        "scenario": case.scenario.name,
        "params": dict(case.params),
        "entry": case.entry,
        "contender": case.contender,
        "round": round_number,
        "command": command,
        "cpus": list(cpus),
        "started": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "error": None,
        "notes": [],
    }
    machine, used, began = machine_time(), resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    try:
        raw["context"], raw["benchmark"] = _only_run(_run(command, cpus, case.scenario.seconds + _SLACK), case)
    except (BenchmarkFailed, OSError, subprocess.SubprocessError, ValueError, KeyError) as error:
        raw["error"] = str(error) or type(error).__name__
        kill_descendants()  # what it has left behind must not run beside the next one
    now, after = machine_time(), resource.getrusage(resource.RUSAGE_CHILDREN)
    raw["cpu_seconds"] = after.ru_utime + after.ru_stime - used.ru_utime - used.ru_stime
    raw["machine_busy_seconds"] = now.busy - machine.busy
    raw["stolen_seconds"] = now.stolen - machine.stolen
    raw["wall_seconds"] = raw["watched_seconds"] = time.monotonic() - began
    return raw
