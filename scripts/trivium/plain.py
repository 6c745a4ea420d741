# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Trivium authors
"""Values of ours as JSON has them, and back: dataclasses, tuples, sets, paths (relative in the repository)."""

from dataclasses import fields, is_dataclass
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from trivium.paths import ROOT, shown


def to_plain(value: Any) -> Any:
    """Returns the value in dicts, lists, strings, numbers; what is equal becomes the same, sets in order."""
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: to_plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Path):
        return shown(value)
    if isinstance(value, dict):
        return {str(key): to_plain(item) for key, item in value.items()}
    if isinstance(value, frozenset | set):
        return sorted(to_plain(item) for item in value)
    if isinstance(value, list | tuple):
        return [to_plain(item) for item in value]
    return value


def _fits(kind: Any, data: Any) -> bool:
    """Says whether the data can be a value of the type, as far as its outermost shape tells."""
    origin = get_origin(kind) or kind
    if origin is Any:
        return True
    if is_dataclass(origin):
        named = {field.name for field in fields(origin)}
        return isinstance(data, dict) and data.keys() <= named
    if origin is NoneType or data is None:
        return data is None and origin is NoneType
    if origin in (tuple, list, set, frozenset):
        return isinstance(data, list)
    if origin is Path:
        return isinstance(data, str)
    if origin is float:
        return isinstance(data, int | float) and not isinstance(data, bool)
    if origin is int:
        return isinstance(data, int) and not isinstance(data, bool)
    return isinstance(data, origin)


def _dataclass(kind: Any, data: Any) -> Any:
    if not isinstance(data, dict):
        raise ValueError(f"{kind.__name__} is not a table")
    hints = get_type_hints(kind)
    known = [field.name for field in fields(kind) if field.name in data]  # what is new since then has its default
    try:
        return kind(**{name: from_plain(hints[name], data[name]) for name in known})
    except TypeError as error:
        raise ValueError(f"{kind.__name__}: {error}") from error


def from_plain(kind: Any, data: Any) -> Any:
    """Returns the value of that type that `to_plain` made the data of; ValueError where it can't be one."""
    origin, parts = get_origin(kind) or kind, get_args(kind)
    if origin in (Union, UnionType):
        for part in parts:
            if _fits(part, data):
                return from_plain(part, data)
        raise ValueError(f"{data!r:.60} is none of {kind}")
    if is_dataclass(origin):
        return _dataclass(origin, data)
    if not _fits(kind, data):
        raise ValueError(f"{data!r:.60} is no {kind}")
    if origin is tuple:
        if len(parts) == 2 and parts[1] is Ellipsis:
            return tuple(from_plain(parts[0], item) for item in data)
        return tuple(from_plain(part, item) for part, item in zip(parts, data, strict=True))
    if origin in (list, set, frozenset):
        return origin(from_plain(parts[0], item) for item in data)
    if origin is dict and parts:
        return {key: from_plain(parts[1], item) for key, item in data.items()}
    return ROOT / data if origin is Path else data
