# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Trivium authors
"""Contenders that are not ours: reads contenders.toml and files like it, and what --add says."""

import glob
import re
import shlex
import shutil
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from trivium.contenders import DIALECTS, Contender
from trivium.errors import CannotCompare, WrongUsage
from trivium.paths import BUILD
from trivium.scenarios import CAPABILITIES, PROFILE_NAMES

POOLS = ("", "blocking", "async")
UNITS = ("", "process", "thread", "task")
_NAME = re.compile(r"[A-Za-z0-9_.+-]+(/[A-Za-z0-9_.+-]+)*")
_TYPES: dict[str, type] = {
    "command": str,
    "about": str,
    "dialect": str,
    "can": list,
    "capacity": int,
    "pool": str,
    "unit": str,
    "path": str,
    "requires": list,
    "package": str,
    "profiles": list,
    "files": dict,
}
_OPTIONAL = {
    "about": "",
    "dialect": "trivium",
    "can": [],
    "capacity": 0,
    "pool": "",
    "unit": "",
    "path": "/",
    "requires": [],
    "package": "",
    "profiles": list(PROFILE_NAMES),
    "files": {},
}
# Where Debian has servers, and not every user's PATH.
_MORE_PLACES = "/usr/local/sbin:/usr/sbin:/sbin"


def _which(word: str, folder: Path) -> str | None:
    """Returns the program that a command's first word means: on PATH, or a path, a relative one from the folder."""
    if "/" in word:
        path = folder / word
        return str(path) if path.exists() else None
    return shutil.which(word) or shutil.which(word, path=_MORE_PLACES)


def _lacks(requires: Sequence[str], package: str) -> str:
    """Returns which of the programs, or paths with wildcards, are not here, and what to install; nothing for none."""
    lacking = [need for need in requires if not (glob.glob(need) if need.startswith("/") else _which(need, Path()))]
    cure = f" (apt-get install {package})" if package else ""
    return f"there is no {' and no '.join(lacking)}{cure}" if lacking else ""


def _command(where: str, text: str, folder: Path) -> tuple[Path, tuple[str, ...], str]:
    """Returns program, arguments, and why it can't be started here (or nothing)."""
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise CannotCompare(f"{where} 'command' is no command: {error}") from None
    if not words:
        raise CannotCompare(f"{where} 'command' is empty")
    first = words[0].replace("{build}", str(BUILD))
    arguments = tuple(word.replace("{build}", str(BUILD)) for word in words[1:])
    # What is in the build folder will be built.
    found = first if first.startswith(str(BUILD)) else _which(first, folder)
    return Path(found or first), arguments, "" if found else f"there is no {first}"


def _one_of(where: str, key: str, given: Sequence[str], legal: Sequence[str]) -> None:
    if set(given) - set(legal):
        raise CannotCompare(f"{where} '{key}' must be one of: {', '.join(filter(None, legal))}")


def _checked(where: str, table: Any) -> dict[str, Any]:
    if not isinstance(table, dict):
        raise CannotCompare(f"{where} is not a table")
    if unknown := sorted(set(table) - set(_TYPES)):
        raise CannotCompare(f"{where} has an unknown key '{unknown[0]}'")
    if "command" not in table:
        raise CannotCompare(f"{where} lacks 'command'")
    for key, value in table.items():
        if type(value) is not _TYPES[key]:
            raise CannotCompare(f"{where} '{key}' must be of type {_TYPES[key].__name__}")
        if isinstance(value, list | dict):
            items = value if isinstance(value, list) else value.values()
            if not all(isinstance(item, str) for item in items):
                raise CannotCompare(f"{where} '{key}' must hold strings only")
    values = _OPTIONAL | table
    for key, legal in (("dialect", DIALECTS), ("pool", POOLS), ("unit", UNITS)):
        _one_of(where, key, [values[key]], legal)
    for key, several in (("can", CAPABILITIES), ("profiles", PROFILE_NAMES)):
        _one_of(where, key, values[key], several)
    if values["capacity"] < 0:
        raise CannotCompare(f"{where} 'capacity' must be 0 (no limit) or more")
    return values


def make(where: str, name: str, table: Any, folder: Path) -> Contender:
    """Returns the contender that a table describes; CannotCompare names what is wrong with it."""
    if not _NAME.fullmatch(name):
        raise CannotCompare(f"{where}: a name is letters, digits and _.+- in parts between slashes")
    values = _checked(where, table)
    everything = " ".join([values["command"], *values["files"].values()])
    if "{port}" not in everything:
        raise CannotCompare(f"{where} 'command' must hold {{port}}, or a file of 'files' must")
    if values["dialect"] == "trivium" and "{port}" not in values["command"]:
        raise CannotCompare(f"{where} 'command' must hold {{port}}: the conformance suite chooses it")
    for file in values["files"]:
        if "/" in file or file in ("", ".", ".."):
            raise CannotCompare(f"{where} 'files' must have plain names, not '{file}'")
    program, arguments, missing = _command(where, values["command"], folder)
    return Contender(
        name=name,
        program=program,
        arguments=arguments,
        about=values["about"] or values["command"],
        pool=values["pool"],
        keeps_contract=False,
        dialect=values["dialect"],
        can=frozenset(values["can"]),
        unit=values["unit"],
        holds=values["capacity"],
        foreign=True,
        files=tuple(values["files"].items()),
        path=values["path"],
        missing=_lacks(values["requires"], values["package"]) or missing,
        profiles=tuple(values["profiles"]),
    )


def read_contenders(path: Path) -> list[Contender]:
    """Returns the contenders of a file, in its order; a faulty file is CannotCompare."""
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise CannotCompare(f"{path}: {error}") from error
    # A command's relative path is meant from where the file is.
    folder = path.resolve().parent
    return [make(f"{path.name}: [{name}]", name, table, folder) for name, table in tables.items()]


def parse_added(text: str) -> Contender:
    """Returns the contender of NAME='COMMAND with {port}', or NAME:DIALECT='...'; WrongUsage where it is none."""
    name, equals, command = text.partition("=")
    name, colon, dialect = name.partition(":")
    if not equals or not name or not command:
        raise WrongUsage(f"--add takes NAME='COMMAND with {{port}}', or NAME:DIALECT='...', not '{text}'")
    table = {"command": command} | ({"dialect": dialect} if colon else {})
    try:
        added = make(f"--add: {name}", name, table, Path.cwd())
    except CannotCompare as error:
        raise WrongUsage(str(error)) from None
    if added.missing:
        raise WrongUsage(f"--add: {name}: {added.missing}")
    return added


def join(known: Sequence[Contender], more: Sequence[Contender]) -> list[Contender]:
    """Returns all of them; CannotCompare where two have one name."""
    found = list(known)
    for contender in more:
        if contender.name in {other.name for other in found}:
            raise CannotCompare(f"there are two contenders named '{contender.name}'")
        found.append(contender)
    return found
