"""In what one run differs from another, as changes that can be applied one by one."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path, PurePosixPath
from typing import Any, Literal

from deepdiva.config import read_toml
from deepdiva.experiment.cause.hunks import Hunk, hunks_between, is_text
from deepdiva.experiment.side import Side
from deepdiva.provenance import differences as trees
from deepdiva.provenance.entries import FILE, LINK, PROGRAM, open_plain, read_link
from deepdiva.provenance.footprint import load
from deepdiva.provenance.tree import printable

LEVELS = 3
"""How fine changes are grouped: by part, by file of the code or folder of the data, not at all."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Change:
    """One step on the way from A to B; equal to itself alone."""

    part: Literal["settings", "code", "data"]
    path: str
    """Dotted key of a setting; path of a file in the source tree, or below the root of the data."""
    a: Any = None
    """What A has there: a value, the mode of a file, a digest; None for nothing."""
    b: Any = None
    hunk: Hunk | None = None
    """Of a file of code that both have, the lines that change; None for the file as a whole."""

    @property
    def name(self) -> str:
        """What it is called in an answer."""
        if self.part == "settings":
            return self.path
        if self.hunk is None:
            what = "added" if self.a is None else "removed" if self.b is None else "changed"
            return f"{printable(self.path)} ({what})"
        first, count = self.hunk.first, len(self.hunk.old)
        if count == 0:
            return f"{printable(self.path)}, after line {first}"
        return f"{printable(self.path)}, line {first + 1}" + (f" to {first + count}" if count > 1 else "")

    @property
    def values(self) -> tuple[Any, Any]:
        """What A and B have there, in plain values."""
        if self.hunk is None:
            return self.a, self.b
        old, new = (b"".join(lines).decode() for lines in (self.hunk.old, self.hunk.new))
        return old, new

    @property
    def groups(self) -> tuple[str, ...]:
        """Names of the groups it belongs to, the largest first."""
        if self.part == "settings":
            return (f"setting {self.path}",)
        return self.part, self.path if self.part == "code" else str(PurePosixPath(self.path).parent)


def group(changes: Sequence[Change], level: int) -> list[tuple[Change, ...]]:
    """Return `changes` as groups that are tried together at `level`, from 0 to `LEVELS` - 1."""
    if level == LEVELS - 1:
        return [(change,) for change in changes]
    return [tuple(some) for _, some in groupby(changes, key=lambda change: change.groups[: level + 1])]


def changes_between(a: Side, b: Side) -> tuple[Change, ...]:
    """Return every change that leads from `a` to `b` and can be applied here, group by group."""
    code = sorted(_code(a.place.tree, b.place.tree), key=lambda change: change.path)
    data = sorted(_data(a, b), key=lambda change: (change.groups, change.path))
    return (*_settings(settings_of(a), settings_of(b)), *code, *data)


# -- Settings --------------------------------------------------------------------------


def settings_of(side: Side) -> dict[str, Any]:
    """Return every setting of a run by its dotted key, with the threads that it was computed with."""
    flat = dict(_flat(read_toml(side.place.request)))
    for key in ("data", "data_sha256"):  # where it lay, and which it was: that is the data's affair
        flat.pop(key, None)
    return flat | {"machine.threads": side.stamp["numeric_class"]["threads"]}


def _flat(table: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in table.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{before}{key}.")
        else:
            yield f"{before}{key}", value


def _settings(a: Mapping[str, Any], b: Mapping[str, Any]) -> Iterator[Change]:
    for key in sorted({*a, *b}):
        if a.get(key) != b.get(key):
            yield Change(part="settings", path=key, a=a.get(key), b=b.get(key))


# -- Code and data ---------------------------------------------------------------------


def _code(a: Path, b: Path) -> Iterator[Change]:
    ours, theirs = _tree(a), _tree(b)
    for path in sorted({*ours, *theirs}):
        modes = ours.get(path), theirs.get(path)
        if None in modes or modes[0] != modes[1]:
            yield Change(part="code", path=path, a=modes[0], b=modes[1])
            continue
        contents = [_content(root, path, modes[0]) for root in (a, b)]
        if contents[0] == contents[1]:
            continue
        if modes[0] == LINK or not all(map(is_text, contents)):
            yield Change(part="code", path=path, a=modes[0], b=modes[1])
            continue
        for hunk in hunks_between(*contents):
            yield Change(part="code", path=path, a=modes[0], b=modes[1], hunk=hunk)


def _tree(root: Path) -> dict[str, str]:
    """Return the mode of every file and link below `root`, as git calls it; git's own folder is left out."""
    modes = {}
    for folder, names, files in os.walk(root):
        place = Path(folder)
        if place == root and ".git" in names:
            names.remove(".git")
        links = [name for name in names if (place / name).is_symlink()]
        for path in (place / name for name in (*files, *links)):
            modes[path.relative_to(root).as_posix()] = _mode(path)
    return modes


def _mode(path: Path) -> str:
    if path.is_symlink():
        return LINK
    return PROGRAM if os.access(path, os.X_OK) else FILE


def _content(root: Path, path: str, mode: str | None) -> bytes:
    if mode == LINK:
        return read_link(root / path)
    with open_plain(root, path) as stream:
        return stream.read()


def _data(a: Side, b: Side) -> Iterator[Change]:
    ours, theirs = (load(side.run / "data" / "footprint.json").contents for side in (a, b))
    found = trees.between(ours, theirs)
    for path in (*found.added, *found.removed, *found.changed):
        yield Change(part="data", path=path, a=ours.get(path), b=theirs.get(path))
