# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Trivium authors
"""How long measurements take on this machine: what it was seen to be, on top of what the phases take.

A server of a thousand processes takes a second to start, and one thread none. What was seen is kept beside the build,
so that the next estimate is right from the start.
"""

import json
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from trivium.paths import BUILD
from trivium.stored import write_json

MEMORY = BUILD / ".pace.json"
_WEIGHT = 0.5  # of the latest, against all before it


@dataclass
class _Mean:
    total: float = 0.0
    count: int = 0

    def take(self, value: float, before: float | None) -> None:
        """Takes a value in, which takes the place of one before, if any."""
        self.total += value - (before or 0.0)
        self.count += before is None

    @property
    def value(self) -> float:
        return self.total / self.count


class Pace:
    """Learns how many seconds a measurement takes beyond its planned ones; keys are SCENARIO and CONTENDER."""

    def __init__(self, memory: Path = MEMORY) -> None:
        self._memory = memory
        self._extra: dict[tuple[str, str], float] = {}
        self._of_contender: dict[str, _Mean] = defaultdict(_Mean)
        self._of_scenario: dict[str, _Mean] = defaultdict(_Mean)
        try:
            for name, seconds in json.loads(memory.read_text(encoding="utf-8")).items():
                scenario, _, contender = name.partition("\t")
                self._note(scenario, contender, float(seconds))
        except (OSError, ValueError, AttributeError, TypeError):
            pass  # nothing was learnt yet, or it can't be read: it is only an estimate

    def _note(self, scenario: str, contender: str, extra: float) -> None:
        before = self._extra.get((scenario, contender))
        self._extra[scenario, contender] = extra
        for mean in (self._of_contender[contender], self._of_scenario[scenario]):
            mean.take(extra, before)

    def learn(self, scenario: str, contender: str, extra: float) -> None:
        """Notes how many seconds beyond the planned ones such a measurement has taken."""
        before = self._extra.get((scenario, contender))
        self._note(scenario, contender, extra if before is None else before + _WEIGHT * (extra - before))

    def extra(self, scenario: str, contender: str) -> float:
        """Returns how many seconds beyond the planned ones are to be expected; of strangers, the mean of their like."""
        if (scenario, contender) in self._extra:
            return self._extra[scenario, contender]
        for known, name in ((self._of_contender, contender), (self._of_scenario, scenario)):
            if name in known:
                return known[name].value
        return 0.0

    def keep(self) -> None:
        """Writes down what was learnt."""
        told = {f"{scenario}\t{contender}": round(extra, 3) for (scenario, contender), extra in self._extra.items()}
        write_json(self._memory, told)
