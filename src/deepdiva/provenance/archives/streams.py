"""The bytes inside a compressed file, metered: a bomb is refused while it unpacks, not afterwards."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Literal

from deepdiva.provenance.archives.refusals import LIMITS, SMALL, Limits, damaged, too_much
from deepdiva.provenance.files import resource_error

Kind = Literal["zip", "tar", "tar.gz", "tar.bz2", "tar.xz", "gz"]
Packing = Literal["", "gz", "bz2", "xz"]

DAMAGE: tuple[type[Exception], ...] = (
    tarfile.TarError,
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    NotImplementedError,
    ValueError,
)
"""What the libraries raise on bytes that are not what they should be; bz2 and gzip also OSError."""

_MARKS: dict[bytes, Packing] = {b"\x1f\x8b": "gz", b"BZh": "bz2", b"\xfd7zXZ\0": "xz"}


def kind_of(archive: Path, *, limits: Limits = LIMITS) -> Kind:
    """Return what the file at `archive` is, by its bytes; its name does not matter.

    Raises:
        DataError: it is none of the kinds that are unpacked here (ARC-004).
        ResourceError: it cannot be read.
    """
    with reading(archive), archive.open("rb") as content:
        head = content.read(4)
    if head in (b"PK\3\4", b"PK\5\6"):
        return "zip"
    packing = packing_of(archive)
    with unpacked(archive, packing, limits=limits) as stream:
        begin = stream.read(tarfile.BLOCKSIZE)
    if _is_tar(begin):
        return f"tar.{packing}" if packing else "tar"  # type: ignore[return-value] # packing is one of three
    if packing == "gz":
        return "gz"
    raise damaged(archive, f"it begins with {head!r}, like no zip, tar or gzip")


def packing_of(archive: Path) -> Packing:
    """Return how the file is compressed as a whole, by its first bytes; `""` where it is not."""
    with reading(archive), archive.open("rb") as content:
        head = content.read(6)
    return next((name for mark, name in _MARKS.items() if head.startswith(mark)), "")


@contextmanager
def unpacked(archive: Path, packing: Packing, *, limits: Limits = LIMITS) -> Iterator[io.BufferedReader]:
    """Give the bytes inside, to be read once from begin to end.

    Raises:
        DataError: they are too many (ARC-002), or the file is damaged (ARC-004); both while reading.
        ResourceError: the file cannot be read.
    """
    with reading(archive), archive.open("rb") as content:
        most = limits.total_bytes
        if packing:
            most = min(most, max(SMALL, limits.ratio * archive.stat().st_size))
        yield io.BufferedReader(_Metered(_reader(content, packing), archive, most), tarfile.RECORDSIZE)


@contextmanager
def reading(archive: Path) -> Iterator[None]:
    """Turn whatever reading an archive raises into an error of ours."""
    try:
        yield
    except DAMAGE as error:
        raise damaged(archive, str(error) or type(error).__name__) from error
    except OSError as error:
        if error.errno is None:  # gzip and bz2 speak of their bytes, not of the disk
            raise damaged(archive, str(error)) from error
        raise resource_error(error, archive) from error


def _reader(content: BinaryIO, packing: Packing) -> Callable[[int], bytes]:
    if packing == "gz":
        return gzip.GzipFile(fileobj=content).read
    if packing == "bz2":
        return bz2.BZ2File(content).read
    return lzma.LZMAFile(content).read if packing == "xz" else content.read


def _is_tar(begin: bytes) -> bool:
    try:
        tarfile.TarInfo.frombuf(begin, "utf-8", "surrogateescape")
    except tarfile.HeaderError:
        return False
    return True


class _Metered(io.RawIOBase):
    """Counts what it gives."""

    def __init__(self, read: Callable[[int], bytes], archive: Path, most: int) -> None:
        self._read, self._archive, self._most, self._given = read, archive, most, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override] # one kind of buffer
        found = self._read(len(buffer))
        self._given += len(found)
        if self._given > self._most:
            raise too_much(self._archive, f"unpacks to over {self._most:,} bytes")
        buffer[: len(found)] = found
        return len(found)
