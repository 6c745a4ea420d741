# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Trivium authors
"""Which scenarios there are: reads and checks scripts/scenarios.toml, and files like it."""

import re
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from trivium.errors import CannotCompare
from trivium.hazard_file import parse_hazard
from trivium.hazards import AnyScenario
from trivium.ideals import MAKESPAN, is_formula
from trivium.scenarios import (
    AXES,
    CAPABILITIES,
    KINDS,
    MICRO_HEADLINES,
    PROFILE_NAMES,
    RANKING,
    Microbenchmark,
    Phases,
    Scenario,
)

_Types = dict[str, tuple[type, ...]]

_SERVED: _Types = {
    "question": (str,),
    "operation": (str,),
    "headline": (str,),
    "connections": (int, list),
    "held": (bool,),
    "server": (list,),
    "load": (list,),
    "contenders": (list,),
}
_FETCH: _Types = {
    "question": (str,),
    "operation": (str,),
    "headline": (str,),
    "jobs": (int, list),
    "urls": (int,),
    "delay_ms": (int,),
    "contenders": (list,),
}
_MICRO: _Types = {
    "question": (str,),
    "operation": (str,),
    "headline": (str,),
    "programs": (list,),
    "baseline": (str,),
    "columns": (list,),
    "shown": (list,),
    "seconds": (float, int),
}
_OPTIONAL_ANY: _Types = {
    "kind": (str,),
    "profiles": (list,),
    "needs": (list,),
    "headlines": (list,),
    "caveat": (str, list),
    "ideal": (str,),
    "cpus": (str,),
    "rounds": (int,),
}
_OPTIONAL_SERVED: _Types = {
    **_OPTIONAL_ANY,
    "rate": (int, list),
    "offload": (int, list),
    "dialects": (list,),
    "warmup": (float, int),
    "duration": (float, int),
}
_OPTIONAL_MICRO: _Types = {"profiles": (list,), "filter": (str,), "rounds": (int,)}
_BY_PROFILE = (
    "connections",
    "rate",
    "jobs",
    "offload",
    "contenders",
    "urls",
    "delay_ms",
    "warmup",
    "duration",
    "rounds",
)
_NUMBERS = ("connections", "rate", "jobs", "urls", "delay_ms", "rounds")


def _spelled(types: Iterable[type]) -> str:
    return " or ".join(kind.__name__ for kind in types)


def _only(where: str, key: str, given: Iterable[str], legal: Iterable[str]) -> None:
    if set(given) - set(legal):
        raise CannotCompare(f"{where} '{key}' must be one of: {', '.join(legal)}")


def _value(where: str, key: str, value: Any, types: tuple[type, ...]) -> Any:
    """Returns the value of one key, a list as a tuple; CannotCompare where it is not of its type."""
    if type(value) not in types:
        raise CannotCompare(f"{where} '{key}' must be of type {_spelled(types)}")
    if type(value) is not list:
        return value
    items: type = int if key in AXES else str
    if not all(type(item) is items for item in value):
        kind = "whole numbers" if items is int else "strings"
        raise CannotCompare(f"{where} '{key}' must hold {kind} only")
    if key in AXES and (not value or len(set(value)) != len(value)):
        raise CannotCompare(f"{where} '{key}' must hold each value once, and one at least")
    return tuple(value)


def _check_numbers(where: str, key: str, value: Any) -> None:
    # A rate of 0 is a closed loop, which can't stand beside rates.
    least = 0 if key == "offload" or (key == "rate" and not isinstance(value, tuple)) else 1
    for number in value if isinstance(value, tuple) else (value,):
        if (key in _NUMBERS or key == "offload") and number < least:
            raise CannotCompare(f"{where} '{key}' must be at least {least}")
        if key in ("warmup", "duration") and not 0 <= number <= 600:
            raise CannotCompare(f"{where} '{key}' must be from 0 to 600 seconds")


def _values(
    where: str, table: dict[str, Any], needed: _Types, optional: _Types
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Returns what the table holds for every profile, and what by profile; CannotCompare names the first fault."""
    values: dict[str, Any] = {}
    by_profile: dict[str, Any] = {}
    for key, types in (needed | optional).items():
        if key not in table:
            if key in optional:
                continue
            raise CannotCompare(f"{where} lacks '{key}'")
        if type(table[key]) is dict and key in _BY_PROFILE:
            _only(where, key, table[key], PROFILE_NAMES)
            if not table[key]:
                raise CannotCompare(f"{where} '{key}' names no profile")
            given = {name: _value(where, f"{key}", value, types) for name, value in table[key].items()}
            for value in given.values():
                _check_numbers(where, key, value)
            by_profile[key] = given
            continue
        values[key] = _value(where, key, table[key], types)
        _check_numbers(where, key, values[key])
    if unknown := sorted(set(table) - set(needed | optional)):
        raise CannotCompare(f"{where} has an unknown key '{unknown[0]}'")
    return values, by_profile


def _parse_micro(name: str, where: str, table: dict[str, Any]) -> Microbenchmark:
    values, _ = _values(where, table, _MICRO, _OPTIONAL_MICRO)
    scenario = Microbenchmark(name=name, **values)
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


def _parse_scenario(name: str, where: str, table: dict[str, Any]) -> Scenario:
    kind = table.get("kind", "served")
    _only(where, "kind", [str(kind)], (*KINDS, "hazard"))
    fetch = kind == "fetch"
    values, by_profile = _values(
        where, table, _FETCH if fetch else _SERVED, _OPTIONAL_ANY if fetch else _OPTIONAL_SERVED
    )
    if fetch:
        values |= {"connections": 0, "held": False, "server": (), "load": ()}
    if isinstance(values.get("caveat"), str):
        values["caveat"] = (values["caveat"],)
    for key in ("warmup", "duration"):
        if key in values:
            by_profile[key] = dict.fromkeys(PROFILE_NAMES, values.pop(key))
    # What has a value for each profile has any of them until for_profile chooses.
    for key, given in by_profile.items():
        if key not in ("warmup", "duration"):
            values[key] = next(reversed(given.values()))
    scenario = Scenario(name=name, **values, by_profile=by_profile)
    _only(where, "headline", [scenario.headline], RANKING)
    _only(where, "needs", scenario.needs, CAPABILITIES)
    _only(where, "dialects", scenario.dialects, ("trivium", "echo", "http"))
    _only(where, "cpus", [scenario.cpus], ("apart", "shared"))
    if scenario.ideal and not is_formula(scenario.ideal):
        legal = f"'connections / 10 ms', 'server CPUs / 100 us' (any time), '{MAKESPAN}'"
        raise CannotCompare(f"{where} 'ideal' must be one of: {legal}")
    for profile in PROFILE_NAMES:
        chosen = scenario.for_profile(profile, Phases(0, 1))
        axes = [key for key in AXES if isinstance(getattr(chosen, key), tuple)]
        if len(axes) > 1:
            both = f"'{axes[0]}' and for '{axes[1]}'"
            raise CannotCompare(f"{where} has several values for {both}: only one may have them")
    return scenario


def _parse(name: str, table: Any, path: Path) -> AnyScenario:
    where = f"{path.name}: [{name}]"
    if not isinstance(table, dict):
        raise CannotCompare(f"{where} is not a table")
    profiles = table.get("profiles", [])
    _only(where, "profiles", profiles if isinstance(profiles, list) else [str(profiles)], PROFILE_NAMES)
    if table.get("kind") == "hazard":
        return parse_hazard(name, where, table)
    return _parse_micro(name, where, table) if "programs" in table else _parse_scenario(name, where, table)


def read_scenarios(path: Path) -> list[AnyScenario]:
    """Returns the scenarios of the file, in its order; a faulty file is CannotCompare."""
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise CannotCompare(f"{path}: {error}") from error
    return [_parse(name, table, path) for name, table in tables.items()]


def with_own(scenarios: list[AnyScenario], own: list[AnyScenario]) -> list[AnyScenario]:
    """Returns the scenarios with a user's own: one of a known name takes its place, others come after."""
    by_name = {scenario.name: scenario for scenario in scenarios}
    return list((by_name | {scenario.name: scenario for scenario in own}).values())
