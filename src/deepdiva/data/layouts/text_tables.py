"""Tables whose rows are all there is: texts with a label, and points of the plane."""

from __future__ import annotations

import math
from collections.abc import Iterator

from deepdiva.data.layouts.columns import LABEL, TEXT, X, Y, have
from deepdiva.data.layouts.folder import Folder, Head
from deepdiva.data.layouts.kind import Kind
from deepdiva.data.layouts.sample import Sample
from deepdiva.data.layouts.table_rows import Row, rows, tables
from deepdiva.data.records import fault


def _fits_text(head: Head) -> bool:
    return have(head.columns, TEXT, LABEL)


def _fits_points(head: Head) -> bool:
    return have(head.columns, X, Y, LABEL) and not have(head.columns, TEXT)


def _texts(folder: Folder) -> Iterator[Sample]:
    shared: dict[str, tuple[str, ...]] = {}
    for row in rows(folder, _fits_text):
        cells = dict(row.cells)
        text = row.take(TEXT, cells)
        labels = _label(row, cells, shared)
        yield Sample(row.name, row.split, (), labels, {"text": text, **cells}, row.name)


def _points(folder: Folder) -> Iterator[Sample]:
    shared: dict[str, tuple[str, ...]] = {}
    for row in rows(folder, _fits_points):
        cells = dict(row.cells)
        point = {"x": _number(row, "x", row.take(X, cells)), "y": _number(row, "y", row.take(Y, cells))}
        yield Sample(row.name, row.split, (), _label(row, cells, shared), {**point, **cells}, row.name)


def _label(row: Row, cells: dict[str, str], shared: dict[str, tuple[str, ...]]) -> tuple[str, ...]:
    label = row.take(LABEL, cells)
    if not label:
        raise fault("DATA-056", row.table, row.line, "the label is empty", "a class for every row")
    return shared.setdefault(label, (label,))


def _number(row: Row, column: str, cell: str) -> str:
    try:
        finite = math.isfinite(float(cell)) and "_" not in cell
    except ValueError:
        finite = False
    if not finite:
        hint = "a point, not a comma, before the decimals" if "," in cell else ""
        raise fault(
            "DATA-056",
            row.table,
            row.line,
            f"{column} is {cell!r}",
            f"a finite number such as 3.5; {hint}".rstrip("; "),
        )
    return cell


TEXT_TABLE = Kind(
    name="text",
    shape="train.csv, val.csv and test.csv (or .tsv, .jsonl, .parquet) with the columns text, label; "
    "or one such table, perhaps with a column split",
    fits=lambda folder: bool(tables(folder, _fits_text)),
    samples=_texts,
)
POINTS = Kind(
    name="points",
    shape="train.csv, val.csv and test.csv with the columns x, y, label; or one such table",
    fits=lambda folder: bool(tables(folder, _fits_points)),
    samples=_points,
)
