"""Dataclasses to plain tables and back: the one place where settings are checked by type."""

from __future__ import annotations

import dataclasses
import difflib
import types
import typing
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal, TypeVar

from deepdiva.errors import ConfigError

C = TypeVar("C")
NONE = "none"
"""How a setting without a value is written, since TOML has no word for it."""


def as_table(settings: Any) -> dict[str, Any]:
    """Return every field of the dataclass `settings`, nested ones as nested tables."""
    return {f.name: _plain(getattr(settings, f.name)) for f in dataclasses.fields(settings)}


def from_table(kind: type[C], table: Mapping[str, Any], *, where: str = "") -> C:
    """Return a `kind` with the values of `table`; what the table leaves out keeps its default.

    Args:
        where: Name of the table, for messages.

    Raises:
        ConfigError: CFG-001 for an unknown name, CFG-002 for a value of another type.

    Example:
        >>> @dataclasses.dataclass(frozen=True)
        ... class Loop:
        ...     epochs: int = 5
        >>> from_table(Loop, {"epochs": 3})
        Loop(epochs=3)
    """
    hints = typing.get_type_hints(kind)
    names = [f.name for f in dataclasses.fields(kind)]  # type: ignore[arg-type]
    for name in table:
        if name not in names:
            raise _unknown(f"{where}{name}", name, names)
    values = {name: _typed(hints[name], value, f"{where}{name}") for name, value in table.items()}
    try:
        return kind(**values)
    except TypeError as cause:
        missing = sorted(set(names) - set(table))
        raise ConfigError(
            f"{where or 'the request'} lacks a setting",
            expected=f"values for all settings without a default, among {', '.join(missing)}",
            remedy="add what is missing; a `request.toml` of any run shows all settings",
            code="CFG-001",
        ) from cause


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return as_table(value)
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    if isinstance(value, Path):
        return str(value)
    return NONE if value is None else value


def _typed(kind: Any, value: Any, where: str) -> Any:
    """Return `value` as a `kind`, or say which type was expected and which was found."""
    if kind is Any:
        return value
    if dataclasses.is_dataclass(kind) and isinstance(value, Mapping):
        return from_table(typing.cast(type[Any], kind), value, where=f"{where}.")
    read = _READERS.get(typing.get_origin(kind) or kind, _exactly)
    return read(kind, value, where)


def _exactly(kind: Any, value: Any, where: str) -> Any:
    # Not `isinstance`: true is no number here, whatever Python thinks.
    if type(value) is kind:
        return value
    raise _wrong_type(kind, value, where)


def _float(kind: Any, value: Any, where: str) -> float:
    return float(value) if type(value) is int else _exactly(kind, value, where)


def _path(kind: Any, value: Any, where: str) -> Path:
    return Path(_exactly(str, value, where)) if not isinstance(value, kind) else value


def _literal(kind: Any, value: Any, where: str) -> Any:
    if value in typing.get_args(kind):
        return value
    raise _wrong_type(kind, value, where)


def _tuple(kind: Any, value: Any, where: str) -> tuple[Any, ...]:
    if not isinstance(value, list | tuple):
        raise _wrong_type("a list", value, where)
    return tuple(_typed(typing.get_args(kind)[0], item, where) for item in value)


def _union(kind: Any, value: Any, where: str) -> Any:
    kinds = typing.get_args(kind)
    if value is None or (value == NONE and type(None) in kinds):
        return None
    for candidate in kinds:
        try:
            return _typed(candidate, value, where)
        except ConfigError:
            continue
    raise _wrong_type(" or ".join(_spell(candidate) for candidate in kinds), value, where)


_READERS: dict[Any, Callable[[Any, Any, str], Any]] = {
    float: _float,
    Path: _path,
    Literal: _literal,
    tuple: _tuple,
    typing.Union: _union,
    types.UnionType: _union,
}


def _wrong_type(kind: Any, value: Any, where: str) -> ConfigError:
    return ConfigError(
        f"{where} = {value!r} is a {type(value).__name__}",
        expected=kind if isinstance(kind, str) else _spell(kind),
        remedy="write numbers without quotes, words with quotes, and true or false in small letters",
        code="CFG-002",
    )


def _unknown(where: str, name: str, names: list[str]) -> ConfigError:
    near = difflib.get_close_matches(name, names, n=1)
    return ConfigError(
        f"unknown setting {where!r}",
        expected="one of " + ", ".join(names),
        remedy=f"did you mean {near[0]!r}?" if near else "`deepdiva run TASK --help` shows all settings",
        code="CFG-001",
    )


def _spell(kind: Any) -> str:
    if kind is type(None):
        return repr(NONE)
    if typing.get_origin(kind) is Literal:
        return "one of " + ", ".join(map(repr, typing.get_args(kind)))
    return getattr(kind, "__name__", str(kind))
