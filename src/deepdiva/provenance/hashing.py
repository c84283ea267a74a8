"""Content digests of many files, each read once and through no link."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from deepdiva.errors import DataError
from deepdiva.provenance.tree import Seen, TreeReader, printable

CHUNK = 2**20
"""Bytes read at once; the memory that hashing takes, whatever the size of the files."""
LARGE = 2**18
"""Mean size of files in bytes from which several threads pay: hashing lets go of the interpreter."""


def hash_files(
    root: Path,
    files: Mapping[str, Seen],
    *,
    algorithm: str = "sha256",
    progress: Callable[[int, int], None] | None = None,
) -> dict[str, str]:
    """Return the hexadecimal digest of each of `files` below `root`.

    Raises:
        DataError: a file changed since it was seen, or while it was read (DATA-042), or
            cannot be read (DATA-044).
    """
    paths = sorted(files)
    total = sum(seen.size for seen in files.values())
    count = min(os.cpu_count() or 1, 8) if paths and total / len(paths) >= LARGE else 1
    shares = [paths[start::count] for start in range(count)]
    counter = _Counter(total, progress)
    with ThreadPoolExecutor(count) as threads:
        parts = threads.map(lambda share: _hash_share(root, share, files, algorithm, counter), shares)
        return {path: digest for part in parts for path, digest in part.items()}


class _Counter:
    """Adds up the bytes done by all threads; a lost update would only make the bar lag."""

    def __init__(self, total: int, progress: Callable[[int, int], None] | None) -> None:
        self._done, self._total, self._progress = 0, total, progress

    def add(self, size: int) -> None:
        self._done += size
        if self._progress is not None:
            self._progress(self._done, self._total)


def _hash_share(
    root: Path, paths: Iterable[str], files: Mapping[str, Seen], algorithm: str, counter: _Counter
) -> dict[str, str]:
    digests = {}
    with TreeReader(root) as reader:
        for path in paths:
            digests[path] = _hash_file(reader, path, files[path], algorithm)
            counter.add(files[path].size)
    return digests


def _hash_file(reader: TreeReader, path: str, seen: Seen, algorithm: str) -> str:
    try:
        descriptor = reader.open(path)
    except OSError as error:
        raise unreadable(path, error) from error
    try:
        digest = hashlib.new(algorithm)
        refuse_changed(path, descriptor, seen)
        while chunk := os.read(descriptor, CHUNK):
            digest.update(chunk)
        refuse_changed(path, descriptor, seen)
        return digest.hexdigest()
    except OSError as error:
        raise unreadable(path, error) from error
    finally:
        os.close(descriptor)


def refuse_changed(path: str, descriptor: int, seen: Seen) -> None:
    """Raise DATA-042 unless the open file is the one that was `seen` in its folder."""
    facts = os.fstat(descriptor)
    now = Seen(facts.st_size, facts.st_mtime_ns, facts.st_ino)
    if now != seen or not stat.S_ISREG(facts.st_mode):
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
