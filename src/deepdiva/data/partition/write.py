"""Write a split as a data set of its own; the source is only read.

Folders get the splits above them (`train/<class>/...`); of a table, `train.csv`, `val.csv` and
`test.csv` hold the rows as they stood, beside the files they name.  OUT is there when all of
it is, or not at all.
"""

from __future__ import annotations

import hashlib
import io
import os
import shutil
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Literal

from deepdiva.data.layouts import Layout
from deepdiva.data.partition.plan import Partition
from deepdiva.data.records import open_parquet, records
from deepdiva.data.splits import MANIFEST_NAME, SPLIT_NAMES, SplitName
from deepdiva.errors import ConfigError, ResourceError
from deepdiva.provenance import VerifiedData
from deepdiva.provenance.contents import Contents
from deepdiva.provenance.file_table import FileEntry
from deepdiva.provenance.files import atomic_folder
from deepdiva.provenance.footprint import Footprint, save
from deepdiva.provenance.links import LINKS_NAME, Link, write_links
from deepdiva.provenance.places import mark_as_ours
from deepdiva.provenance.reading import TreeReader, hasher
from deepdiva.provenance.tree import look_at
from deepdiva.provenance.verify import verify
from deepdiva.provenance.waiting import Progress, shown

How = Literal["copy", "hardlink", "symlink", "manifest"]


def write_split(
    files: VerifiedData,
    layout: Layout,
    parted: Partition,
    out: Path,
    *,
    how: How = "copy",
    progress: Progress | None = None,
) -> Footprint | None:
    """Make the folder `out` and return its footprint; None where it holds the manifest alone.

    Args:
        files: The source.
        layout: Its samples.
        parted: Where they go.
        out: A new folder outside the source.
        how: Whether files are copied, linked, or not written at all.
        progress: Is told how many files are done, and of how many.

    Raises:
        ConfigError: `out` is there (CFG-013) or lies in the source (CFG-014).
        DataChanged: what was copied is not what the source's footprint says.
        ResourceError: the disk is full or refuses; hard links are not possible there (RES-014).
    """
    refuse_place(files.root, out)
    out = Path(os.path.realpath(out.parent)) / out.name
    with atomic_folder(out) as staging:
        mark_as_ours(staging)
        if how == "manifest":
            (staging / MANIFEST_NAME).write_bytes(parted.manifest.serialize())
            return None
        places = _places(layout, parted)
        with shown(f"writing {out}", progress) as report:
            _lay(files, places, staging, out, how, report)
        made = {MANIFEST_NAME: parted.manifest.serialize(), **_tables(files, layout, parted)}
        for name, content in made.items():
            (staging / name).write_bytes(content)
        footprint = _footprint(files, places, made, staging)
        save(footprint, staging)
        verify(staging, deep=how == "copy")
        refuse_place(files.root, out)
    return footprint


def refuse_place(source: Path, out: Path) -> None:
    """Raise unless `out` can be made without touching anything.

    Raises:
        ConfigError: it is there (CFG-013), or lies in the source (CFG-014).
    """
    if os.path.lexists(out):
        raise ConfigError(
            f"{out} is there already",
            expected="a new folder: nothing is overwritten",
            remedy="choose another folder with --to, or move that one away",
            code="CFG-013",
        )
    if Path(os.path.realpath(out)).is_relative_to(os.path.realpath(source)):
        raise ConfigError(
            f"{out} lies in the data set {source}",
            expected="a folder outside, since the source stays as it is",
            remedy="choose another folder with --to",
            code="CFG-014",
        )


def _places(layout: Layout, parted: Partition) -> dict[str, str]:
    """Return the path below OUT of every file, and where it lies in the source."""
    return {
        (path if sample.row else f"{split}/{path}"): path
        for sample, split in zip(layout.samples, parted.splits, strict=True)
        for path in sample.files
    }


# -- Files -----------------------------------------------------------------------------


def _lay(
    files: VerifiedData, places: Mapping[str, str], staging: Path, out: Path, how: How, report: Progress
) -> None:
    for folder in sorted({place.rpartition("/")[0] for place in places}):
        (staging / folder).mkdir(parents=True, exist_ok=True)
    root = Path(os.path.realpath(files.root))
    if how == "symlink":
        _write_links(files, root, places, staging, out)
    with TreeReader(root) as reader:
        for done, (place, path) in enumerate(places.items()):
            if how == "copy":
                _copy(reader, path, files.footprint.files[path], f"{staging}/{place}")
            elif how == "hardlink":
                _hard_link(f"{root}/{path}", f"{staging}/{place}")
            report(done, len(places))


def _copy(reader: TreeReader, path: str, entry: FileEntry, place: str) -> None:
    with os.fdopen(reader.open(path), "rb") as source, open(place, "xb") as copy:  # noqa: PTH123 - as below
        shutil.copyfileobj(source, copy, 2**20)
    os.utime(place, ns=(entry.mtime_ns, entry.mtime_ns))


def _hard_link(path: str, place: str) -> None:
    try:
        os.link(path, place, follow_symlinks=False)
    except OSError as error:
        raise ResourceError(
            f"no hard link to {path}: {error.strerror}",
            expected="a source and a --to on one file system that knows hard links",
            remedy="choose a --to beside the source, or another --how",
            code="RES-014",
        ) from error


def _write_links(
    files: VerifiedData, root: Path, places: Mapping[str, str], staging: Path, out: Path
) -> None:
    """Make links that are right where `staging` will lie, and record what each leads to."""
    links, between = {}, os.path.relpath(root, out)
    for place, path in places.items():
        target = "../" * place.count("/") + f"{between}/{path}"
        os.symlink(target, f"{staging}/{place}")  # noqa: PTH211 - as above
        links[place] = Link(target, _sha256(files, path))
    (staging / LINKS_NAME).write_bytes(write_links(links))


def _sha256(files: VerifiedData, path: str) -> str:
    if files.footprint.algorithm == "sha256":
        return files.footprint.files[path].digest
    return hashlib.sha256(Contents(files).read(path)).hexdigest()


def _footprint(
    files: VerifiedData, places: Mapping[str, str], made: Mapping[str, bytes], staging: Path
) -> Footprint:
    """Return what `staging` has to hold: digests from the source, so that `verify` finds every slip."""
    algorithm = files.footprint.algorithm
    digests = {place: files.footprint.files[path].digest for place, path in places.items()}
    for name, content in made.items():
        digest = hasher(algorithm)()
        digest.update(content)
        digests[name] = digest.hexdigest()
    seen = look_at(staging).files
    return Footprint(
        {path: FileEntry(seen[path].size, seen[path].mtime_ns, digests[path]) for path in sorted(seen)},
        algorithm,
    )


# -- Tables ----------------------------------------------------------------------------


def _tables(files: VerifiedData, layout: Layout, parted: Partition) -> dict[str, bytes]:
    """Return the table of every split, by its name."""
    lines: dict[str, dict[SplitName, set[int]]] = {}
    for sample, split in zip(layout.samples, parted.splits, strict=True):
        if sample.row:
            table, _, line = sample.row.rpartition("#")
            lines.setdefault(table, {}).setdefault(split, set()).add(int(line))
    made = {}
    for table, kept in lines.items():
        content = Contents(files).read(table)
        for split in SPLIT_NAMES:
            if split in kept:
                suffix = PurePosixPath(table).suffix
                made[f"{split}{suffix}"] = _rows(table, content, kept[split])
    return made


def _rows(table: str, content: bytes, lines: set[int]) -> bytes:
    """Return the table with its head and the rows that begin at `lines`."""
    if table.lower().endswith(".parquet"):
        return _parquet_rows(table, content, sorted(line - 1 for line in lines))
    head, *rows = records(table, content)
    kept = [head.raw, *(row.raw for row in rows if row.line in lines)]
    return "".join(_ended(raw) for raw in kept if raw).encode()


def _ended(raw: str) -> str:
    return raw if raw.endswith(("\n", "\r")) else f"{raw}\n"


def _parquet_rows(table: str, content: bytes, rows: list[int]) -> bytes:
    whole = open_parquet(table, content)
    from pyarrow import parquet  # is there: the table was opened

    stream = io.BytesIO()
    parquet.write_table(whole.take(rows), stream)
    return stream.getvalue()
