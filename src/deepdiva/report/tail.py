"""Read a file of lines while another process appends to it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

PIECE = 1 << 20
"""Bytes that are read at a time."""


class Tail:
    """Gives each whole line once; a half-written one waits for its end.

    Args:
        path: It need not exist yet.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.offset = 0
        """Bytes of the lines that were given."""

    def lines(self) -> Iterator[bytes]:
        """Give the lines that were completed since the last call."""
        while piece := self._piece():
            yield from piece.splitlines()

    def shrank(self) -> bool:
        """Tell whether the file was cut behind us: what was given no longer holds."""
        try:
            return self._path.stat().st_size < self.offset
        except FileNotFoundError:
            return self.offset > 0

    def _piece(self) -> bytes:
        """Return the next whole lines, about `PIECE` bytes of them."""
        try:
            with self._path.open("rb") as stream:
                stream.seek(self.offset)
                piece = stream.read(PIECE)
                if b"\n" not in piece and len(piece) == PIECE:
                    piece += stream.readline()
        except FileNotFoundError:
            return b""
        whole = piece[: piece.rfind(b"\n") + 1]
        self.offset += len(whole)
        return whole
