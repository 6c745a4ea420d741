# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Trivium authors
"""Runs a comparison from its plan to its results, and keeps what was measured however it ends."""

import json
import shlex
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import Any

from trivium import build, gate, limits
from trivium.contenders import Contender
from trivium.cpu_time import open_account
from trivium.errors import CannotCompare
from trivium.gate import Judgement
from trivium.machine import environment
from trivium.measure import Bench, Raw, measure
from trivium.micro_table import micro_lines
from trivium.microbenchmarks import PROGRAMS, case_label, find_cases, measure_case
from trivium.paths import BUILD, CONFORMANCE, LOAD, shown
from trivium.placement import Placement, format_cpu_list
from trivium.plan import AnyTask, MicroTask, Plan
from trivium.processes import adopt_orphans, kill_descendants
from trivium.progress import Progress, duration
from trivium.report import legend, markdown, verdicts
from trivium.results import make_results
from trivium.table import scenario_lines

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupted(BaseException):
    """A signal asked to stop; what was measured until then is kept."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.exit_code = 128 + number


@contextmanager
def _interruptible() -> Iterator[None]:
    """Turns the first signal into Interrupted; the next ones wait until everything is tidied up."""

    def interrupt(number: int, _frame: FrameType | None) -> None:
        for each in _SIGNALS:
            signal.signal(each, signal.SIG_IGN)
        raise Interrupted(number)

    before = {number: signal.signal(number, interrupt) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _now() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


class Comparison:
    """One comparison: what it has found so far, and where that goes."""

    def __init__(self, plan: Plan, placement: Placement, output: Path, arguments: list[str]) -> None:
        self._plan = plan
        self._placement = placement
        self._output = output
        self._arguments = arguments
        self._progress = Progress()
        self._raws: list[Raw] = []
        self._judgements: dict[str, Judgement] = {}
        self._environment: dict[str, Any] = {}
        self._cpu_source = "n/a"
        self._started = _now()
        self._notes = list(placement.notes)
        self._built = time.monotonic()
        self._complete = False

    def run(self) -> int:
        """Runs all of it; returns the exit code. CannotCompare where nothing can be measured."""
        exit_code = 0
        adopt_orphans()
        with _interruptible():
            try:
                self._prepare()
                self._judge()
                self._measure()
                self._complete = True
                self._progress.clear()
            except Interrupted as interrupted:
                exit_code = interrupted.exit_code
                kept = "keeping what was measured" if self._raws else "nothing was measured yet"
                self._progress.step(f"interrupted: ending the servers, {kept}")
            finally:  # after an error of our own too: what was measured is worth the same
                for number in _SIGNALS:
                    signal.signal(number, signal.SIG_IGN)
                self._progress.clear()
                if left := kill_descendants():
                    self._progress.step(f"could not be killed: processes {left}")
                self._conclude()
        if exit_code:
            return exit_code
        return 0 if all(judgement.passed for judgement in self._judgements.values()) else 1

    def _contenders(self) -> list[Contender]:
        here = (entry.contender for entry in self._plan.entries if not entry.contender.missing)
        return list(dict.fromkeys(here))

    def _programs(self) -> list[Path]:
        contenders = self._contenders()
        # What was installed, or is a user's own, is not ours to build.
        ours = [contender.program for contender in contenders if contender.program.is_relative_to(BUILD)]
        served = [LOAD, CONFORMANCE, *ours] if contenders else []
        return served + [PROGRAMS / name for scenario in self._plan.microbenchmarks for name in scenario.programs]

    def _prepare(self) -> None:
        build.prepare(self._progress.step)
        build.build(self._programs(), self._progress.step, self._progress.line)
        self._plan = self._plan.learned()
        self._find_cases()
        self._built = time.monotonic()
        limits.raise_descriptors()
        if problems := limits.problems(self._plan.pairs()):
            raise CannotCompare("this machine's limits are too small. " + "; ".join(problems))
        self._environment = environment()

    def _find_cases(self) -> None:
        plan = self._plan
        cases = find_cases(plan.microbenchmarks, plan.globs)
        used = tuple(scenario for scenario in plan.microbenchmarks if any(case.scenario == scenario for case in cases))
        for scenario in plan.microbenchmarks:
            if scenario not in used:
                self._progress.step(f"scenario {scenario.name} is left out: --contender asks for none of its entries")
        if not used and not plan.scenarios:
            raise CannotCompare("nothing is left to measure")
        self._plan = replace(plan, microbenchmarks=used, cases=cases)

    def _judge(self) -> None:
        contenders = self._contenders()
        if not contenders:
            return
        self._progress.step(f"conformance of {len(contenders)} contenders, {gate.WITHIN:g} s at most")
        began = time.monotonic()

        def show(done: int, total: int) -> None:
            left = gate.WITHIN - (time.monotonic() - began)
            self._progress.bar(done, total, left, "conformance")

        self._judgements = gate.judge(contenders, self._output / "raw" / "gate", show)
        failed = [(name, judgement) for name, judgement in self._judgements.items() if not judgement.passed]
        for name, judgement in sorted(failed):
            log = shown(self._output / "raw" / "gate" / gate.log_name(name))
            self._progress.step(f"{name} is not timed: {judgement.reason} ({log})")
        if len(failed) == len(contenders) and not self._plan.cases:
            raise CannotCompare("no contender passed the conformance suite")
        known = sum(judgement.remembered for judgement in self._judgements.values())
        remembered = f", {known} of them known from before" if known else ""
        self._progress.step(f"{len(contenders) - len(failed)} of {len(contenders)} conform{remembered}")

    def _measure(self) -> None:
        plan = self._plan
        excluded = frozenset(name for name, judgement in self._judgements.items() if not judgement.passed)
        rounds = [plan.tasks_of(number, excluded) for number in range(1, plan.rounds + 1)]
        total = sum(len(tasks) for tasks in rounds)
        estimate = sum(plan.seconds_for(tasks) for tasks in rounds)
        if not total:
            raise CannotCompare("no contender that conforms fits any of the scenarios")
        size = f"{plan.rounds} x {len(rounds[0])} measurements"
        self._progress.step(f"{size} in random order (seed {plan.seed}), about {duration(estimate)} min")
        account = open_account()
        per_round = estimate / plan.rounds
        self._cpu_source = account.source
        scratch = Path(tempfile.mkdtemp(prefix="trivium-"))
        try:
            bench = Bench(self._placement, account, plan.profile.phases, scratch)
            began = time.monotonic()
            for number, tasks in enumerate(rounds, start=1):
                if not plan.has_time_for(number, time.monotonic() - self._built, per_round):
                    limit = duration(plan.profile.within)
                    self._notes.append(f"{number - 1} of {plan.rounds} rounds fitted into {limit} min on this machine")
                    self._progress.step(self._notes[-1])
                    break
                for task in tasks:
                    done = len(self._raws)
                    spent = time.monotonic() - began
                    left = spent / done * (total - done) if done else estimate
                    self._progress.bar(done, total, left, f"round {task.round}/{plan.rounds}  {task.label}")
                    self._keep(self._measure_one(task, bench))
                per_round = (time.monotonic() - began) / number
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
            kill_descendants()  # a group with a process in it can't be removed
            account.close()

    def _measure_one(self, task: AnyTask, bench: Bench) -> Raw:
        if isinstance(task, MicroTask):
            # Its units talk to each other, and nobody else is to be kept out of their way: all CPUs are theirs.
            cpus = sorted({*self._placement.server, *self._placement.load})
            return measure_case(task.case, task.round, cpus)
        return measure(task, bench)

    def _keep(self, raw: Raw) -> None:
        self._raws.append(raw)
        name = raw["label"] if "label" in raw else case_label(raw["params"], raw["entry"])
        folder = self._output / "raw" / raw["scenario"] / name.replace("/", "_").replace(":", "=")
        folder.mkdir(parents=True, exist_ok=True)
        text = json.dumps(raw, indent=1)
        (folder / f"round-{raw['round']:02d}.json").write_text(text + "\n", encoding="utf-8")

    def _facts(self) -> dict[str, Any]:
        """Returns what must be known of the run itself, for the results."""
        phases = self._plan.profile.phases
        return {
            "profile": self._plan.profile.name,
            "complete": self._complete,
            "rounds": self._plan.rounds,
            "rounds_measured": max((raw["round"] for raw in self._raws), default=0),
            "warmup": phases.warmup,
            "duration": phases.duration,
            "seed": self._plan.seed,
            "baseline": self._plan.baseline,
            "started": self._started,
            "ended": _now(),
            "command": shlex.join(["scripts/compare", *self._arguments]),
            "server_cpus": format_cpu_list(self._placement.server),
            "load_cpus": format_cpu_list(self._placement.load),
            "cpu_source": self._cpu_source,
            "notes": self._notes,
            "gate": {
                name: {
                    "passed": j.passed,
                    "reason": j.reason,
                    "remembered": j.remembered,
                    "tried_again": list(j.tried_again),
                }
                for name, j in self._judgements.items()
            },
        }

    def _conclude(self) -> None:
        """Writes the results and prints them; where nothing was measured, leaves nothing."""
        if not self._raws:
            if not any(path.is_file() for path in self._output.rglob("*")):
                shutil.rmtree(self._output, ignore_errors=True)
            return
        results = make_results(self._plan, self._raws, self._judgements, self._environment, self._facts())
        for name, part in (("results.json", results), ("environment.json", self._environment)):
            (self._output / name).write_text(json.dumps(part, indent=1) + "\n", encoding="utf-8")
        (self._output / "report.md").write_text(markdown(results), encoding="utf-8")
        print_results(results, self._output)


def print_results(results: dict[str, Any], output: Path) -> None:
    """Prints the tables, and where the rest is."""
    terminal = sys.stdout.isatty()
    width = shutil.get_terminal_size().columns if terminal else None
    lines = verdicts(results)
    if not results["run"]["complete"]:
        lines.insert(0, "INTERRUPTED: this is what was measured until then.")
    for name, facts in results["scenarios"].items():
        show = micro_lines if "microbenchmark" in facts else scenario_lines
        lines += ["", *show(results, name, width=width, colour=terminal)]
    lines += ["", *legend(results), f"Written to {shown(output)}: report.md, results.json, raw/"]
    print("\n".join(lines), flush=True)
