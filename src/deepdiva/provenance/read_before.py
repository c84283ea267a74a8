"""Columns of a footprint that was read before, so that its text is hashed and not taken apart again.

They lie in the state folder, one file for the footprint of each data set, and hold for a text of
the same SHA-256 only.  They carry a digest of their own; whatever does not fit is as good as
missing, and the text is read.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from array import array
from contextlib import suppress
from io import BufferedReader
from pathlib import Path

from deepdiva.errors import ResourceError
from deepdiva.provenance.columns import SortedPaths
from deepdiva.provenance.file_table import DIGEST_SIZES, FileTable, Head, read
from deepdiva.provenance.files import atomic_file, make_folder
from deepdiva.provenance.places import place_for

FORMAT = f"deepdiva columns 1 {sys.byteorder}"
WORTH = 10_000
"""Files from which reading takes long enough to keep what came of it."""
_LONGEST_HEAD = 2**12


def read_again(place: Path, stream: BufferedReader) -> tuple[Head, FileTable]:
    """Return what `file_table.read` makes of the text in `stream`, which was opened at `place`.

    Raises:
        ValueError: see `file_table.read`.
    """
    try:
        kept = place_for("columns", place)
    except ResourceError:  # no state folder
        return read(stream)
    known = _recall(kept, hashlib.file_digest(stream, "sha256").hexdigest())
    if known is not None:
        return known
    stream.seek(0)
    source = _Hashed(stream)
    head, table = read(source)
    if len(table) >= WORTH:
        with suppress(ResourceError):
            make_folder(kept.parent)
            _keep(kept, source.rule.hexdigest(), head, table)
    return head, table


class _Hashed:
    """A source whose digest is that of the very bytes it gave, even if the file changes meanwhile."""

    def __init__(self, stream: BufferedReader) -> None:
        self._stream, self.rule = stream, hashlib.sha256()

    def read(self, size: int, /) -> bytes:
        """Return up to `size` bytes, none at the end."""
        part = self._stream.read(size)
        self.rule.update(part)
        return part


def _keep(kept: Path, text: str, head: Head, table: FileTable) -> None:
    columns = (table.paths.joined, table.sizes, table.mtimes, table.digests)
    facts = [FORMAT, text, head, len(table), len(table.paths.joined)]
    line = json.dumps(facts).encode() + b"\n"
    rule = hashlib.sha256(line)
    with atomic_file(kept) as stream:
        stream.write(line)
        for column in columns:
            rule.update(column)
            stream.write(column)
        stream.write(rule.digest())


def _recall(kept: Path, text: str) -> tuple[Head, FileTable] | None:
    """Return what was kept for `text`; None where that is missing, of another text, or damaged."""
    try:
        with kept.open("rb") as stream:
            line = stream.readline(_LONGEST_HEAD)
            version, of, facts, count, length = json.loads(line)
            if (version, of) != (FORMAT, text):
                return None
            head = Head(*facts)
            lengths = [length, 8 * count, 8 * count, DIGEST_SIZES[head.algorithm] * count]
            if len(line) + sum(lengths) + 32 != os.fstat(stream.fileno()).st_size or min(lengths) < 0:
                return None
            parts = [stream.read(size) for size in lengths]
            if stream.read() != hashlib.sha256(b"".join([line, *parts])).digest():
                return None
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return None
    joined, sizes, mtimes, digests = parts
    return head, FileTable(SortedPaths(joined, count), array("q", sizes), array("q", mtimes), digests)
