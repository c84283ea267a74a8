"""A data folder as layouts look at it: its paths, and its tables, each read once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import PurePosixPath
from typing import NamedTuple

from deepdiva.data.layout import is_hidden
from deepdiva.data.records import Record, is_table, records
from deepdiva.data.splits import SPLIT_NAMES, SplitName
from deepdiva.errors import DeepDivaError
from deepdiva.provenance import VerifiedData
from deepdiva.provenance.contents import Contents
from deepdiva.provenance.tree import printable

SHOWN = 8
"""Names at the top of a folder that a message shows."""


class Head(NamedTuple):
    """A table whose columns and first row are known."""

    path: str
    split: SplitName | None
    """The split that its name or its folder says."""
    columns: tuple[str, ...]
    first: tuple[str, ...]
    """Cells of the first row; none in an empty table."""


@dataclass(frozen=True)
class Folder:
    """What is found out about a verified folder; nothing is looked at before it is asked for."""

    files: VerifiedData

    @cached_property
    def contents(self) -> Contents:
        """The bytes of its files."""
        return Contents(self.files)

    @cached_property
    def paths(self) -> tuple[str, ...]:
        """All files that are not hidden, sorted."""
        return tuple(name for name in self.files.footprint.files if not is_hidden(name))

    @cached_property
    def tops(self) -> frozenset[str]:
        """The folders at the top that hold such files."""
        return frozenset(name.partition("/")[0] for name in self.paths if "/" in name)

    @cached_property
    def has_splits(self) -> bool:
        """Whether the folders at the top are splits.

        None but splits are there, or `train` holds folders or a table; else it may be a class, beside `car`.
        """
        return (bool(self.tops) and self.tops <= set(SPLIT_NAMES)) or any(
            name.startswith("train/") and (name.count("/") > 1 or is_table(name)) for name in self.paths
        )

    def place(self, name: str) -> tuple[SplitName | None, str]:
        """Return the split that a path lies in and the path below it; no split where there are none."""
        return split_of(name) if self.has_splits else (None, name)

    @cached_property
    def heads(self) -> tuple[Head, ...]:
        """The tables at the top and in split folders; those that cannot be read are in `broken`."""
        return tuple(head for head in self._looked.values() if isinstance(head, Head))

    @cached_property
    def broken(self) -> tuple[DeepDivaError, ...]:
        """What is wrong with the tables that cannot be read."""
        return tuple(error for error in self._looked.values() if isinstance(error, DeepDivaError))

    @cached_property
    def _looked(self) -> Mapping[str, Head | DeepDivaError]:
        return {name: self._look(name) for name in self.paths if is_table(name) and self._could_list(name)}

    def _could_list(self, name: str) -> bool:
        split, below = split_of(name)
        return "/" not in name or (split is not None and "/" not in below)

    def _look(self, name: str) -> Head | DeepDivaError:
        try:
            head, *rows = islice(records(name, self.contents.read(name)), 2)
        except DeepDivaError as error:
            return error
        split = split_of(name)[0] or next((s for s in SPLIT_NAMES if s == PurePosixPath(name).stem), None)
        return Head(name, split, head.cells, rows[0].cells if rows else ())

    def read_table(self, name: str) -> list[Record]:
        """Return the rows of a table, without its head.

        Raises:
            DataError: see `records.records`.
        """
        return list(records(name, self.contents.read(name)))[1:]


def split_of(name: str) -> tuple[SplitName | None, str]:
    """Return the split whose folder a path lies in, and the path below that.

    Example:
        >>> split_of("val/cat/1.png"), split_of("notes/1.txt")
        (('val', 'cat/1.png'), (None, '1.txt'))
    """
    top, _, below = name.partition("/")
    return next((split for split in SPLIT_NAMES if split == top and below), None), below


def tree_of(folder: Folder) -> str:
    """Draw what lies in a folder: each name at its top, how many files are below it, and the first."""
    first: dict[str, str] = {}
    counts: dict[str, int] = {}
    for name in folder.files.footprint.files:
        top, slash, _ = name.partition("/")
        first.setdefault(top + slash, name)
        counts[top + slash] = counts.get(top + slash, 0) + 1
    lines = [_line(top, name, counts[top]) for top, name in list(first.items())[:SHOWN]]
    lines += [f"  {head.path}: columns {', '.join(head.columns)}" for head in folder.heads[:SHOWN]]
    if len(first) > SHOWN:
        lines.append(f"  ... and {len(first) - SHOWN} more names")
    return "\n".join(lines)


def _line(top: str, first: str, count: int) -> str:
    if not top.endswith("/"):
        return f"  {printable(top)}"
    return f"  {printable(top)}  {count:,} file{'s' if count > 1 else ''}, such as {printable(first)}"
