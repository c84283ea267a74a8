"""What the samples of each layout are in Croissant: one record set for each split.

Of files in folders, label and split are taken out of the path.  Of tables, every column is a
field; where rows name pictures, table and pictures are joined by the path.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from deepdiva.data.croissant.formats import READ
from deepdiva.data.croissant.parts import Json, field, file_set, property_of, record_set
from deepdiva.data.croissant.tables import Table, column_fields, read_tables
from deepdiva.data.layouts import Layout, Sample
from deepdiva.data.splits import SplitName
from deepdiva.provenance import VerifiedData

UNSPLIT = "samples"
"""Name of the record set of a data set without splits."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """What describes the samples of a split."""

    distribution: tuple[Json, ...]
    record_sets: tuple[Json, ...]

    @property
    def unread(self) -> set[str]:
        """Media types of sets of files none of which the package mlcroissant reads."""
        kinds = [entry["encodingFormat"] for entry in self.distribution if entry["@type"] == "cr:FileSet"]
        return {kind for types in kinds if types[0] not in READ for kind in types}


def parts_of(files: VerifiedData, layout: Layout, above: str) -> tuple[list[Part], list[str]]:
    """Return a part for every split, and notices.

    Args:
        files: The verified data set.
        layout: Its samples.
        above: The path to the data folder; empty, or ends with a slash.
    """
    if layout.name in ("class-folders", "clips", "mask-pairs"):
        return [_of_files(layout, split, samples, above) for split, samples in _by_split(layout)], []
    parts, notices = [], []
    for table in read_tables(files, layout):
        part, more = _of_table(layout, table, above)
        parts.append(part)
        notices += more
    return parts, notices


def _by_split(layout: Layout) -> Iterable[tuple[SplitName | None, list[Sample]]]:
    for split in (None, *layout.splits):
        samples = [sample for sample in layout.samples if sample.split == split]
        if samples:
            yield split, samples


def _of_files(layout: Layout, split: SplitName | None, samples: list[Sample], above: str) -> Part:
    if layout.name == "mask-pairs":
        return _mask_pairs(split, samples, above)
    clips = layout.name == "clips"
    return _in_class_folders(
        ("clip", "sc:VideoObject") if clips else ("image", "sc:ImageObject"), split, samples, above
    )


def _in_class_folders(
    kind: tuple[str, str], split: SplitName | None, samples: list[Sample], above: str
) -> Part:
    name, below = _names(split)
    folder = above + below
    paths = [sample.name.removeprefix(below) for sample in samples]
    files = file_set(f"{name}-files", folder, paths)
    fields = [
        field(name, *kind, property_of(files, "content")),
        field(name, "label", "sc:Text", property_of(files, "fullpath", _within(folder, "([^/]+)/.+"))),
        *_common(name, split, files, above),
    ]
    return Part(distribution=(files,), record_sets=(record_set(name, fields, meaning=_meaning(samples)),))


def _mask_pairs(split: SplitName | None, samples: list[Sample], above: str) -> Part:
    """Describe pictures and masks side by side: the package mlcroissant cannot join two sets of files."""
    name, below = _names(split)
    sides = []
    for place, (what, inside) in enumerate((("image", "data/"), ("mask", "gt/"))):
        folder = above + below + inside
        files = file_set(
            f"{name}-{what}-files",
            folder,
            [sample.files[place].removeprefix(below + inside) for sample in samples],
        )
        own = f"{name}-{what}s"
        fields = [
            field(
                own,
                "pair",
                "sc:Text",
                property_of(files, "fullpath", _within(folder, r"(.+?)(?:\.[^./]*)?")),
                meaning="Equal for an image and its mask.",
            ),
            field(own, what, "sc:ImageObject", property_of(files, "content")),
            *_common(own, split, files, above),
        ]
        sides.append((files, record_set(own, fields, meaning=f"{_meaning(samples)}; the {what} of each.")))
    return Part(distribution=tuple(f for f, _ in sides), record_sets=tuple(r for _, r in sides))


def _of_table(layout: Layout, table: Table, above: str) -> tuple[Part, list[str]]:
    name, _ = _names(table.split)
    described = table.described(f"{name}-table", above)
    if not table.is_plain:
        notice = f"{table.path} is no plain table of commas: its columns are not described"
        return Part(distribution=(described,), record_sets=()), [notice]
    fields = column_fields(name, described["@id"], table, layout)
    distribution: tuple[Json, ...] = (described,)
    notices: list[str] = []
    if layout.name in ("words", "multi-label"):
        pictures, more, notices = _pictures(name, table, layout.samples, described["@id"], above)
        distribution += pictures
        fields = [*more, *fields]
    if table.split is not None and len(distribution) == 1:  # in a join, the path is that of the picture
        ending = rf"^(?:.*/)?({table.split})(?:/[^/]+|\.[^./]+)$"
        fields.append(field(name, "split", "sc:Text", property_of(described, "fullpath", ending)))
    meaning = f"{table.rows:,} samples, one for each row of {table.path}"
    return Part(distribution=distribution, record_sets=(record_set(name, fields, meaning=meaning),)), notices


def _pictures(
    name: str, table: Table, samples: Sequence[Sample], described: str, above: str
) -> tuple[tuple[Json, ...], list[Json], list[str]]:
    """Describe the pictures that the rows of a table name, where all of them and no others lie together."""
    mine = [sample.files[0] for sample in samples if sample.row.rpartition("#")[0] == table.path]
    inside = os.path.commonpath([os.path.dirname(path) for path in mine]) if mine else ""  # noqa: PTH120
    folder = f"{inside}/" if inside else ""
    others = [s.files[0] for s in samples if s.row.rpartition("#")[0] != table.path]
    base = table.base_of(mine)
    if base is None or any(path.startswith(folder) for path in others):
        notice = f"the pictures of {table.path} are not described: they share a folder with those of others"
        return (), [], [notice if base is not None else f"{notice}, or rows name them in several ways"]
    files = file_set(f"{name}-files", above + folder, [path.removeprefix(folder) for path in mine])
    path = field(
        name,
        "file",
        "sc:Text",
        property_of(files, "fullpath", f"^(?:{re.escape(above + base)})?(.+)$"),
        meaning=f"As the column {table.path_column} names it.",
    )
    path["references"] = {"fileObject": {"@id": described}, "extract": {"column": table.path_column}}
    image = field(name, "image", "sc:ImageObject", property_of(files, "content"))
    return (files,), [path, image], []


def _names(split: SplitName | None) -> tuple[str, str]:
    """Return the name of the record set of a split, and its folder."""
    return (split, f"{split}/") if split else (UNSPLIT, "")


def _within(folder: str, pattern: str) -> str:
    """Return an expression for a whole path in `folder`."""
    return f"^{re.escape(folder)}{pattern}$"


def _common(name: str, split: SplitName | None, files: Json, above: str) -> list[Json]:
    path = field(name, "path", "sc:Text", property_of(files, "fullpath", _within(above, "(.+)")))
    if split is None:
        return [path]
    return [
        path,
        field(name, "split", "sc:Text", property_of(files, "fullpath", _within(above, f"({split})/.+"))),
    ]


def _meaning(samples: Sequence[Sample]) -> str:
    return f"{len(samples):,} samples"
