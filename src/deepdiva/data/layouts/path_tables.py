"""Tables whose rows name files: word crops and pictures with several labels.

A path is looked for below the folder of its table, then below `images/` there.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath

from deepdiva.data.layouts.columns import PATH, TEXT, TRANSCRIPTION, have, place_of
from deepdiva.data.layouts.folder import Folder, Head
from deepdiva.data.layouts.kind import Kind
from deepdiva.data.layouts.sample import Sample
from deepdiva.data.layouts.table_rows import Row, rows, tables
from deepdiva.data.records import fault
from deepdiva.provenance.tree import printable

FLAGS = {"1": True, "0": False, "-1": False, "1.0": True, "0.0": False, "-1.0": False}
NO_LABELS = frozenset(
    {"split", "fold", "id", "index", "page", "line", "writer", "group", "source", "year", "date"}
    | {"x", "y", "width", "height"}
)
"""Columns that may hold 1 and 0 and are no labels all the same."""


def fits(folder: Folder) -> bool:
    """Tell whether a folder has a table of this sort."""
    return bool(tables(folder, _fits_words) or tables(folder, _fits_multi_label))


def _fits_words(head: Head) -> bool:
    return have(head.columns, PATH) and (have(head.columns, TRANSCRIPTION) or have(head.columns, TEXT))


def _fits_multi_label(head: Head) -> bool:
    return have(head.columns, PATH) and not _fits_words(head) and bool(_label_columns(head))


def _label_columns(head: Head) -> tuple[str, ...]:
    """Return the columns whose first row holds 1, 0 or -1."""
    cells = zip(head.columns, head.first, strict=False)
    path = place_of(head.columns, PATH)
    named = {*NO_LABELS, *([] if path is None else [head.columns[path].lower()])}
    return tuple(column for column, cell in cells if cell in FLAGS and column.lower() not in named)


def _words(folder: Folder) -> Iterator[Sample]:
    seen: dict[str, Row] = {}
    for row in rows(folder, _fits_words):
        cells = dict(row.cells)
        path = _find(folder, row, row.take(PATH, cells), seen)
        cells["transcription"] = row.take((*TRANSCRIPTION, *TEXT), cells)
        yield Sample(path, row.split, (path,), (), cells, row.name)


def _multi_label(folder: Folder) -> Iterator[Sample]:
    seen: dict[str, Row] = {}
    labels = {column: None for head in tables(folder, _fits_multi_label) for column in _label_columns(head)}
    shared: dict[tuple[str, ...], tuple[str, ...]] = {}
    for row in rows(folder, _fits_multi_label):
        cells = dict(row.cells)
        path = _find(folder, row, row.take(PATH, cells), seen)
        held = tuple(label for label in labels if _flag(row, label, row.take((label.lower(),), cells)))
        yield Sample(path, row.split, (path,), shared.setdefault(held, held), cells, row.name)


def _flag(row: Row, label: str, cell: str) -> bool:
    if cell not in FLAGS:
        raise fault(
            "DATA-058", row.table, row.line, f"{label} is {cell!r}", "1 where the label holds, else 0 or -1"
        )
    return FLAGS[cell]


def _find(folder: Folder, row: Row, cell: str, seen: dict[str, Row]) -> str:
    """Return the path below the root of the file that a row names, which no row before it named."""
    above = PurePosixPath(row.table).parent
    known = folder.files.footprint.files
    path = next((p for p in (str(above / cell), str(above / "images" / cell)) if p in known), None)
    if path is None:
        raise fault(
            "DATA-057",
            row.table,
            row.line,
            f"there is no file {printable(cell)}",
            "a path below the folder of the table",
        )
    if path in seen:
        raise fault(
            "DATA-055",
            row.table,
            row.line,
            f"{printable(cell)} again, first in {seen[path].table}, line {seen[path].line}",
            "every file in one row only",
        )
    seen[path] = row
    return path


WORDS = Kind(
    name="words",
    shape="a table with the columns path, transcription, and others such as writer and page",
    fits=lambda folder: bool(tables(folder, _fits_words)),
    samples=_words,
)
MULTI_LABEL = Kind(
    name="multi-label",
    shape="a table with a column path (or filename, ...) and a column for each label, "
    "which holds 1 where it is given, else 0 or -1",
    fits=lambda folder: bool(tables(folder, _fits_multi_label)),
    samples=_multi_label,
)
