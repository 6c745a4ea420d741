# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Trivium authors
"""Runs a comparison from its plan to its results, and keeps what was measured however it ends."""

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
from trivium.against import read_results, tell
from trivium.attribution import Instrument, find_instrument
from trivium.contenders import Contender
from trivium.cpu_time import open_account
from trivium.errors import CannotCompare, WrongUsage
from trivium.fetch_measure import measure_fetch
from trivium.hazard_run import measure_hazard
from trivium.machine import environment
from trivium.measure import Bench, Raw, attribute, measure
from trivium.microbenchmarks import PROGRAMS, find_cases, measure_case
from trivium.pace import Pace
from trivium.paths import BUILD, CONFORMANCE, LOAD, ORIGIN, ROOT, shown
from trivium.placement import Placement, format_cpu_list
from trivium.plain import to_plain
from trivium.plan import AnyTask, HazardTask, MicroTask, Plan, Task
from trivium.processes import adopt_orphans, kill_descendants
from trivium.progress import Progress, duration
from trivium.report import terminal_lines, write_all
from trivium.stored import StoredRun, fingerprints, keep_attribution, keep_raw, keep_run, read_run
from trivium.work import Work

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_TOLD_OF_THE_GATE = ("passed", "reason", "remembered", "tried_again")


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

    def __init__(
        self,
        plan: Plan,
        placement: Placement,
        output: Path,
        arguments: list[str],
        before: StoredRun | None = None,
        against: str | None = None,
    ) -> None:
        self._stored = before or StoredRun(plan, placement, arguments)
        self._output = output
        self._resumed = before is not None
        self._progress = Progress()
        self._pace = Pace()
        self._built = time.monotonic()
        self._spent_before = float(self._facts.get("spent", 0.0))
        if before is None:
            self._facts.update(started=_now(), notes=list(placement.notes), resumed=[], against=against)
        else:
            self._facts["resumed"].append(_now())
        self._facts["complete"] = False

    @property
    def _plan(self) -> Plan:
        return self._stored.plan

    @property
    def _facts(self) -> dict[str, Any]:
        return self._stored.facts

    def run(self) -> int:
        """Runs all of it; returns the exit code. CannotCompare where nothing can be measured."""
        exit_code = 0
        adopt_orphans()
        with _interruptible():
            try:
                self._prepare()
                self._judge()
                self._measure()
                self._facts["complete"] = True
                self._progress.clear()
            except Interrupted as interrupted:
                exit_code = interrupted.exit_code
                kept = "keeping what was measured" if self._stored.raws else "nothing was measured yet"
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
        return 0 if all(judgement.passed for judgement in self._stored.judgements.values()) else 1

    def _contenders(self) -> list[Contender]:
        here = (entry.contender for entry in self._plan.entries if not entry.contender.missing)
        return list(dict.fromkeys(here))

    def _programs(self) -> list[Path]:
        contenders = self._contenders()
        ours = [contender.program for contender in contenders if not contender.foreign]
        served = [LOAD, CONFORMANCE, *ours] if contenders else []
        if any(contender.role == "fetch" for contender in contenders):
            served.append(ORIGIN)
        return served + [PROGRAMS / name for scenario in self._plan.microbenchmarks for name in scenario.programs]

    def _build_peers(self) -> None:
        """Builds what is not ours and has its source here; what can't be built is left out, and its cells say so."""
        for contender in self._contenders():
            # What was installed, or is a user's own, is not ours to build.
            if contender.foreign and contender.program.is_relative_to(BUILD):
                try:
                    build.build([contender.program], self._progress.step, self._progress.line)
                except CannotCompare as error:
                    reason = f"it could not be built: {str(error).splitlines()[-2:][0][:200]}"
                    self._progress.step(f"{contender.name} is left out: {reason}")
                    self._stored.plan = self._plan.without(contender, reason)

    def _prepare(self) -> None:
        build.prepare(self._progress.step)
        build.build(self._programs(), self._progress.step, self._progress.line)
        self._build_peers()
        self._built = time.monotonic()
        limits.raise_descriptors()
        if self._resumed:
            self._check_that_nothing_has_changed()
        else:
            self._stored.plan = self._plan.learned()
            self._find_cases()
            self._stored.programs = self._fingerprints()
            self._stored.environment = environment()
        if problems := limits.problems(self._plan.pairs()):
            raise CannotCompare("this machine's limits are too small. " + "; ".join(problems))

    def _fingerprints(self) -> dict[str, str]:
        """Returns the hashes of what is measured and measures, the programs and scripts that those start included."""
        programs = {*self._programs(), *(contender.program for contender in self._contenders())}
        named = {Path(word) for contender in self._contenders() for word in contender.arguments}
        return fingerprints(programs | {program.parent / "echo_worker" for program in programs} | named)

    def _check_that_nothing_has_changed(self) -> None:
        now = self._fingerprints()
        for name, known in self._stored.programs.items():
            if now.get(name) != known:
                raise CannotCompare(f"{name} is not what it was when that comparison began: begin a new one")
        here = environment()
        for key in ("cpu", "cpus", "kernel"):
            if here[key] != self._stored.environment.get(key):
                raise CannotCompare(f"that comparison ran on another machine: its {key} was not {here[key]}")

    def _find_cases(self) -> None:
        plan = self._plan
        cases = find_cases(plan.microbenchmarks, plan.globs)
        used = tuple(scenario for scenario in plan.microbenchmarks if any(case.scenario == scenario for case in cases))
        for scenario in plan.microbenchmarks:
            if scenario not in used:
                self._progress.step(f"scenario {scenario.name} is left out: --contender asks for none of its entries")
        if not used and not plan.scenarios and not plan.hazards:
            raise CannotCompare("nothing is left to measure")
        self._stored.plan = replace(plan, microbenchmarks=used, cases=cases)

    def _judge(self) -> None:
        contenders = self._contenders()
        if not contenders or (self._resumed and {c.key for c in contenders} <= self._stored.judgements.keys()):
            return
        within = gate.within(contenders)
        self._progress.step(f"conformance of {len(contenders)} contenders, {within:.0f} s at most")
        began = time.monotonic()

        def show(done: int, total: int) -> None:
            left = within - (time.monotonic() - began)
            self._progress.bar(done, total, left, "conformance")

        self._stored.judgements = gate.judge(contenders, self._output / "raw" / "gate", show)
        failed = [(name, judgement) for name, judgement in self._stored.judgements.items() if not judgement.passed]
        for name, judgement in sorted(failed):
            log = shown(self._output / "raw" / "gate" / gate.log_name(name))
            self._progress.step(f"{name} is not timed: {judgement.reason} ({log})")
        if len(failed) == len(contenders) and not self._plan.cases:
            raise CannotCompare("no contender passed the conformance suite")
        known = sum(judgement.remembered for judgement in self._stored.judgements.values())
        remembered = f", {known} of them known from before" if known else ""
        self._progress.step(f"{len(contenders) - len(failed)} of {len(contenders)} conform{remembered}")

    def _measure(self) -> None:
        excluded = frozenset(name for name, judgement in self._stored.judgements.items() if not judgement.passed)
        work = Work(self._stored, excluded, self._pace)
        if not work.rounds[0]:
            raise CannotCompare("no contender that conforms fits any of the scenarios")
        account = open_account()
        self._facts["cpu_source"] = account.source
        self._facts["memory_source"] = account.memory.source if account.memory else "/proc"
        self._save()
        scratch = Path(tempfile.mkdtemp(prefix="trivium-"))
        try:
            bench = Bench(self._stored.placement, account, scratch)
            instrument = self._instrument()
            asked = work.attributions() if instrument.kind != "none" else []
            self._progress.step(work.announcement(asked))
            self._attribute(work, asked, bench, instrument)
            self._run_rounds(work, bench)
        finally:
            self._pace.keep()
            shutil.rmtree(scratch, ignore_errors=True)
            kill_descendants()  # a group with a process in it can't be removed
            account.close()

    def _instrument(self) -> Instrument:
        """Returns what counts in the attribution pass; in the quick profile not by name, which takes too long."""
        found = find_instrument() if self._plan.scenarios else Instrument("none", "no server is measured")
        self._facts["instrument"] = {"kind": found.kind, "reason": found.reason}
        return replace(found, names=()) if self._plan.profile.name == "quick" else found

    def _attribute(self, work: Work, asked: list[Task], bench: Bench, instrument: Instrument) -> None:
        began = time.monotonic()
        for done, task in enumerate(asked):
            left = work.seconds_left(asked[done:])
            self._progress.bar(done, len(asked), left, f"attribution  {task.label}")
            raw = attribute(task, bench, instrument)
            work.learn_attribution(task, raw)
            self._stored.attributions.append(raw)
            keep_attribution(self._output, raw)
            if time.monotonic() - began > work.most_for_attribution:
                left_out = len(asked) - done - 1
                if left_out:
                    self._note(f"system calls were not counted in {left_out} of {len(asked)} cells, for want of time")
                return

    def _run_rounds(self, work: Work, bench: Bench) -> None:
        for number, tasks in enumerate(work.rounds, start=1):
            left = work.left_of(tasks)
            per_round = work.seconds_for(left)
            if left and not self._plan.has_time_for(number, self._spent(), per_round):
                limit = duration(self._plan.profile.within)
                self._note(f"{number - 1} of {self._plan.rounds} rounds fitted into {limit} min on this machine")
                return
            for task in left:
                done = len(self._stored.raws)
                time_left = work.seconds_left()
                self._progress.bar(done, work.total, time_left, f"round {number}/{self._plan.rounds}  {task.label}")
                raw = self._measure_one(task, bench)
                work.learn(task, raw)
                self._stored.raws.append(raw)
                keep_raw(self._output, raw)
            self._save()

    def _measure_one(self, task: AnyTask, bench: Bench) -> Raw:
        if isinstance(task, MicroTask):
            # Its units talk to each other, and nobody else is to be kept out of their way: all CPUs are theirs.
            cpus = sorted({*bench.placement.server, *bench.placement.load})
            return measure_case(task.case, task.round, cpus)
        if isinstance(task, HazardTask):
            return measure_hazard(task, bench)
        return measure_fetch(task, bench) if task.scenario.kind == "fetch" else measure(task, bench)

    def _spent(self) -> float:
        """Returns the seconds that went since it was built, before an interruption too."""
        return self._spent_before + time.monotonic() - self._built

    def _note(self, text: str) -> None:
        self._facts["notes"].append(text)
        self._progress.step(text)

    def _save(self) -> None:
        """Writes down how far it is, so that it can be gone on with however it ends."""
        plan, placement = self._plan, self._stored.placement
        judgements = self._stored.judgements.items()
        self._facts.update(
            {
                "profile": plan.profile.name,
                "rounds": plan.rounds,
                "rounds_measured": max((raw["round"] for raw in self._stored.raws), default=0),
                "warmup": plan.profile.phases.warmup,
                "duration": plan.profile.phases.duration,
                "seed": plan.seed,
                "baseline": plan.baseline,
                "fetch_baseline": plan.fetch_baseline,
                "ended": _now(),
                "spent": round(self._spent(), 1),
                "command": shlex.join(["scripts/compare", *self._stored.arguments]),
                "server_cpus": format_cpu_list(placement.server),
                "load_cpus": format_cpu_list(placement.load),
                "gate": {
                    name: {key: to_plain(getattr(judgement, key)) for key in _TOLD_OF_THE_GATE}
                    for name, judgement in judgements
                },
            }
        )
        keep_run(self._output, self._stored)

    def _conclude(self) -> None:
        """Writes the results and prints them; where nothing was measured, leaves nothing."""
        if not self._stored.raws:
            if not self._stored.attributions and not any((self._output / "raw").glob("gate/*")):
                shutil.rmtree(self._output, ignore_errors=True)
            return
        self._save()
        # What was written is what is told: whoever makes the report again gets the same.
        stored = read_run(self._output)
        results = stored.results()
        write_all(results, stored.raws, self._output)
        terminal = sys.stdout.isatty()
        width = shutil.get_terminal_size().columns if terminal else None
        print("\n".join(terminal_lines(results, width=width, colour=terminal)))
        if old := self._facts.get("against"):
            self._tell_against(results, ROOT / old)
        print(f"Written to {shown(self._output)}: report.html, report.md, results.json, plots/, raw/", flush=True)
        if not self._facts["complete"]:
            print(f"To go on with it: scripts/compare --resume {shown(self._output)}", flush=True)


    def _tell_against(self, results: dict[str, Any], old: Path) -> None:
        """Says what has changed since; where the old results have gone meanwhile, says that."""
        try:
            print("\n".join(["", *tell(results, read_results(old), old.name, self._output)]))
        except WrongUsage as error:
            print(error)


def resume(folder: Path) -> int:
    """Goes on with a comparison that was interrupted; returns the exit code. CannotCompare where that can't be done.

    What was measured is kept, and what is left of its rounds is measured, by the same programs on the same machine.
    """
    stored = read_run(folder)
    if stored.facts.get("complete"):
        raise CannotCompare(f"the comparison in {shown(folder)} is complete; scripts/report makes its report again")
    return Comparison(stored.plan, stored.placement, folder, stored.arguments, stored).run()
