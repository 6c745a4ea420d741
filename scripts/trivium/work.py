# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Trivium authors
"""What a comparison still has to do, and how long that takes on this machine, by what it has taken until now."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from trivium.pace import Pace
from trivium.plan import AnyTask, HazardTask, MicroTask, Task
from trivium.progress import duration
from trivium.stored import StoredRun, label_of

# The attribution pass takes no more than this share of the profile's time.
ATTRIBUTION_SHARE = 0.15
ATTRIBUTION_SECONDS = 1.3  # one of its measurements, before it is known better

Raw = dict[str, Any]
_Done = set[tuple[int, str, str]]


def _key(task: AnyTask, *, attribution: bool = False) -> tuple[str, str]:
    """Returns under which names its pace is kept."""
    if isinstance(task, MicroTask):
        return task.case.scenario.name, task.case.label
    if isinstance(task, HazardTask):
        return task.case.label, task.entry.contender.name
    return ("attribution " if attribution else "") + task.variant.label, task.entry.contender.name


def _identity(task: AnyTask) -> tuple[int, str, str]:
    if isinstance(task, MicroTask):
        return task.round, task.case.scenario.name, task.case.label
    name = task.case.hazard.name if isinstance(task, HazardTask) else task.scenario.name
    return task.round, name, task.folder


class Work:
    """The tasks of a comparison, and which of them are done."""

    def __init__(self, stored: StoredRun, excluded: frozenset[str], pace: Pace) -> None:
        plan = stored.plan
        self._plan = plan
        self._pace = pace
        self.rounds = [plan.tasks_of(number, excluded) for number in range(1, plan.rounds + 1)]
        self.total = sum(len(tasks) for tasks in self.rounds)
        self._done: _Done = {(raw["round"], raw["scenario"], label_of(raw)) for raw in stored.raws}
        # By what has the same pace: a thousand tasks are summed up before each of them.
        self._left = Counter(_key(task) for tasks in self.rounds for task in self.left_of(tasks))
        self._planned = {_key(task): plan.seconds_for([task]) for tasks in self.rounds for task in tasks}
        self._attributed: _Done = {(1, raw["scenario"], label_of(raw)) for raw in stored.attributions}
        self.most_for_attribution = ATTRIBUTION_SHARE * plan.profile.within

    def left_of(self, tasks: Sequence[AnyTask]) -> list[AnyTask]:
        """Returns those of the tasks that are not done."""
        return [task for task in tasks if _identity(task) not in self._done]

    def attributions(self) -> list[Task]:
        """Returns what the attribution pass has to count: each server once, each scenario's first variant first."""
        served = [task for task in self.rounds[0] if isinstance(task, Task) and _does_something(task)]
        once = [t for t in served if t.entry.name == t.entry.contender.name and _identity(t) not in self._attributed]
        order = {v: place for s in self._plan.scenarios for place, v in enumerate(map(_name, s.variants()))}
        # The round's random order within that: what runs first must not always be the same.
        return sorted(once, key=lambda task: order[_name(task.variant)])

    def _seconds(self, key: tuple[str, str]) -> float:
        return max(0.05, self._planned[key] + self._pace.extra(*key))

    def seconds_for(self, tasks: Sequence[AnyTask]) -> float:
        """Returns how long the tasks take, by what their like has taken."""
        return sum(self._seconds(_key(task)) for task in tasks)

    def attribution_seconds(self, tasks: Sequence[Task]) -> float:
        """Returns how long the attribution pass takes for the tasks, which is cut off where it takes too long."""
        extra = (self._pace.extra(*_key(task, attribution=True)) for task in tasks)
        return min(self.most_for_attribution, sum(max(0.05, ATTRIBUTION_SECONDS + more) for more in extra))

    def seconds_left(self, attributions: Sequence[Task] = ()) -> float:
        """Returns how long it all takes that is left, with these of the attribution pass."""
        rest = sum(number * self._seconds(key) for key, number in self._left.items())
        return self.attribution_seconds(attributions) + rest

    def learn_attribution(self, task: Task, raw: Raw) -> None:
        """Takes note of a measurement of the attribution pass."""
        self._pace.learn(*_key(task, attribution=True), raw["wall_seconds"] - ATTRIBUTION_SECONDS)

    def learn(self, task: AnyTask, raw: Raw) -> None:
        """Takes note of a measurement: it is done, and has taken so long."""
        key = _key(task)
        self._done.add(_identity(task))
        self._left[key] -= 1
        self._pace.learn(*key, raw["wall_seconds"] - self._planned[key])

    def announcement(self, attributions: Sequence[Task]) -> str:
        """Returns what is about to be done, and how long that takes at most."""
        left = sum(len(self.left_of(tasks)) for tasks in self.rounds)
        went = f", {self.total - left} of them done before" if left < self.total else ""
        counted = f"; before that, system calls in {len(attributions)} cells" if attributions else ""
        seconds = self.seconds_left(attributions)
        if self._plan.rounds > self._plan.fewest_rounds:  # the others can be left out
            seconds = min(seconds, self._plan.profile.within)
        size = f"{self.total} measurements in {self._plan.rounds} rounds{went}"
        return f"{size}, in random order (seed {self._plan.seed}){counted}: about {duration(seconds)} min"


def _does_something(task: Task) -> bool:
    """Says whether the task has a server that is asked anything: connections that are silent cost no calls."""
    return task.scenario.kind == "served" and "idle" not in task.variant.load


def _name(variant: Any) -> str:
    return str(variant.label)
