"""Content digests of many files, each read once and through no link, by one process a core."""

from __future__ import annotations

import os
import queue
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Literal

from deepdiva.provenance.columns import Columns, SortedPaths
from deepdiva.provenance.file_table import DIGEST_SIZES
from deepdiva.provenance.hash_workers import Keep, Order, Worker, fault_of, start_workers
from deepdiva.provenance.links import LINKS_NAME
from deepdiva.provenance.reading import FileChangedError, TreeReader, digest_of, hasher
from deepdiva.provenance.tree import Listing, Seen
from deepdiva.provenance.waiting import Progress

Algorithm = Literal["sha256", "blake3", "sha1"]
NAMES: Mapping[str, str] = {"sha256": "SHA-256", "blake3": "BLAKE3", "sha1": "SHA-1"}

FILES, BYTES = 512, 2**26
"""Files handed to a worker at once, and their bytes; a larger file goes alone."""
ALONE = 2 * FILES, 2**25
"""Files and bytes up to which no worker is started: one process is done sooner."""


@dataclass(eq=False)
class Digests(Columns[str]):
    """Path to content digest in hexadecimal."""

    paths: SortedPaths
    joined: bytes
    size: int
    """Bytes of a digest."""

    def at(self, row: int) -> str:
        """Return the digest of the file in a row."""
        return self.joined[row * self.size : (row + 1) * self.size].hex()


def hash_files(
    root: Path,
    files: Mapping[str, Seen],
    *,
    algorithm: str = "sha256",
    progress: Progress | None = None,
    keep: Keep | None = None,
) -> Digests:
    """Return the digest of each of `files` below `root`.

    Raises:
        DataError: a file changed since it was seen, or while it was read (DATA-042), or
            cannot be read (DATA-044).
    """
    listing = Listing.of(files)
    with Hashing(root, algorithm, progress=progress, keep=keep) as hashing:
        hashing.add(listing)
        return Digests(listing.paths, hashing.finish(), DIGEST_SIZES[algorithm])


class Hashing:
    """Hashes files while others are still looked for; digests come in the order of asking.

    Args:
        root: The folder below which they are.
        algorithm: One of `Algorithm`.
        progress: Is told the bytes read so far, and how many there are to read.
        keep: Is given digests as soon as they are known.
    """

    def __init__(
        self, root: Path, algorithm: str, *, progress: Progress | None = None, keep: Keep | None = None
    ) -> None:
        self._root, self._algorithm = root, algorithm
        self._progress, self._keep = progress, keep
        self._collected = Listing.of({})
        self._orders: list[Order] = []
        self._waiting = queue.SimpleQueue[Order | None]()
        self._workers: list[Worker] = []
        self._lock = threading.Lock()
        self._done = self._total = self._files = 0
        self._alone = os.path.lexists(root / LINKS_NAME)  # only this process follows links of a split

    def __enter__(self) -> Hashing:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for worker in self._workers:
            self._waiting.put(None)
            worker.end()

    def add(self, files: Listing) -> None:
        """Hash `files` as soon as a worker is free."""
        if len(self._collected) + len(files) > FILES:
            self._order()
        if self._collected:
            self._collected.extend(files)
        else:
            self._collected = files.slice(0, len(files))
        if len(self._collected) > FILES // 2:
            self._order()

    def finish(self) -> bytes:
        """Wait for all that was added, and return the digests one after the other.

        Raises:
            DataError: see `hash_files`.
            ResourceError: a worker died (RES-011).
        """
        self._order()
        if not self._workers:
            self._work_here()
        for _ in self._workers:
            self._waiting.put(None)
        for worker in self._workers:
            worker.join()
        for worker in self._workers:
            if worker.fault is not None:
                raise worker.fault
        return b"".join(order.digests for order in self._orders)

    def _order(self) -> None:
        """Hand over what was collected; once it is worth it, start the workers."""
        files, self._collected = self._collected, Listing.of({})
        for part in _cut(files):
            self._orders.append(Order(part))
            self._waiting.put(self._orders[-1])
        self._files += len(files)
        self._total += sum(files.sizes)
        if not self._workers and not self._alone and (self._files > ALONE[0] or self._total > ALONE[1]):
            self._workers = start_workers(self._root, self._algorithm, self._waiting, self._tell, self._keep)

    def _work_here(self) -> None:
        start = hasher(self._algorithm)
        with TreeReader(self._root) as reader:
            for order in self._orders:
                parts = []
                for path, seen in order.files.rows():
                    try:
                        parts.append(digest_of(reader, path, seen, start, self._tell))
                    except (FileChangedError, OSError) as error:
                        raise fault_of(path, error) from error
                order.digests = b"".join(parts)
                if self._keep is not None:
                    self._keep(order.files, order.digests)

    def _tell(self, size: int) -> None:
        with self._lock:
            self._done += size
            if self._progress is not None:
                self._progress(self._done, self._total)


def _cut(files: Listing) -> Iterator[Listing]:
    """Give `files` in parts that are worth a worker's while and do not keep it for long."""
    if len(files) <= FILES and sum(files.sizes) <= BYTES:
        yield from filter(None, (files,))
        return
    start = size = 0
    for row, more in enumerate(files.sizes):
        if row > start and (row - start == FILES or size + more > BYTES):
            yield files.slice(start, row)
            start, size = row, 0
        size += more
    if start < len(files):
        yield files.slice(start, len(files))
