"""The tables of a data set and their rows.

ROOT/train.csv      ROOT/train/<table>.csv      ROOT/<table>.csv     (one, perhaps with
ROOT/val.csv        ROOT/val/<table>.csv                              a column `split`)
ROOT/test.csv       ROOT/test/<table>.csv
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from deepdiva.data.layouts.columns import SPLIT, place_of
from deepdiva.data.layouts.folder import Folder, Head
from deepdiva.data.records import Record, fault
from deepdiva.data.splits import SPLIT_NAMES, SplitName
from deepdiva.errors import DataError
from deepdiva.provenance.tree import printable

Fits = Callable[[Head], bool]


class Row(NamedTuple):
    """A row of a table."""

    table: str
    line: int
    split: SplitName | None
    cells: Mapping[str, str]
    """By column; without the split."""

    @property
    def name(self) -> str:
        """Where it stands."""
        return f"{self.table}#{self.line}"

    def take(self, wanted: Sequence[str], cells: dict[str, str]) -> str:
        """Remove the cell of the column that has one of the names `wanted` from `cells`; return it."""
        columns = tuple(self.cells)
        place = place_of(columns, wanted)
        if place is None:
            raise fault(
                "DATA-054",
                self.table,
                1,
                f"no column {wanted[0]} among {', '.join(columns)}",
                f"a column called {' or '.join(wanted)}, as the other tables have",
            )
        return cells.pop(columns[place])


def tables(folder: Folder, fits: Fits) -> tuple[Head, ...]:
    """Return the tables that make the data set where any fits: those of the splits, else the only one.

    Raises:
        DataError: several tables fit, and none is named by a split (DATA-016).
    """
    split = [head for head in folder.heads if head.split is not None]
    if any(fits(head) for head in split):
        return tuple(_one_each(folder, split))
    whole = [head for head in folder.heads if head.split is None and fits(head)]
    if len(whole) > 1:
        raise _several(folder, whole)
    return tuple(whole)


def _one_each(folder: Folder, heads: list[Head]) -> list[Head]:
    for split in SPLIT_NAMES:
        same = [head for head in heads if head.split == split]
        if len(same) > 1:
            raise _several(folder, same)
    return heads


def _several(folder: Folder, heads: Sequence[Head]) -> DataError:
    shown = ", ".join(printable(head.path) for head in heads[:10])
    return DataError(
        f"{folder.files.root} holds several tables that could be the data set: {shown}",
        expected="one table, or one for each of train, val and test, named so",
        remedy="move the others away, or give them another suffix",
        code="DATA-016",
    )


def rows(folder: Folder, fits: Fits) -> Iterator[Row]:
    """Yield every row of the tables of a data set.

    Raises:
        DataError: see `tables` and `records.records`; a table without rows (DATA-059), or a split that
            is none (DATA-058).
    """
    for head in tables(folder, fits):
        found = folder.read_table(head.path)
        if not found:
            raise fault("DATA-059", head.path, 1, "no row below the first line", "at least one sample")
        split_column = None if head.split else place_of(head.columns, SPLIT)
        for record in found:
            cells = dict(zip(head.columns, record.cells, strict=True))
            split = head.split
            if split_column is not None:
                split = _split(head, record, cells.pop(head.columns[split_column]))
            yield Row(head.path, record.line, split, cells)


def _split(head: Head, record: Record, cell: str) -> SplitName:
    found = next((split for split in SPLIT_NAMES if split == cell), None)
    if found is None:
        raise fault("DATA-058", head.path, record.line, f"split {cell!r}", f"one of {', '.join(SPLIT_NAMES)}")
    return found
