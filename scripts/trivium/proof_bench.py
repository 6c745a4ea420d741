# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Trivium authors
"""Small comparisons within a program, for the proofs: the same rounds, measuring and results as scripts/compare has."""

import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from trivium.cells import Cell
from trivium.contenders import Contender
from trivium.cpu_time import open_account
from trivium.errors import CannotCompare
from trivium.measure import Bench, Raw, measure
from trivium.paths import BUILD
from trivium.placement import place
from trivium.plan import PROFILES, Entry, Plan, Task
from trivium.processes import kill_descendants
from trivium.results import make_cells
from trivium.scenarios import Phases, Scenario

PLANTED = BUILD / "tests" / "planted_server"
Step = Callable[[], None]
Say = Callable[[str], None]


def planted(name: str, *flags: str) -> Contender:
    """Returns a server with what the flags plant in it."""
    return Contender(
        name=name,
        program=PLANTED,
        arguments=flags,
        about=" ".join(flags) or "nothing is planted",
        keeps_contract=False,
        can=frozenset({"handles-sigterm"}),
        unit="task",
    )


def scenario(name: str, phases: Phases, load: Sequence[str], **more: Any) -> Scenario:
    """Returns a scenario of 32 connections that is measured as the proofs need it."""
    return Scenario(
        **{
            "name": name,
            "question": "is what was planted found?",
            "operation": "line",
            "headline": "cpu_per_op",
            "connections": 32,
            "held": True,
            "server": (),
            "load": tuple(load),
            "contenders": ("*",),
            "phases": phases,
            **more,
        }
    )


def lines(phases: Phases, **more: Any) -> Scenario:
    """Returns a scenario of lines of 64 bytes on open connections, closed loop."""
    return scenario("lines", phases, ("--mode", "lines", "--line-bytes", "64"), **more)


class ProofBench:
    """Runs small comparisons; calls `step` after every measurement, and `say` with what was found meanwhile."""

    def __init__(self, bench: Bench, step: Step, say: Say) -> None:
        self._bench = bench
        self._step = step
        self.say = say

    def compare(self, of: Scenario, entries: Sequence[Entry], rounds: int, seed: int) -> dict[str, Cell]:
        """Returns the cell of each entry; the first entry is the baseline. CannotCompare where one failed to run."""
        raws: list[Raw] = []
        plan = Plan(PROFILES["quick"], rounds, seed, entries[0].name, (of,), tuple(entries))
        for number in range(1, rounds + 1):
            for task in plan.tasks_of(number):
                assert isinstance(task, Task)
                raws.append(measure(task, self._bench))
                self._step()
                if raws[-1]["error"]:
                    raise CannotCompare(f"{task.label}: {raws[-1]['error']}")
        return {cell["entry"]: cell for cell in make_cells(plan, raws, {})}

    def alone(self, of: Scenario, contender: Contender) -> Cell:
        """Returns the cell of one measurement of one contender."""
        return self.compare(of, [Entry(contender.name, contender)], 1, 0)[contender.name]


def pair(contender: Contender) -> list[Entry]:
    """Returns a contender entered twice."""
    return [Entry(contender.name, contender), Entry(f"{contender.name}#2", contender)]


@contextmanager
def proof_bench(step: Step, say: Say = lambda _: None) -> Iterator[ProofBench]:
    """Gives a bench for the time of the block; nothing of it is left behind."""
    account = open_account()
    scratch = Path(tempfile.mkdtemp(prefix="trivium-"))
    try:
        yield ProofBench(Bench(place(None, None), account, scratch), step, say)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
        kill_descendants()  # a group with a process in it can't be removed
        account.close()
