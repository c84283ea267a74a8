"""When a sample was made, as a column says it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from deepdiva.data.layouts import Layout, Sample
from deepdiva.data.partition.groups import cell_of, read_column
from deepdiva.errors import DataError
from deepdiva.provenance.tree import printable


def times_of(layout: Layout, column: str, table: Path | None) -> list[float]:
    """Return the time of every sample; only their order means anything.

    Args:
        layout: The samples.
        column: Holds a number, such as a year, or a date or time of ISO 8601; not both.
            Times without a zone are taken as UTC.
        table: Where the column is found, beside a column `path`, instead of in the data set.

    Raises:
        DataError: a sample has no time, or one that cannot be read (DATA-068).
    """
    said = None if table is None else read_column(table, column)
    cells = [_cell(sample, column, said) for sample in layout.samples]
    numbers = all(_number(cell) is not None for cell in cells)
    times = []
    for sample, cell in zip(layout.samples, cells, strict=True):
        time = _number(cell) if numbers else _moment(cell)
        if time is None:
            raise _unreadable(sample, column, cell)
        times.append(time)
    return times


def _cell(sample: Sample, column: str, said: Mapping[str, str] | None) -> str:
    return (cell_of(sample, column) or "") if said is None else said.get(sample.name, "")


def _number(cell: str) -> float | None:
    try:
        number = float(cell)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _moment(cell: str) -> float | None:
    try:
        moment = datetime.fromisoformat(cell)
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _unreadable(sample: Sample, column: str, cell: str) -> DataError:
    return DataError(
        f"{printable(sample.row or sample.name)}: {column} is {cell!r}",
        expected="for every sample a number, or for every sample a date or time such as 2020-12-31 or "
        "2020-12-31T23:59:00",
        remedy="write the dates so, or name another column with --by-time",
        code="DATA-068",
    )
