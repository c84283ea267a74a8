"""The tables of a data set as Croissant describes them."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from deepdiva.data.croissant.parts import Json, column_of, field, file_object
from deepdiva.data.layouts import Layout
from deepdiva.data.layouts.columns import PATH, X, Y, place_of
from deepdiva.data.layouts.folder import Folder
from deepdiva.data.splits import SplitName
from deepdiva.provenance import VerifiedData


@dataclass(frozen=True, kw_only=True)
class Table:
    """A table whose rows are samples."""

    path: str
    """Below the root of the data set."""
    split: SplitName | None
    """That all its rows belong to; None where there is none, or where a column tells it."""
    columns: tuple[str, ...]
    content: bytes
    rows: int
    """How many."""
    cells: tuple[str, ...]
    """How its rows name their files; empty where they name none."""

    @property
    def path_column(self) -> str:
        """The column that names files."""
        place = place_of(self.columns, PATH)
        return "" if place is None else self.columns[place]

    @property
    def is_plain(self) -> bool:
        """Whether any reader finds the columns under their names: in CSV, by commas and without blanks."""
        if not self.path.lower().endswith((".csv", ".tsv")):
            return True
        delimiter = "," if self.path.lower().endswith(".csv") else "\t"
        head = self.content.decode("utf-8-sig").splitlines()[:1]
        return tuple(next(csv.reader(head, delimiter=delimiter), ())) == self.columns

    def described(self, name: str, above: str) -> Json:
        """Return it as a file of the distribution."""
        return file_object(name, above + self.path, self.content)

    def base_of(self, files: Iterable[str]) -> str | None:
        """Return the folder from which the rows name their `files`; None unless it is one for all."""
        bases = {
            path.removesuffix(cell) if path.endswith(cell) else None
            for path, cell in zip(files, self.cells, strict=True)
        }
        return bases.pop() if len(bases) == 1 else None


def read_tables(files: VerifiedData, layout: Layout) -> Iterator[Table]:
    """Yield the tables that the samples of a data set come from, sorted by split."""
    folder = Folder(files)
    for path in dict.fromkeys(sample.row.rpartition("#")[0] for sample in layout.samples):
        head = next(head for head in folder.heads if head.path == path)
        rows = folder.read_table(path)
        place = place_of(head.columns, PATH) if layout.name in ("words", "multi-label") else None
        cells = {f"{path}#{row.line}": row.cells[place] for row in rows} if place is not None else {}
        mine = [sample.row for sample in layout.samples if sample.row.rpartition("#")[0] == path]
        yield Table(
            path=path,
            split=head.split,
            columns=head.columns,
            content=folder.contents.read(path),
            rows=len(rows),
            cells=tuple(cells[row] for row in mine) if cells else (),
        )


def column_fields(name: str, table_id: str, table: Table, layout: Layout) -> list[Json]:
    """Return a field for every column of a table, under its own name."""
    labels = set(layout.classes) if layout.name == "multi-label" else set()
    points = layout.name == "points"
    fields = []
    for column in table.columns:
        number = points and place_of((column,), (*X, *Y)) is not None
        kind = "sc:Integer" if column in labels else "sc:Float" if number else "sc:Text"
        fields.append(field(name, column, kind, column_of(table_id, column)))
    return fields
