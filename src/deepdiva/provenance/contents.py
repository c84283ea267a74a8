"""Read files of a verified data set; only bytes that its footprint describes come out."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from deepdiva.errors import DataError
from deepdiva.provenance.footprint import VerifiedData
from deepdiva.provenance.hash_workers import unreadable
from deepdiva.provenance.hashing import NAMES
from deepdiva.provenance.reading import TreeReader, hasher
from deepdiva.provenance.tree import printable


class Contents:
    """The contents of the files of a data set, by their paths below its root.

    Every thread and every process that reads opens the folder for itself.
    """

    def __init__(self, files: VerifiedData) -> None:
        self._root: Path = files.root
        self._entries = files.footprint.files
        self._algorithm = files.footprint.algorithm
        self._local = threading.local()

    def read(self, path: str) -> bytes:
        """Return the bytes of the file at `path`.

        Raises:
            DataError: it was changed or swapped after the data set was verified (DATA-042),
                or cannot be read (DATA-044).
        """
        entry = self._entries[path]
        try:
            descriptor = self._reader().open(path)
            try:
                content = _read_all(descriptor, entry.size + 1)
            finally:
                os.close(descriptor)
        except OSError as error:
            raise unreadable(path, error) from error
        made = hasher(self._algorithm)()
        made.update(content)
        digest = made.hexdigest()
        if digest != entry.digest:
            name = NAMES[self._algorithm]
            raise DataError(
                f"{printable(path)} changed after it was verified: its {name} is {digest[:16]}...",
                expected=f"{entry.size} bytes with {entry.digest[:16]}..., as in the footprint",
                remedy="put the file back and start again; `deepdiva data verify --deep` looks at all",
                code="DATA-042",
            )
        return content

    def part(self, paths: Iterable[str]) -> Contents:
        """Return the contents of these files alone: little to send to another process."""
        part = Contents.__new__(Contents)
        part.__setstate__(self.__getstate__() | {"entries": {path: self._entries[path] for path in paths}})
        return part

    def digest(self, path: str) -> str:
        """Return the digest of the file at `path`, without reading it."""
        return self._entries[path].digest

    def size(self, path: str) -> int:
        """Return the bytes of the file at `path`, without reading it."""
        return self._entries[path].size

    def _reader(self) -> TreeReader:
        reader: TreeReader | None = getattr(self._local, "reader", None)
        if reader is None or self._local.process != os.getpid():
            reader = self._local.reader = TreeReader(self._root)
            self._local.process = os.getpid()
        return reader

    def __getstate__(self) -> dict[str, Any]:
        return {"root": self._root, "entries": self._entries, "algorithm": self._algorithm}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self._root, self._entries = state["root"], state["entries"]
        self._algorithm = state["algorithm"]
        self._local = threading.local()


def _read_all(descriptor: int, limit: int) -> bytes:
    """Return the bytes of an open file, at most `limit` of them."""
    content = os.read(descriptor, limit)
    while len(content) < limit and (more := os.read(descriptor, limit - len(content))):
        content += more
    return content
