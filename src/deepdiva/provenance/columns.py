"""Tables of a million files that stay small: a column is one block of bytes, not a million objects.

They are read like any mapping of paths to rows, in sorted order.  Whoever needs speed compares
and walks through whole columns.
"""

from __future__ import annotations

import re
from abc import abstractmethod
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from itertools import chain
from typing import TypeVar

Row = TypeVar("Row")

AT_ONCE = 2**14
"""Rows that are objects of Python at the same time while a table is walked through."""


class SortedPaths:
    """Paths below a root, each once, in the order of their bytes (which is that of code points)."""

    def __init__(self, joined: bytes, count: int) -> None:
        self.joined, self.count = joined, count
        self._next = 0

    @classmethod
    def of(cls, paths: Iterable[str]) -> SortedPaths:
        """Take in `paths`, which come sorted."""
        parts = [encoded(path) for path in paths]
        return cls(b"\0".join(parts), len(parts))

    def __len__(self) -> int:
        return self.count

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, SortedPaths):
            return NotImplemented
        return self.count == other.count and self.joined == other.joined

    __hash__ = None  # type: ignore[assignment]  # compared, never a key

    def __getitem__(self, row: int) -> str:
        return decoded(self._at(row))

    def slice(self, start: int, end: int) -> SortedPaths:
        """Return the paths of the rows from `start` to before `end`."""
        if start == 0 and end >= self.count:
            return self
        return SortedPaths(self._cut(start, min(end, self.count)), max(0, min(end, self.count) - start))

    def blocks(self, size: int = AT_ONCE) -> Iterator[list[str]]:
        """Give all paths in order, as lists of at most `size`."""
        for start in range(0, self.count, size):
            yield decoded(self._cut(start, min(start + size, self.count))).split("\0")

    def row(self, path: str) -> int | None:
        """Return the row of `path`, None where it is not here."""
        wanted, row = encoded(path), self._next
        if row >= self.count or self._at(row) != wanted:  # most ask for one after the other
            row = bisect_left(range(self.count), wanted, key=self._at)
        if row >= self.count or self._at(row) != wanted:
            return None
        self._next = row + 1
        return row

    def _at(self, row: int) -> bytes:
        return self._cut(row, row + 1)

    def _cut(self, start: int, end: int) -> bytes:
        if end <= start:
            return b""
        return self.joined[self._starts[start] : self._starts[end] - 1]

    @cached_property
    def _starts(self) -> array[int]:
        """Where each path begins in `joined`, and one past the end; made when first asked for."""
        inner = (found.end() for found in re.finditer(b"\0", self.joined))
        return array("q", chain((0,), inner, (len(self.joined) + 1,)))


def encoded(path: str) -> bytes:
    """Return the bytes of a path; names that are no text keep theirs."""
    return path.encode("utf-8", "surrogateescape")


def decoded(path: bytes) -> str:
    """Return the path that `encoded` made bytes of."""
    return path.decode("utf-8", "surrogateescape")


class Columns(Mapping[str, Row]):
    """A table of files; says how it is read as a mapping, its columns are told by its subclass."""

    paths: SortedPaths

    @abstractmethod
    def at(self, row: int) -> Row:
        """Return what stands in a row."""

    def __getitem__(self, path: str) -> Row:
        row = self.paths.row(path)
        if row is None:
            raise KeyError(path)
        return self.at(row)

    def __len__(self) -> int:
        return len(self.paths)

    def __iter__(self) -> Iterator[str]:
        for block in self.paths.blocks():
            yield from block

    def rows(self) -> Iterator[tuple[str, Row]]:
        """Give every path with its row, in order; faster than asking for each path."""
        return zip(self, map(self.at, range(len(self))), strict=True)

    def as_dict(self) -> dict[str, Row]:
        """Return the table as a dictionary, for those who ask for many paths out of order."""
        return dict(self.rows())
