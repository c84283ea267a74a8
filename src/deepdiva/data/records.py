"""Tables to records: CSV with comma, semicolon or tab, TSV, JSON lines, Parquet.

A table is UTF-8, with or without a byte-order mark, with any line ends.  Its first line names
the columns.  Quotes as in RFC 4180: a quoted cell may hold delimiters, doubled quotes and line
ends.  Every cell is handed on as text; what it means is for others to say.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from deepdiva.errors import ConfigError, DataError
from deepdiva.provenance.tree import printable

SUFFIXES = (".csv", ".tsv", ".jsonl", ".ndjson", ".parquet")
LONGEST_CELL = 2**27
"""Characters; the csv module's own limit is 128 Ki."""


class Record(NamedTuple):
    """One row of a table, or its head."""

    line: int
    """Where it begins in the file; of Parquet, which row it is.  The first is 1."""
    cells: tuple[str, ...]
    raw: str
    """As it stands in the file, with its line end; empty for Parquet."""


def is_table(name: str) -> bool:
    """Tell whether a file of this name is read as a table."""
    return name.lower().endswith(SUFFIXES)


def records(name: str, content: bytes) -> Iterator[Record]:
    """Yield the head of a table (its column names; JSON lines and Parquet give one too), then its rows.

    Args:
        name: Path of the table, for its kind and for messages.
        content: Its bytes.

    Raises:
        DataError: it cannot be read (DATA-050), its head is empty or names a column twice
            (DATA-051), a row has too few cells (DATA-052) or too many (DATA-053).
        ConfigError: Parquet without its reader (EXT-003).
    """
    suffix = name.lower().rpartition(".")[2]
    if suffix == "parquet":
        rows = _parquet(name, content)
    else:
        text = _text(name, content)
        rows = _json_lines(name, text) if suffix in ("jsonl", "ndjson") else _csv(name, text, suffix)
    head = next(rows, None)
    if head is None:
        raise fault("DATA-051", name, 1, "nothing stands there", "a first line that names the columns")
    yield _checked_head(name, head)
    yield from rows


def fault(code: str, name: str, line: int, found: str, expected: str, remedy: str = "") -> DataError:
    """Return the error for what is wrong at a line of a table."""
    return DataError(
        f"{printable(name)}, line {line}: {found}",
        expected=expected,
        remedy=remedy or "correct the table, then `deepdiva data footprint DIR --update`",
        code=code,
    )


def _text(name: str, content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        seen = content[error.start : error.start + 4]
        raise fault("DATA-050", name, line, f"the bytes {seen!r} are not UTF-8", "text in UTF-8") from error


def _checked_head(name: str, head: Record) -> Record:
    columns = tuple(cell.strip() for cell in head.cells)
    twice = sorted({column for column in columns if columns.count(column) > 1})
    if not all(columns) or twice:
        raise fault(
            "DATA-051",
            name,
            head.line,
            f"column {twice[0]!r} twice" if twice and twice[0] else "a column without a name",
            "a first line that names every column once",
        )
    return head._replace(cells=columns)


# -- CSV and TSV -----------------------------------------------------------------------


def _csv(name: str, text: str, suffix: str) -> Iterator[Record]:
    delimiter = "\t" if suffix == "tsv" else delimiter_of(text.partition("\n")[0])
    width = None
    for record in _csv_records(name, text, delimiter):
        width = len(record.cells) if width is None else width
        _refuse_other_width(name, record, width)
        yield record


def delimiter_of(head: str) -> str:
    """Return the delimiter that cuts the first line of a table into most columns.

    Example:
        >>> delimiter_of("name;size"), delimiter_of("name,size"), delimiter_of("name")
        (';', ',', ',')
    """
    return max(",;\t", key=lambda delimiter: len(next(csv.reader([head], delimiter=delimiter), ())))


def _csv_records(name: str, text: str, delimiter: str) -> Iterator[Record]:
    """Yield every record with the lines it was read from."""
    taken: list[str] = []

    def lines() -> Iterator[str]:
        for line in io.StringIO(text, newline=""):
            taken.append(line)
            yield line

    reader, begin = csv.reader(lines(), delimiter=delimiter, strict=True), 1
    with _long_cells():
        try:
            for cells in reader:
                if any(cells):
                    yield Record(begin, tuple(cells), "".join(taken))
                begin = reader.line_num + 1
                taken.clear()
        except csv.Error as error:
            expected = 'a quoted cell that ends, with a quote inside written ""'
            raise fault("DATA-050", name, begin, f"no CSV: {error}", expected) from error


@contextmanager
def _long_cells() -> Iterator[None]:
    before = csv.field_size_limit(LONGEST_CELL)
    try:
        yield
    finally:
        csv.field_size_limit(before)


def _refuse_other_width(name: str, record: Record, width: int) -> None:
    have = len(record.cells)
    if have != width:
        code, what = ("DATA-052", "too few") if have < width else ("DATA-053", "too many")
        raise fault(
            code,
            name,
            record.line,
            f"{have} cells, {what}",
            f"{width} cells, as the first line has columns; one that holds the delimiter is quoted",
        )


# -- JSON lines ------------------------------------------------------------------------


def _json_lines(name: str, text: str) -> Iterator[Record]:
    columns: tuple[str, ...] = ()
    for line, raw in enumerate(io.StringIO(text, newline="\n"), start=1):
        if not raw.strip():
            continue
        row = _json_row(name, line, raw)
        if not columns:
            columns = tuple(row)
            yield Record(line, columns, "")
        _refuse_other_keys(name, line, columns, row)
        cells = tuple(_json_cell(name, line, row[column]) for column in columns)
        yield Record(line, cells, raw if raw.endswith("\n") else f"{raw}\n")


def _json_row(name: str, line: int, raw: str) -> dict[str, Any]:
    try:
        row = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise fault("DATA-050", name, line, f"no JSON: {error}", "one JSON object a line") from error
    if not isinstance(row, dict):
        raise fault("DATA-050", name, line, f"JSON, but a {type(row).__name__}", "one JSON object a line")
    return row


def _refuse_other_keys(name: str, line: int, columns: Sequence[str], row: dict[str, Any]) -> None:
    missing, extra = sorted(set(columns) - set(row)), sorted(set(row) - set(columns))
    expected = f"the keys of the first line: {', '.join(columns)}"
    if missing:
        raise fault("DATA-052", name, line, f"the key {missing[0]!r} is missing", expected)
    if extra:
        raise fault("DATA-053", name, line, f"the key {extra[0]!r} is new", expected)


def _json_cell(name: str, line: int, value: object) -> str:
    if isinstance(value, (dict, list)):
        raise fault("DATA-050", name, line, "a list or object as value", "texts, numbers, true, false, null")
    return _plain_cell(value)


# -- Parquet ---------------------------------------------------------------------------


def _parquet(name: str, content: bytes) -> Iterator[Record]:
    table = open_parquet(name, content)
    yield Record(1, tuple(table.column_names), "")
    line = 0
    for batch in table.to_batches():
        columns = [[_plain_cell(value) for value in column.to_pylist()] for column in batch.columns]
        for cells in zip(*columns, strict=True):
            line += 1
            yield Record(line, cells, "")


def open_parquet(name: str, content: bytes) -> Any:
    """Return the `pyarrow.Table` in the bytes of a Parquet file, with plain columns alone.

    Raises:
        DataError: it cannot be read, or has nested or binary columns (DATA-050).
        ConfigError: pyarrow is not there (EXT-003).
    """
    try:
        import pyarrow
        from pyarrow import parquet, types
    except ImportError as error:
        raise ConfigError(
            f"{printable(name)} is Parquet, and the package pyarrow that reads it is not installed",
            expected="the extra `tables`",
            remedy="pip install 'deepdiva[tables]'",
            code="EXT-003",
        ) from error
    try:
        table = parquet.read_table(io.BytesIO(content))
    except (pyarrow.ArrowException, OSError, ValueError) as error:
        raise fault("DATA-050", name, 1, f"no Parquet: {error}", "a complete Parquet file") from error
    odd = [f.name for f in table.schema if types.is_nested(f.type) or types.is_binary(f.type)]
    if odd:
        raise fault(
            "DATA-050",
            name,
            1,
            f"column {odd[0]!r} is nested or binary",
            "columns of texts, numbers, dates or booleans",
        )
    return table


def _plain_cell(value: object) -> str:
    if value is None:
        return ""
    return str(int(value)) if isinstance(value, bool) else str(value)
