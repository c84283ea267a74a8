"""Know a data folder by the content of its files, wherever it lies.

A footprint lists every file with its size, time and SHA-256.  It lies beside the data as
`footprint.json`, one file a line, or in the state folder where the data cannot be written.
Its one digest is the identity of the data set; times, places and order have no part in it.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from io import BufferedReader
from pathlib import Path

from deepdiva.errors import DataError, ResourceError
from deepdiva.provenance import original
from deepdiva.provenance.file_table import FORMAT, FileEntry, FileTable, Head, lines, read
from deepdiva.provenance.files import atomic_file, make_folder
from deepdiva.provenance.hashing import Hashing, hash_files
from deepdiva.provenance.journal import HashJournal
from deepdiva.provenance.places import place_for
from deepdiva.provenance.read_before import read_again
from deepdiva.provenance.tree import Listing, Tree, look_at
from deepdiva.provenance.waiting import Progress, shown

FILE_NAME = "footprint.json"
SECOND_NAME = "footprint.deepdiva.json"
"""The name beside an original DeepDIVA `footprint.json`, which is never overwritten."""
LARGEST_FILE = 2**30
"""Bytes; longer footprint files are not read."""


@dataclass(frozen=True)
class Footprint:
    """Every file of a data set by its POSIX path below the root, in sorted order."""

    files: Mapping[str, FileEntry]
    algorithm: str = "sha256"
    """Of the content digests."""

    @cached_property
    def table(self) -> FileTable:
        """The files in columns."""
        return FileTable.of(self.files)

    @cached_property
    def digest(self) -> str:
        """The identity of the data set: SHA-256 over sorted (path, size, content digest)."""
        return self.table.identity()

    @property
    def contents(self) -> dict[str, str]:
        """Path to content digest."""
        return {path: entry.digest for path, entry in self.table.rows()}

    @cached_property
    def checksum(self) -> str:
        """SHA-256 over the identity and the times: tells that nobody edited the footprint."""
        return self.table.checksum(self.algorithm, self.digest)


@dataclass(frozen=True)
class VerifiedData:
    """A data folder whose files were compared with their footprint in this process.

    Only `verify` makes one.  A task asks for it instead of a path, so that no code can
    read data that nobody checked.
    """

    root: Path
    footprint: Footprint
    notices: tuple[str, ...] = ()
    """What a person should know although it stops nothing."""


def take_footprint(root: Path, *, algorithm: str = "sha256", progress: Progress | None = None) -> Footprint:
    """Read and hash every file below `root`.

    Raises:
        DataError: see `tree.look_at`; a file changed while it was read (DATA-042).
    """
    journal = HashJournal(root, algorithm)
    if journal.begun():
        return footprint_of(root, look_at(root), algorithm=algorithm, progress=progress)
    with (
        shown(f"reading {root}", progress) as report,
        Hashing(root, algorithm, progress=report, keep=journal.add) as hashing,
    ):
        files = look_at(root, found=hashing.add).files
        digests = hashing.finish()
    journal.remove()
    return _footprint(files, digests, algorithm)


def footprint_of(
    root: Path, tree: Tree, *, algorithm: str = "sha256", progress: Progress | None = None
) -> Footprint:
    """Hash the files of `tree`, which was found at `root`; go on where a killed process was."""
    journal = HashJournal(root, algorithm)
    known = journal.digests_of(tree.files)
    rest = {path: seen for path, seen in tree.files.rows() if path not in known} if known else tree.files
    with shown(f"reading {root}", progress) as report:
        digests = hash_files(root, rest, algorithm=algorithm, progress=report, keep=journal.add)
    journal.remove()
    known |= digests.as_dict() if known else {}
    joined = b"".join(bytes.fromhex(known[path]) for path in tree.files) if known else digests.joined
    return _footprint(tree.files, joined, algorithm)


def _footprint(files: Listing, digests: bytes, algorithm: str) -> Footprint:
    return Footprint(FileTable(files.paths, files.sizes, files.mtimes, digests), algorithm)


def find_footprint(root: Path) -> Path | None:
    """Return where the footprint of `root` is kept: beside the data, else in the state folder."""
    beside = root / FILE_NAME
    if os.path.lexists(beside) and not original.is_original(beside):
        return beside
    return next((place for place in (root / SECOND_NAME, _away(root)) if os.path.lexists(place)), None)


def load(place: Path, *, again: bool = False) -> Footprint:
    """Read the footprint kept at `place`.

    Args:
        place: The file.
        again: It is read before every run: keep its columns in the state folder.

    Raises:
        DataError: it is truncated, edited, written anew by another program, of another version
            or no footprint at all (DATA-060).
    """
    try:
        with _open(place) as stream:
            head, table = read_again(place, stream) if again else read(stream)
        return Footprint(table, head.algorithm)
    except (OSError, ValueError, OverflowError) as error:
        raise DataError(
            f"{place} cannot be trusted: {error}",
            expected=f"a complete {FORMAT!r}, byte for byte as this program wrote it",
            remedy="get the footprint back from where the data came from; or look at the data, "
            f"delete {place.name} and take a new one with `deepdiva data footprint`",
            code="DATA-060",
        ) from error


def _open(place: Path) -> BufferedReader:
    facts = place.stat()
    if not stat.S_ISREG(facts.st_mode) or facts.st_size > LARGEST_FILE:
        raise ValueError("no file, or larger than any footprint")
    return place.open("rb")


def save(footprint: Footprint, root: Path) -> Path:
    """Keep `footprint` beside the data at `root`, else in the state folder; return where.

    Raises:
        ResourceError: neither place can be written.
    """
    beside = root / (SECOND_NAME if original.is_original(root / FILE_NAME) else FILE_NAME)
    try:
        write(footprint, beside)
        return beside
    except ResourceError as error:
        if error.code not in ("RES-002", "RES-003"):
            raise
    away = _away(root)
    make_folder(away.parent)
    write(footprint, away)
    return away


def write(footprint: Footprint, place: Path) -> None:
    """Write `footprint` to `place`, whole or not at all.

    Raises:
        ResourceError: see `files.atomic_file`.
    """
    with atomic_file(place) as stream:
        stream.writelines(_lines(footprint))


def serialize(footprint: Footprint) -> bytes:
    """Return what `write` writes."""
    return b"".join(_lines(footprint))


def _lines(footprint: Footprint) -> Iterator[bytes]:
    return lines(Head(footprint.algorithm, footprint.digest, footprint.checksum), footprint.table)


def _away(root: Path) -> Path:
    """Return the place in the state folder for data at `root` that cannot be written."""
    place = place_for("footprints", root)
    return place.with_name(f"{place.name}.json")
