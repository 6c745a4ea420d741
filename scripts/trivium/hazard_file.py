# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Trivium authors
"""Reads and checks a hazard's table of scripts/scenarios.toml, and of files like it."""

from collections.abc import Iterable
from typing import Any

from trivium.errors import CannotCompare
from trivium.hazards import DOSES, HEADLINES, INJECTIONS, Claim, Defence, Exempt, Hazard
from trivium.scenarios import PROFILE_NAMES

_Types = dict[str, tuple[type, ...]]
_NEEDED: _Types = {
    "question": (str,),
    "inject": (str,),
    "headline": (str,),
    "contenders": (list,),
}
_OPTIONAL: _Types = {
    "line": (str,),
    "every_ms": (int,),
    "clients": (int, list),
    "load": (float, int, list),
    "at": (float, int),
    "dose_metric": (str,),
    "workers": (int,),
    "neighbours": (int,),
    "rate": (int,),
    "server": (list,),
    "descriptors": (int,),
    "during": (float, int),
    "matrix": (bool,),
    "defended": (bool,),
    "profiles": (list,),
    "rounds": (int,),
    "caveat": (str, list),
}
_BY_PROFILE = ("clients", "load", "defended", "rounds", "contenders")
_TABLES: dict[str, tuple[type[Claim] | type[Exempt] | type[Defence], tuple[str, ...]]] = {
    "claims": (Claim, ("contenders", "claim", "test")),
    "exempt": (Exempt, ("contenders", "reason")),
    "defences": (Defence, ("name", "flags", "contenders", "metric", "bought")),
}
_MAY_LACK = {"by_itself": bool}
_LISTS = ("contenders", "flags")
DEFENCE_METRICS = (*HEADLINES, "p99_during", "goodput", "restarted", "recover_s", "memory_kept", "memory_during")


def _only(where: str, key: str, given: Iterable[str], legal: Iterable[str]) -> None:
    if set(given) - set(legal):
        raise CannotCompare(f"{where} '{key}' must be one of: {', '.join(legal)}")


def _value(where: str, key: str, value: Any) -> Any:
    """Returns one value, a list as a tuple; CannotCompare where it is not of its type."""
    types = (_NEEDED | _OPTIONAL)[key]
    if type(value) not in types:
        spelled = " or ".join(kind.__name__ for kind in types)
        raise CannotCompare(f"{where} '{key}' must be of type {spelled}")
    if isinstance(value, list):
        numbers = key in ("clients", "load")
        if not all(type(item) in ((int, float) if numbers else (str,)) for item in value):
            raise CannotCompare(f"{where} '{key}' must hold {'numbers' if numbers else 'strings'} only")
        if numbers and (not value or sorted(set(value)) != value):
            raise CannotCompare(f"{where} '{key}' must hold each value once, the smallest first")
        return tuple(float(item) for item in value) if key == "load" else tuple(value)
    return float(value) if key in ("load", "at", "during") else value


def _values(where: str, table: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    values: dict[str, Any] = {}
    by_profile: dict[str, Any] = {}
    for key in _NEEDED:
        if key not in table:
            raise CannotCompare(f"{where} lacks '{key}'")
    for key, value in table.items():
        if key in ("kind", *_TABLES):
            continue
        if key not in _NEEDED | _OPTIONAL:
            raise CannotCompare(f"{where} has an unknown key '{key}'")
        if isinstance(value, dict) and key in _BY_PROFILE:
            if not value or set(value) - set(PROFILE_NAMES):
                raise CannotCompare(f"{where} '{key}' must be given for profiles: {', '.join(PROFILE_NAMES)}")
            by_profile[key] = {name: _value(where, key, item) for name, item in value.items()}
            values[key] = next(reversed(by_profile[key].values()))
        else:
            values[key] = _value(where, key, value)
    return values, by_profile


def _rows(where: str, key: str, rows: Any) -> tuple[Any, ...]:
    """Returns the tables of a list of tables, as what they describe."""
    kind, keys = _TABLES[key]
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise CannotCompare(f"{where} '{key}' must be tables: [[HAZARD.{key}]]")
    found = []
    for row in rows:
        may_lack = _MAY_LACK if kind is Defence else {}
        if set(row) - set(may_lack) != set(keys):
            raise CannotCompare(f"{where} '{key}' must have each of: {', '.join(keys)}")
        for name, value in row.items():
            if type(value) is not may_lack.get(name, list if name in _LISTS else str):
                raise CannotCompare(f"{where} '{key}' has a '{name}' of another type")
        given = {name: tuple(value) if name in _LISTS else value for name, value in row.items()}
        found.append(kind(**given))
    return tuple(found)


def _check_numbers(where: str, values: dict[str, Any]) -> None:
    for key in ("clients", "workers", "rate", "rounds"):
        for number in values[key] if isinstance(values.get(key), tuple) else (values.get(key, 1),):
            if number < 1:
                raise CannotCompare(f"{where} '{key}' must be at least 1")
    for key in ("every_ms", "neighbours", "descriptors"):
        if values.get(key, 0) < 0:
            raise CannotCompare(f"{where} '{key}' must be at least 0")
    if values.get("during", 0) < 0:
        raise CannotCompare(f"{where} 'during' must be at least 0")
    if 10**9 % values.get("rate", 1):
        raise CannotCompare(f"{where} 'rate' must divide a second into whole nanoseconds")


def _check_doses(where: str, hazard: Hazard) -> None:
    for profile in PROFILE_NAMES:
        chosen = hazard.for_profile(profile)
        if isinstance(chosen.clients, tuple) and isinstance(chosen.load, tuple):
            raise CannotCompare(f"{where} has several values for 'clients' and for 'load': only one may have them")
        if chosen.axis and chosen.at not in getattr(chosen, chosen.axis):
            raise CannotCompare(f"{where} 'at' must be one of the values of '{chosen.axis}', in each profile")


def parse_hazard(name: str, where: str, table: dict[str, Any]) -> Hazard:
    """Returns the hazard that a table describes; CannotCompare names its first fault."""
    values, by_profile = _values(where, table)
    for key in _TABLES:
        values[key] = _rows(where, key, table.get(key, []))
    if isinstance(values.get("caveat"), str):
        values["caveat"] = (values["caveat"],)
    _check_numbers(where, values)
    hazard = Hazard(name=name, **values, by_profile=by_profile)
    _only(where, "inject", [hazard.inject], INJECTIONS)
    _only(where, "headline", [hazard.headline], HEADLINES)
    _only(where, "dose_metric", [hazard.dose_metric], DOSES)
    for defence in hazard.defences:
        _only(where, "metric", [defence.metric], DEFENCE_METRICS)
    if hazard.inject in ("line", "flood") and not hazard.line:
        raise CannotCompare(f"{where} 'line' must say what the clients ask for")
    if hazard.inject == "flood" and not hazard.load:
        raise CannotCompare(f"{where} 'load' must say how many times its capacity a server is asked for")
    if hazard.inject == "kill-any" and not hazard.every_ms:
        raise CannotCompare(f"{where} 'every_ms' must be at least 1: how often one is killed")
    if hazard.inject == "kill-worker" and not hazard.neighbours:
        raise CannotCompare(f"{where} 'neighbours' must be at least 1: one of them loses its worker")
    _check_doses(where, hazard)
    return hazard
