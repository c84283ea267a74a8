"""Where decoded pictures lie: in a pack that is mapped into memory, or still in their files."""

from __future__ import annotations

import hashlib
import io
import math
import os
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any

import numpy as np
from jaxtyping import Int64

from deepdiva.data.decode import Block, Inventory
from deepdiva.data.pictures import decode
from deepdiva.errors import DataError
from deepdiva.provenance.contents import Contents

BLOCK = 2**24
"""Bytes under one digest."""
CHECKED_AT_ONCE = 2**28
"""Bytes up to which a pack is checked as a whole when it is opened; larger ones block by block."""


def rows_per_block(size: int) -> int:
    """Return how many pictures of `size` bytes stand under one digest."""
    return max(1, BLOCK // size)


class PackedPixels:
    """Pictures in a pack; reading them is copying bytes."""

    def __init__(self, place: Path, shape: tuple[int, ...], digests: Sequence[str]) -> None:
        self._place, self._shape, self._digests = place, shape, tuple(digests)
        self._array = self._map()
        self._rows_per_block = rows_per_block(self._array[0].size)
        self._unchecked = np.ones(len(digests), np.bool_)
        self._checks = True
        if self._array.nbytes <= CHECKED_AT_ONCE:
            self._check(np.arange(len(digests)))

    def read(self, rows: Int64[np.ndarray, " batch"]) -> Block:
        """Return copies of the pictures at `rows`.

        Raises:
            DataError: the pack is damaged (DATA-049).
        """
        if self._checks:
            self._check(np.unique(rows // self._rows_per_block))
        pictures: Block = self._array[rows]
        return pictures

    def _map(self) -> Block:
        header = _npy_header(self._shape)
        with self._place.open("rb") as stream:
            whole = os.fstat(stream.fileno()).st_size == len(header) + math.prod(self._shape)
            if not whole or stream.read(len(header)) != header:
                raise damaged(self._place.parent)
            mapped = np.memmap(stream, np.uint8, "r", offset=len(header), shape=self._shape)
        pictures: Block = mapped.view(np.ndarray)
        return pictures

    def _check(self, blocks: Int64[np.ndarray, " blocks"]) -> None:
        step = self._rows_per_block
        for block in blocks[self._unchecked[blocks]].tolist():
            digest = hashlib.sha256(self._array[block * step : (block + 1) * step].data).hexdigest()
            if digest != self._digests[block]:
                raise damaged(self._place.parent)
            self._unchecked[block] = False
        self._checks = bool(self._unchecked.any())

    def __getstate__(self) -> dict[str, Any]:
        """Leave the mapped bytes out: a spawned worker maps them for itself."""
        return {key: value for key, value in vars(self).items() if key != "_array"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self._array = self._map()


class FilePixels:
    """Pictures that are decoded whenever they are read, for data sets that no disk can hold twice."""

    def __init__(self, contents: Contents, names: Sequence[str], inventory: Inventory) -> None:
        self._contents, self._names, self._shape = contents, names, inventory.shape

    def read(self, rows: Int64[np.ndarray, " batch"]) -> Block:
        """Return the pictures at `rows`, decoded from their files.

        Raises:
            DataError: a file changed after it was verified (DATA-042).
        """
        shape = self._shape
        block = np.empty((len(rows), shape.height, shape.width, shape.channels), np.uint8)
        for target, row in zip(block, rows.tolist(), strict=True):
            content = self._contents.read(self._names[row])
            target[...] = decode(content, height=shape.height, width=shape.width, channels=shape.channels)[0]
        return block


class BlockWriter:
    """Writes pictures as a `.npy` file and keeps the digest of every block of them.

    Bytes are written, never mapped: a full disk is then an error and not a signal.

    Args:
        stream: Where to write.
        shape: Of all pictures together.
    """

    def __init__(self, stream: IO[bytes], shape: tuple[int, ...]) -> None:
        self._stream, self._digests = stream, list[str]()
        size = math.prod(shape[1:])
        self._room = self._block = rows_per_block(size) * size
        self._hash = hashlib.sha256()
        stream.write(_npy_header(shape))

    def add(self, pictures: Block) -> None:
        """Append `pictures`."""
        rest = pictures.data.cast("B")
        self._stream.write(rest)
        while rest:
            part, rest = rest[: self._room], rest[self._room :]
            self._hash.update(part)
            self._room -= len(part)
            if not self._room:
                self._end_block()

    def digests(self) -> list[str]:
        """Return the digests of all blocks; the last one may be short."""
        if self._room < self._block:
            self._end_block()
        return self._digests

    def _end_block(self) -> None:
        self._digests.append(self._hash.hexdigest())
        self._hash, self._room = hashlib.sha256(), self._block


def _npy_header(shape: tuple[int, ...]) -> bytes:
    """Return how a `.npy` file of bytes begins; it is compared, not parsed, when a pack is opened."""
    stream = io.BytesIO()
    facts = {"descr": "|u1", "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(stream, facts)
    return stream.getvalue()


def damaged(folder: Path) -> DataError:
    """Return the error for a pack whose bytes are not those that were written (DATA-049)."""
    return DataError(
        f"the cache {folder} is damaged",
        expected="the bytes that were written there, by their digests",
        remedy="delete the folder and start again: it is made anew from the data set; look at the disk",
        code="DATA-049",
    )
