"""What stands in a tar, member after member, in one pass that never goes back.

The library's reader ends silently at a broken header, reads extended headers of any length
and follows sizes below zero.  Here each block of 512 bytes is parsed by it, alone, and the
walk is ours (formats: POSIX.1-1988 ustar, POSIX.1-2001 pax, GNU long names).
"""

from __future__ import annotations

import re
import tarfile
from collections.abc import Iterator, Mapping
from io import BufferedReader
from typing import NamedTuple

from deepdiva.provenance.archives.names import fault_of

_BLOCK = tarfile.BLOCKSIZE
_LONGEST_HEADER = 2**20
"""Bytes of an extended header; a path has at most 4,000."""
_CHUNK = 2**20
_RECORD = re.compile(rb"([1-9]\d{0,6}) ")
_KINDS = {
    tarfile.LNKTYPE: "is a hard link",
    tarfile.SYMTYPE: "is a link",
    tarfile.CHRTYPE: "is a device",
    tarfile.BLKTYPE: "is a device",
    tarfile.FIFOTYPE: "is a pipe",
    tarfile.GNUTYPE_SPARSE: "is a file with holes, which is not read here",
}


class Member(NamedTuple):
    """A file or folder of a tar."""

    name: str
    """POSIX path; `./` before it and `/` behind it are gone."""
    size: int
    folder: bool
    fault: str | None
    """Why it must not be written."""


class TarMembers:
    """Reads a tar from begin to end."""

    def __init__(self, stream: BufferedReader) -> None:
        self._stream, self._left, self._behind = stream, 0, 0

    def __iter__(self) -> Iterator[Member]:
        """Give member after member; the content of the last one given can be read meanwhile.

        Raises:
            TarError: the tar is damaged, or ends too early.
        """
        told: dict[str, str] = {}
        while (header := self._header()) is not None:
            if header.type == tarfile.XHDTYPE:
                told |= _records(self._short(header))
            elif header.type == tarfile.XGLTYPE:
                _refuse_global(_records(self._short(header)))
            elif header.type == tarfile.GNUTYPE_LONGNAME:
                told["path"] = self._short(header).rstrip(b"\0").decode("utf-8", "surrogateescape")
            elif header.type == tarfile.GNUTYPE_LONGLINK:
                self._short(header)
            else:
                member = _member(header, told)
                self._left, self._behind = member.size, -member.size % _BLOCK
                if member.name != ".":
                    yield member
                self._skip()
                told = {}
        while self._stream.read(_CHUNK):  # to the end: there the checksum of the compression stands
            pass

    def read(self, size: int) -> bytes:
        """Return at most `size` bytes of the content of the member given last; none at its end."""
        found = self._stream.read(min(size, self._left))
        if not found and self._left and size:
            raise tarfile.ReadError("it ends in the middle of a file")
        self._left -= len(found)
        return found

    def _skip(self) -> None:
        while self._left:
            self.read(_CHUNK)
        self._exactly(self._behind)

    def _header(self) -> tarfile.TarInfo | None:
        block = self._stream.read(_BLOCK)
        if len(block) < _BLOCK:
            raise tarfile.ReadError("it ends without the empty block that ends a tar")
        if not any(block):
            return None
        header = tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
        if header.size < 0:
            raise tarfile.ReadError("a size is below zero")
        return header

    def _short(self, header: tarfile.TarInfo) -> bytes:
        if header.size > _LONGEST_HEADER:
            raise tarfile.ReadError(f"an extended header of {header.size:,} bytes")
        content = self._exactly(header.size)
        self._exactly(-header.size % _BLOCK)
        return content

    def _exactly(self, size: int) -> bytes:
        found = self._stream.read(size)
        if len(found) != size:
            raise tarfile.ReadError("it ends too early")
        return found


def _member(header: tarfile.TarInfo, told: Mapping[str, str]) -> Member:
    name = _bare(told.get("path", header.name))
    folder = header.type == tarfile.DIRTYPE or told.get("path", "").endswith("/")
    size = int(told.get("size", header.size))
    fault = _KINDS.get(header.type)
    if fault is None and header.type not in (tarfile.REGTYPE, tarfile.AREGTYPE, tarfile.DIRTYPE):
        fault = "is of a kind that is not read here"
    if any(key.startswith("GNU.sparse") for key in told):
        fault = _KINDS[tarfile.GNUTYPE_SPARSE]
    if fault is None and folder and size:
        fault = "is a folder with content"
    if name != ".":
        fault = fault or fault_of(name)
    return Member(name, size, folder, fault)


def _bare(name: str) -> str:
    bare = name.removeprefix("./").removesuffix("/")
    return bare if bare or not name.startswith("./") else "."


def _records(content: bytes) -> dict[str, str]:
    """Return the records of an extended header: each is its own length, a key and a value."""
    found, place = {}, 0
    while place < len(content):
        length = _RECORD.match(content, place)
        end = place + int(length.group(1)) if length else 0
        if length is None or end > len(content) or end <= length.end() or content[end - 1] != 0x0A:
            raise tarfile.ReadError("an extended header cannot be read")
        key, _, value = content[length.end() : end - 1].decode("utf-8", "surrogateescape").partition("=")
        found[key] = value
        place = end
    if not re.fullmatch(r"[0-9]{1,18}", found.get("size", "0")):
        raise tarfile.ReadError("an extended header tells an odd size")
    return found


def _refuse_global(records: Mapping[str, str]) -> None:
    if records.keys() & {"path", "size"}:
        raise tarfile.ReadError("an extended header tells one path or size for all members")
