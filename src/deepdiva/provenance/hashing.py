"""Content digests of many files, each read once and through no link."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from deepdiva.errors import DataError
from deepdiva.provenance.tree import Seen, TreeReader, printable
from deepdiva.provenance.waiting import Progress

CHUNK = 2**20
"""Bytes read at once; the memory that hashing takes, whatever the size of the files."""
LARGE = 2**18
"""Mean size of files in bytes from which several threads pay: hashing lets go of the interpreter."""


Keep = Callable[[str, Seen, str], object]
"""Is given every file with its digest as soon as it is known."""


def hash_files(
    root: Path,
    files: Mapping[str, Seen],
    *,
    algorithm: str = "sha256",
    progress: Progress | None = None,
    keep: Keep | None = None,
) -> dict[str, str]:
    """Return the hexadecimal digest of each of `files` below `root`.

    Raises:
        DataError: a file changed since it was seen, or while it was read (DATA-042), or
            cannot be read (DATA-044).
    """
    paths = sorted(files)
    total = sum(seen.size for seen in files.values())
    work = _Work(root, files, algorithm, progress, keep, total)
    count = min(os.cpu_count() or 1, 8)
    if count == 1 or total < LARGE * len(paths):
        return work.share(paths)
    with ThreadPoolExecutor(count) as threads:
        try:
            parts = threads.map(work.share, [paths[start::count] for start in range(count)])
            return {path: digest for part in parts for path, digest in part.items()}
        except BaseException:
            work.stopped = True  # the other threads end at their next file
            raise


@dataclass
class _Work:
    """What all threads share; a lost update of `done` would only make the bar lag."""

    root: Path
    files: Mapping[str, Seen]
    algorithm: str
    progress: Progress | None
    keep: Keep | None
    total: int
    done: int = 0
    stopped: bool = False

    def share(self, paths: Iterable[str]) -> dict[str, str]:
        """Return the digests of `paths`, read one after the other."""
        digests = {}
        with TreeReader(self.root) as reader:
            for path in paths:
                if self.stopped:
                    break
                digests[path] = self._hash(reader, path)
                if self.keep is not None:
                    self.keep(path, self.files[path], digests[path])
        return digests

    def _hash(self, reader: TreeReader, path: str) -> str:
        try:
            descriptor = reader.open(path)
            try:
                return self._hash_open(descriptor, path)
            finally:
                os.close(descriptor)
        except OSError as error:
            raise unreadable(path, error) from error

    def _hash_open(self, descriptor: int, path: str) -> str:
        digest = hashlib.new(self.algorithm)
        refuse_changed(path, descriptor, self.files[path])
        while chunk := os.read(descriptor, CHUNK):
            digest.update(chunk)
            self._tell(len(chunk))
        refuse_changed(path, descriptor, self.files[path])
        return digest.hexdigest()

    def _tell(self, size: int) -> None:
        self.done += size
        if self.progress is not None:
            self.progress(self.done, self.total)


def refuse_changed(path: str, descriptor: int, seen: Seen) -> None:
    """Raise DATA-042 unless the open file is the one that was `seen` in its folder."""
    facts = os.fstat(descriptor)
    if Seen.of(facts) != seen or not stat.S_ISREG(facts.st_mode):
        raise DataError(
            f"{printable(path)} changed while the data set was being read",
            expected="data that nobody writes to during a check or a run",
            remedy="wait until whatever writes there is done, then start again",
            code="DATA-042",
        )


def unreadable(path: str, error: OSError) -> DataError:
    """Return the error for a file of a data set that the system does not give out (DATA-044)."""
    return DataError(
        f"{printable(path)} cannot be read: {error.strerror}",
        expected="a file that is there and that you may read",
        remedy="change its permissions, or look at the disk",
        code="DATA-044",
    )
