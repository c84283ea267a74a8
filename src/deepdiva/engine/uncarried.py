"""What a task holds besides weights and optimizer: if it changes while training, no checkpoint carries it."""

from __future__ import annotations

import ast
import inspect
import itertools
import random
import sys
import textwrap
from collections.abc import Iterator, Mapping
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import nn

from deepdiva.engine.learner import Learner
from deepdiva.engine.trace import digest_of

_DEEPEST = 3
_LARGEST = 1 << 24
"""Bytes of an array above which it is data, not a state."""
_LONGEST = 10_000
_LIBRARIES = frozenset({"deepdiva", "torch", "torchvision", "numpy", "PIL", "scipy", "sklearn"})
_OF_MODULES = frozenset(vars(nn.Module()))
"""What every layer has; the rest is the researcher's."""


class Held(NamedTuple):
    """A value that changed."""

    name: str
    """Such as `Idea.steps`, or `idea.NOISE` of a module."""
    path: str
    """File in which it is changed or used."""
    line: int


class _Place(NamedTuple):
    owner: type | ModuleType
    name: str


Taken = Mapping[_Place, str]
"""Digests of each value."""


def take_down(learner: Learner) -> Taken:
    """Return the digests of what task, splits, layers and their modules hold, where it is plain enough."""
    splits = learner.task.splits()
    owners = [learner.task, splits.train, splits.val, *learner.model.modules()]
    names = {type(owner).__module__ for owner in owners}
    modules = [sys.modules[name] for name in sorted(names) if name in sys.modules and _is_own(name)]
    found: dict[_Place, str] = {}
    for owner in [*owners, *modules]:
        for place, digest in _values(owner, 0):
            found[place] = found.get(place, "") + digest  # of all instances of a class
    return found


def changed(before: Taken, after: Taken) -> tuple[Held, ...]:
    """Return what differs between the two, with the line that changes it or, failing that, uses it."""
    differing = [place for place, digest in after.items() if before.get(place) != digest]
    return tuple(_located(place) for place in differing)


def _is_own(module: str) -> bool:
    package = module.partition(".")[0]
    return package not in _LIBRARIES and package not in sys.stdlib_module_names


def _values(owner: Any, depth: int) -> Iterator[tuple[_Place, str]]:
    kind = owner if isinstance(owner, ModuleType) else type(owner)
    skipped = _OF_MODULES if isinstance(owner, nn.Module) else frozenset()
    for name, value in sorted(getattr(owner, "__dict__", {}).items()):
        if name in skipped or name.startswith("__"):
            continue
        digest = _digest(value)
        if digest is not None:
            yield _Place(kind, name), digest
        elif _is_own(type(value).__module__) and not isinstance(value, nn.Module) and depth < _DEEPEST:
            yield from _values(value, depth + 1)


def _digest(value: Any) -> str | None:
    """Return a digest of a state; None of what is no plain value."""
    plain = _plain(value)
    return None if plain is None else digest_of(plain)


def _plain(value: Any) -> Any:
    """Return the state of `value` in plain values; None of what has none, or is data."""
    match value:
        case bool() | int() | float() | str() | bytes():
            return value
        case np.ndarray() | torch.Tensor():
            return _plain_array(value)
        case dict() | list() | tuple() | set():
            return _plain_container(value)
    return _plain_source(value)


def _plain_source(value: Any) -> Any:
    """Return where a generator or a counter stands."""
    match value:
        case torch.Generator():
            return value.get_state()
        case np.random.Generator():
            return repr(value.bit_generator.state)
        case np.random.RandomState():
            return repr(value.get_state(legacy=False))
        case random.Random():
            return repr(value.getstate())
    return repr(value) if isinstance(value, itertools.count) else None


def _plain_array(value: np.ndarray | torch.Tensor) -> Any:
    if value.nbytes > _LARGEST or value.dtype == object:
        return None
    return value if isinstance(value, torch.Tensor) else value.tobytes()


def _plain_container(value: dict[Any, Any] | list[Any] | tuple[Any, ...] | set[Any]) -> Any:
    if len(value) > _LONGEST:
        return None
    plain = [_plain(part) for part in (value.items() if isinstance(value, dict) else value)]
    return sorted(map(repr, plain)) if isinstance(value, set) else plain


# -- Where it is changed ---------------------------------------------------------------


def _located(place: _Place) -> Held:
    owners = [place.owner] if isinstance(place.owner, ModuleType) else place.owner.__mro__
    name = f"{_readable(place.owner.__name__)}.{place.name}"
    for owner in owners:
        found = _line_in(owner, place.name)
        if found is not None:
            return Held(name, *found)
    return Held(name, "", 0)


def _readable(name: str) -> str:
    """Return the name of a module without its packages, and without what `tasks.catalog` puts around it."""
    last = name.rpartition(".")[2]
    return (
        last.removeprefix("deepdiva_file_").rpartition("_")[0] if last.startswith("deepdiva_file_") else last
    )


def _line_in(owner: type | ModuleType, name: str) -> tuple[str, int] | None:
    try:
        lines, first = inspect.getsourcelines(owner)
        path = inspect.getsourcefile(owner) or ""
        tree = ast.parse(textwrap.dedent("".join(lines)))
    except (OSError, TypeError, SyntaxError):
        return None
    uses = list(_uses(tree, name, isinstance(owner, ModuleType)))
    if not uses:
        return None
    line = next((node.lineno for node in uses if isinstance(node.ctx, ast.Store)), uses[0].lineno)
    return path, line + max(first, 1) - 1


def _uses(tree: ast.AST, name: str, of_module: bool) -> Iterator[ast.Name | ast.Attribute]:
    """Give all mentions of a value in functions that run after the building."""
    functions = (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    for function in functions:
        if function.name in ("__init__", "__post_init__"):
            continue
        for node in ast.walk(function):
            if of_module and isinstance(node, ast.Name) and node.id == name:
                yield node
            if not of_module and isinstance(node, ast.Attribute) and node.attr == name:
                yield node
