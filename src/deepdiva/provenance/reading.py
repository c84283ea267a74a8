"""Read files below a root and through no link, and take digests of their contents.

This file is also a program of its own, without the rest of the package: `hashing` starts it once
a core (`python -I -S reading.py ROOT ALGORITHM`) and hands it files through a pipe.  Threads of
one interpreter would wait for each other at every small file.
"""

from __future__ import annotations

import errno
import hashlib
import os
import stat
import struct
import sys
from array import array
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import IO, TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from deepdiva.provenance.links import Links

CHUNK = 2**20
"""Bytes read at once; the memory that hashing takes, whatever the size of the files."""
TELL = 2**28
"""Bytes of a large file after which a worker says how far it is."""

ORDER = struct.Struct("<2q")
"""Begins what a worker is sent: files, bytes of their paths; then the paths, then four columns."""
ANSWER = struct.Struct("<3q")
"""Begins what a worker answers: one of the kinds below, and two numbers."""
DONE, MORE, CHANGED, UNREADABLE = range(4)
"""Digests follow; so many bytes more; the file of that row changed; it cannot be read, with the errno."""


class Hasher(Protocol):
    """What hashlib and blake3 have in common."""

    def update(self, data: bytes, /) -> object:
        """Take in more content."""

    def digest(self) -> bytes:
        """Return the digest of all content so far."""

    def hexdigest(self) -> str:
        """Return it in hexadecimal."""


def hasher(algorithm: str) -> Callable[[], Hasher]:
    """Return what starts a digest of `algorithm`."""
    if algorithm == "blake3":
        from blake3 import blake3

        return blake3
    made: Callable[[], Hasher] = getattr(hashlib, algorithm)
    return made


class TreeReader:
    """Opens files below a root, folder by folder and never through a link but those in `links`.

    Keeps the folder of the last file open: names in sorted order cost one step each.
    """

    def __init__(self, root: str | os.PathLike[str]) -> None:
        self._root = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        self._above, self._folder = "", self._root
        self._links: Links | None = None

    def __enter__(self) -> TreeReader:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def open(self, path: str) -> int:
        """Return a descriptor to read the file at `path`, a POSIX path below the root.

        Raises:
            OSError: there is no such file, or a link stands in the way.
        """
        above, _, name = path.rpartition("/")
        if above != self._above:
            self._change_to(above)
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        try:
            return os.open(name, flags, dir_fd=self._folder)
        except OSError as error:
            if error.errno != errno.ELOOP or __name__ == "__main__":
                raise
            return self._follow(path)

    def _follow(self, path: str) -> int:
        """Open what a link of our split leads to; the program below is never given any."""
        if self._links is None:
            from deepdiva.provenance.links import Links

            self._links = Links(self._root)
        return self._links.open(path, self._folder)

    def close(self) -> None:
        """Give the descriptors back."""
        if self._folder != self._root:
            os.close(self._folder)
        os.close(self._root)

    def _change_to(self, above: str) -> None:
        descriptor = os.dup(self._root)
        flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
        for name in filter(None, above.split("/")):
            try:
                below = os.open(name, flags, dir_fd=descriptor)
            finally:
                os.close(descriptor)
            descriptor = below
        if self._folder != self._root:
            os.close(self._folder)
        self._above, self._folder = above, descriptor


class FileChangedError(Exception):
    """The file is not, or no longer, what was seen in its folder."""


Facts = tuple[int, int, int, int]
"""Size, time of the last change, the system's own time of change (both in nanoseconds), inode."""
INODE = 2**63 - 1
"""The bits of an inode that are compared: columns are signed."""


def digest_of(
    reader: TreeReader, path: str, facts: Facts, start: Callable[[], Hasher], tell: Callable[[int], object]
) -> bytes:
    """Return the digest of the file at `path`; nothing of it counts unless it is the one that was seen.

    Looked at once, after reading: what then still has the facts of before was not written to
    meanwhile.

    Args:
        reader: Opens it.
        path: Below the root.
        facts: What was seen of it in its folder.
        start: Starts a digest.
        tell: Is given the bytes of every chunk.

    Raises:
        FileChangedError: it is another file, or has other content than then.
        OSError: it cannot be read.
    """
    descriptor = reader.open(path)
    try:
        digest, rest = start(), facts[0] + 1
        while rest > 0 and (chunk := os.read(descriptor, min(rest, CHUNK))):
            digest.update(chunk)
            tell(len(chunk))
            rest -= len(chunk)
        now = os.fstat(descriptor)
    finally:
        os.close(descriptor)
    same = (now.st_size, now.st_mtime_ns, now.st_ctime_ns, now.st_ino & INODE) == facts
    if not same or not stat.S_ISREG(now.st_mode):
        raise FileChangedError
    return digest.digest()


def serve(root: str, algorithm: str, orders: IO[bytes], answers: IO[bytes]) -> None:
    """Take orders until there are no more, and answer each; a fault answers and ends its order."""
    start = hasher(algorithm)
    with TreeReader(root) as reader:
        while head := orders.read(ORDER.size):
            count, length = ORDER.unpack(head)
            paths = orders.read(length).decode("utf-8", "surrogateescape").split("\0")
            columns = array("q")
            columns.frombytes(orders.read(4 * 8 * count))
            facts = zip(*(columns[n * count : (n + 1) * count] for n in range(4)), strict=True)
            answers.write(b"".join(_answer(reader, paths, facts, start, answers)))
            answers.flush()


def _answer(
    reader: TreeReader,
    paths: list[str],
    facts: Iterator[tuple[int, ...]],
    start: Callable[[], Hasher],
    answers: IO[bytes],
) -> list[bytes]:
    teller, digests = _Teller(answers), list[bytes]()
    for row, (path, (size, mtime, ctime, inode)) in enumerate(zip(paths, facts, strict=True)):
        try:
            digests.append(digest_of(reader, path, (size, mtime, ctime, inode), start, teller))
        except FileChangedError:
            return [ANSWER.pack(CHANGED, row, 0)]
        except OSError as error:
            return [ANSWER.pack(UNREADABLE, row, error.errno or 0)]
    joined = b"".join(digests)
    return [ANSWER.pack(DONE, len(joined), teller.untold), joined]


class _Teller:
    """Says how far a worker is, but not at every chunk."""

    def __init__(self, answers: IO[bytes]) -> None:
        self._answers, self.untold = answers, 0

    def __call__(self, size: int) -> None:
        self.untold += size
        if self.untold >= TELL:
            self._answers.write(ANSWER.pack(MORE, 0, self.untold))
            self._answers.flush()
            self.untold = 0


if __name__ == "__main__":
    sys.path.extend(sys.argv[3:])
    serve(sys.argv[1], sys.argv[2], sys.stdin.buffer, sys.stdout.buffer)
