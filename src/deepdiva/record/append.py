"""A file that only grows, by whole lines."""

from __future__ import annotations

import os
from pathlib import Path

from deepdiva.provenance.files import resource_error, sync


class AppendFile:
    """Whole lines or nothing: where the disk is full, the half-written ones are taken back.

    Args:
        path: Made where it is missing; what is there stays.

    Raises:
        ResourceError: the file cannot be opened; see `provenance.files.resource_error`.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o666)
            self.size = os.fstat(self._descriptor).st_size
        except OSError as error:
            raise resource_error(error, path) from error

    def append(self, data: bytes) -> None:
        """Write `data` after what is there.

        Raises:
            ResourceError: it could not be written; the file is as long as it was before.
        """
        rest = memoryview(data)
        try:
            while rest:
                rest = rest[os.write(self._descriptor, rest) :]
        except OSError as error:
            os.ftruncate(self._descriptor, self.size)
            raise resource_error(error, self.path) from error
        self.size += len(data)

    def sync(self) -> None:
        """Wait until the content would outlive a power cut.

        Raises:
            ResourceError: it would not.
        """
        try:
            sync(self._descriptor)
        except OSError as error:
            raise resource_error(error, self.path) from error

    def read(self, start: int, end: int) -> bytes:
        """Return the bytes from `start` to before `end`, fewer where the file is shorter."""
        pieces = []
        while start < end and (piece := os.pread(self._descriptor, end - start, start)):
            pieces.append(piece)
            start += len(piece)
        return b"".join(pieces)

    def cut(self, size: int) -> bytes:
        """Shorten the file to `size` bytes and return what stood behind them."""
        tail = self.read(size, os.fstat(self._descriptor).st_size)
        try:
            os.ftruncate(self._descriptor, size)
        except OSError as error:
            raise resource_error(error, self.path) from error
        self.size = size
        return tail

    def close(self) -> None:
        """Let go of the file; to call it twice is no harm."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
        self._descriptor = -1
