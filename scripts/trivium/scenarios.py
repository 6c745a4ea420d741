# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Trivium authors
"""Which scenarios there are: reads and checks scripts/scenarios.toml."""

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from trivium.errors import CannotCompare

RANKING = {"cpu_per_op": "lower", "ops_per_s": "higher"}
MICRO_HEADLINES = ("time_per_op", "cpu_per_op")  # the lower, the better
PROFILE_NAMES = ("quick", "standard", "full")


@dataclass(frozen=True)
class Scenario:
    """One question, and how it is put to a server."""

    name: str
    question: str
    operation: str
    headline: str
    connections: int
    held: bool
    server: tuple[str, ...]
    load: tuple[str, ...]
    contenders: tuple[str, ...]
    profiles: tuple[str, ...] = PROFILE_NAMES

    def params(self) -> dict[str, Any]:
        """Returns what, beside its name, tells this scenario's cells from another's."""
        return {"connections": self.connections, "load": list(self.load), "server": list(self.server)}

    def is_for(self, contender_name: str) -> bool:
        """Says whether the scenario is meant for a contender of that name: a glob matches, and none after a `!`."""
        matched = False
        for glob in self.contenders:
            if glob.startswith("!"):
                if fnmatchcase(contender_name, glob[1:]):
                    return False
            elif fnmatchcase(contender_name, glob):
                matched = True
        return matched


@dataclass(frozen=True)
class Microbenchmark:
    """One question that benchmark programs answer alone, without a server or a load client."""

    name: str
    question: str
    operation: str
    headline: str
    programs: tuple[str, ...]
    baseline: str
    columns: tuple[str, ...]
    shown: tuple[str, ...]
    seconds: float
    filter: str = ""
    profiles: tuple[str, ...] = PROFILE_NAMES


AnyScenario = Scenario | Microbenchmark

_TYPES: dict[str, type] = {
    "question": str,
    "operation": str,
    "headline": str,
    "connections": int,
    "held": bool,
    "server": list,
    "load": list,
    "contenders": list,
}
_MICRO_TYPES: dict[str, type] = {
    "question": str,
    "operation": str,
    "headline": str,
    "programs": list,
    "baseline": str,
    "columns": list,
    "shown": list,
    "seconds": float,
}
_OPTIONAL_TYPES: dict[str, type] = {"profiles": list}
_OPTIONAL_MICRO_TYPES: dict[str, type] = {"profiles": list, "filter": str}


def _values(where: str, table: dict[str, Any], needed: dict[str, type], optional: dict[str, type]) -> dict[str, Any]:
    """Returns what the table holds, lists as tuples, each key of its type; CannotCompare where one is not."""
    for key, wanted in (needed | optional).items():
        if key not in table:
            if key in optional:
                continue
            raise CannotCompare(f"{where} lacks '{key}'")
        if type(table[key]) is not wanted:
            raise CannotCompare(f"{where} '{key}' must be of type {wanted.__name__}")
        if wanted is list and not all(isinstance(item, str) for item in table[key]):
            raise CannotCompare(f"{where} '{key}' must hold strings only")
    if unknown := sorted(set(table) - set(needed | optional)):
        raise CannotCompare(f"{where} has an unknown key '{unknown[0]}'")
    return {key: tuple(value) if type(value) is list else value for key, value in table.items()}


def _only(where: str, key: str, given: Iterable[str], legal: Iterable[str]) -> None:
    if set(given) - set(legal):
        raise CannotCompare(f"{where} '{key}' must be one of: {', '.join(legal)}")


def _parse_micro(name: str, where: str, table: dict[str, Any]) -> Microbenchmark:
    scenario = Microbenchmark(name=name, **_values(where, table, _MICRO_TYPES, _OPTIONAL_MICRO_TYPES))
    _only(where, "headline", [scenario.headline], MICRO_HEADLINES)
    _only(where, "shown", scenario.shown, MICRO_HEADLINES)
    if not scenario.shown or not scenario.programs:
        raise CannotCompare(f"{where} 'programs' and 'shown' must not be empty")
    if not re.fullmatch(r"([^/:]+:[^/:]+/)*of:[^/:]+", scenario.baseline):
        raise CannotCompare(f"{where} 'baseline' must read as the end of a benchmark's name: KEY:VALUE/of:ENTRY")
    if not 0.001 <= scenario.seconds <= 60:
        raise CannotCompare(f"{where} 'seconds' must be from 0.001 to 60")
    try:
        re.compile(scenario.filter)
    except re.error as error:
        raise CannotCompare(f"{where} 'filter' is no regular expression: {error}") from error
    return scenario


def _parse(name: str, table: Any, path: Path) -> AnyScenario:
    where = f"{path.name}: [{name}]"
    if not isinstance(table, dict):
        raise CannotCompare(f"{where} is not a table")
    _only(where, "profiles", table.get("profiles", ()), PROFILE_NAMES)
    if "programs" in table:
        return _parse_micro(name, where, table)
    scenario = Scenario(name=name, **_values(where, table, _TYPES, _OPTIONAL_TYPES))
    _only(where, "headline", [scenario.headline], RANKING)
    if scenario.connections < 1:
        raise CannotCompare(f"{where} 'connections' must be at least 1")
    return scenario


def read_scenarios(path: Path) -> list[AnyScenario]:
    """Returns the scenarios of the file, in its order; a faulty file is CannotCompare."""
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise CannotCompare(f"{path}: {error}") from error
    return [_parse(name, table, path) for name, table in tables.items()]
