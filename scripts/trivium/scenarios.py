# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Trivium authors
"""Which scenarios there are: reads and checks scripts/scenarios.toml."""

import tomllib
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from trivium.errors import CannotCompare

RANKING = {"cpu_per_op": "lower", "ops_per_s": "higher"}


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

    def params(self) -> dict[str, Any]:
        """Returns what, beside its name, tells this scenario's cells from another's."""
        return {"connections": self.connections, "load": list(self.load), "server": list(self.server)}

    def is_for(self, contender_name: str) -> bool:
        """Says whether the scenario is meant for a contender of that name."""
        return any(fnmatchcase(contender_name, glob) for glob in self.contenders)


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


def _parse(name: str, table: Any, path: Path) -> Scenario:
    if not isinstance(table, dict):
        raise CannotCompare(f"{path.name}: [{name}] is not a table")
    for key, wanted in _TYPES.items():
        if key not in table:
            raise CannotCompare(f"{path.name}: [{name}] lacks '{key}'")
        if type(table[key]) is not wanted:
            raise CannotCompare(f"{path.name}: [{name}] '{key}' must be of type {wanted.__name__}")
        if wanted is list and not all(isinstance(item, str) for item in table[key]):
            raise CannotCompare(f"{path.name}: [{name}] '{key}' must hold strings only")
    if unknown := sorted(set(table) - set(_TYPES)):
        raise CannotCompare(f"{path.name}: [{name}] has an unknown key '{unknown[0]}'")
    if table["headline"] not in RANKING:
        legal = ", ".join(RANKING)
        raise CannotCompare(f"{path.name}: [{name}] 'headline' must be one of: {legal}")
    if table["connections"] < 1:
        raise CannotCompare(f"{path.name}: [{name}] 'connections' must be at least 1")
    values = {key: tuple(table[key]) if kind is list else table[key] for key, kind in _TYPES.items()}
    return Scenario(name=name, **values)


def read_scenarios(path: Path) -> list[Scenario]:
    """Returns the scenarios of the file, in its order; a faulty file is CannotCompare."""
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise CannotCompare(f"{path}: {error}") from error
    return [_parse(name, table, path) for name, table in tables.items()]
