"""Know a data folder by the content of its files, wherever it lies.

A footprint lists every file with its size, time and SHA-256.  It lies beside the data as
`footprint.json`, one file a line, or in the state folder where the data cannot be written.
Its one digest is the identity of the data set; times, places and order have no part in it.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from deepdiva.errors import DataError, ResourceError
from deepdiva.provenance import original
from deepdiva.provenance.files import make_folder, write_atomically
from deepdiva.provenance.hashing import hash_files
from deepdiva.provenance.journal import HashJournal
from deepdiva.provenance.places import place_for
from deepdiva.provenance.tree import Tree, look_at
from deepdiva.provenance.waiting import Progress, shown

FILE_NAME = "footprint.json"
SECOND_NAME = "footprint.deepdiva.json"
"""The name beside an original DeepDIVA `footprint.json`, which is never overwritten."""
FORMAT = "deepdiva footprint 1"
LARGEST_FILE = 2**30
"""Bytes; longer footprint files are not read."""

_UNSAFE_PATH = re.compile(r"(?:^|/)\.{0,2}(?:/|$)", re.MULTILINE)
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


class FileEntry(NamedTuple):
    """One file of a data set."""

    size: int
    """Bytes."""
    mtime_ns: int
    """Time of the last change, in nanoseconds since 1970; says when to look again, identifies nothing."""
    digest: str
    """Of the content, in hexadecimal."""


@dataclass(frozen=True)
class Footprint:
    """Every file of a data set by its POSIX path below the root, in sorted order."""

    files: Mapping[str, FileEntry]
    algorithm: str = "sha256"

    @cached_property
    def digest(self) -> str:
        """The identity of the data set: SHA-256 over sorted (path, size, content digest)."""
        rows = [f"{path}\0{size}\0{digest}\n" for path, (size, _, digest) in self.files.items()]
        return hashlib.sha256("".join(rows).encode()).hexdigest()

    @property
    def contents(self) -> dict[str, str]:
        """Path to content digest."""
        return {path: entry.digest for path, entry in self.files.items()}

    @cached_property
    def checksum(self) -> str:
        """SHA-256 over the identity and the times: tells that nobody edited the footprint."""
        times = "\n".join([str(entry.mtime_ns) for entry in self.files.values()])
        return hashlib.sha256(f"{self.algorithm}\n{self.digest}\n{times}".encode()).hexdigest()


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


def take_footprint(root: Path, *, progress: Progress | None = None) -> Footprint:
    """Read and hash every file below `root`.

    Raises:
        DataError: see `tree.look_at`; a file changed while it was read (DATA-042).
    """
    return footprint_of(root, look_at(root), progress=progress)


def footprint_of(root: Path, tree: Tree, *, progress: Progress | None = None) -> Footprint:
    """Hash the files of `tree`, which was found at `root`; go on where a killed process was."""
    journal = HashJournal(root)
    digests = journal.digests_of(tree.files)
    rest = {path: seen for path, seen in tree.files.items() if path not in digests}
    with shown(f"reading {root}", progress) as report:
        digests |= hash_files(root, rest, progress=report, keep=journal.add)
    journal.remove()
    return Footprint(
        {
            path: FileEntry(seen.size, seen.mtime_ns, digests[path])
            for path, seen in sorted(tree.files.items())
        }
    )


def find_footprint(root: Path) -> Path | None:
    """Return where the footprint of `root` is kept: beside the data, else in the state folder."""
    beside = root / FILE_NAME
    if os.path.lexists(beside) and not original.is_original(beside):
        return beside
    return next((place for place in (root / SECOND_NAME, _away(root)) if os.path.lexists(place)), None)


def load(place: Path) -> Footprint:
    """Read the footprint kept at `place`.

    Raises:
        DataError: it is truncated, edited, of another version or no footprint at all (DATA-060).
    """
    try:
        return _parse(json.loads(_read(place)))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        reason = f"{error.args[0]!r} is missing" if isinstance(error, KeyError) else error
        raise DataError(
            f"{place} cannot be trusted: {reason}",
            expected=f"a complete {FORMAT!r} as this program wrote it",
            remedy="get the footprint back from where the data came from; or look at the data, "
            f"delete {place.name} and take a new one with `deepdiva data footprint`",
            code="DATA-060",
        ) from error


def _read(place: Path) -> bytes:
    facts = place.stat()
    if not stat.S_ISREG(facts.st_mode) or facts.st_size > LARGEST_FILE:
        raise ValueError("no file, or larger than any footprint")
    return place.read_bytes()


def save(footprint: Footprint, root: Path) -> Path:
    """Keep `footprint` beside the data at `root`, else in the state folder; return where.

    Raises:
        ResourceError: neither place can be written.
    """
    beside = root / (SECOND_NAME if original.is_original(root / FILE_NAME) else FILE_NAME)
    content = serialize(footprint)
    try:
        write_atomically(beside, content)
        return beside
    except ResourceError as error:
        if error.code not in ("RES-002", "RES-003"):
            raise
    away = _away(root)
    make_folder(away.parent)
    write_atomically(away, content)
    return away


def _away(root: Path) -> Path:
    """Return the place in the state folder for data at `root` that cannot be written."""
    place = place_for("footprints", root)
    return place.with_name(f"{place.name}.json")


def serialize(footprint: Footprint) -> bytes:
    """Write one file a line, so that two footprints can be compared by eye and by `diff`."""
    rows = [
        f"{json.dumps(path, ensure_ascii=False)}: "
        f'{{"size": {entry.size}, "mtime_ns": {entry.mtime_ns}, "digest": "{entry.digest}"}}'
        for path, entry in footprint.files.items()
    ]
    head = {"format": FORMAT, "algorithm": footprint.algorithm}
    head |= {"digest": footprint.digest, "checksum": footprint.checksum}
    lines = [f"{json.dumps(key)}: {json.dumps(value)}" for key, value in head.items()]
    return ("{\n" + ",\n".join(lines) + ',\n"files": {\n' + ",\n".join(rows) + "\n}\n}\n").encode()


def _parse(facts: Any) -> Footprint:
    """Check columns instead of rows: a footprint is read before every run."""
    if facts["format"] != FORMAT or facts["algorithm"] != "sha256":
        raise ValueError(f"format {facts['format']!r} with {facts['algorithm']!r} is not known here")
    rows = dict(sorted(facts["files"].items()))
    sizes = [row["size"] for row in rows.values()]
    times = [row["mtime_ns"] for row in rows.values()]
    digests = [row["digest"] for row in rows.values()]
    _refuse_odd_values(rows, sizes, times, digests)
    footprint = Footprint(dict(zip(rows, map(FileEntry, sizes, times, digests), strict=True)))
    if footprint.digest != facts["digest"] or footprint.checksum != facts["checksum"]:
        raise ValueError("its checksum does not fit its content: it was edited or damaged")
    return footprint


def _refuse_odd_values(
    paths: Iterable[str], sizes: Sequence[object], times: Sequence[object], digests: Sequence[Any]
) -> None:
    joined = "\n".join(paths)
    if joined.count("\n") != len(sizes) - 1 or _CONTROL.search(joined) or _UNSAFE_PATH.search(joined):
        raise ValueError("a path leads out of the folder or cannot be a name")
    if {*map(type, sizes), *map(type, times)} != {int}:
        raise ValueError("a size or time is not a whole number")
    digits = "".join(map(str, digests))
    if {*map(type, digests)} != {str} or {*map(len, digests)} != {64} or digits.strip("0123456789abcdef"):
        raise ValueError("a digest is not SHA-256")
