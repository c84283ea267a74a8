"""Look at the end of a zip before the library reads all that it announces.

The numbers are those of the zip format: a record of 22 bytes and a comment end the file, before it may
stand 20 bytes that announce a longer record, right before them, with numbers of 64 bits.
"""

from __future__ import annotations

import io
import struct
from typing import IO
from zipfile import BadZipFile

_END = struct.Struct("<4s4H2LH")
_POINTER = struct.Struct("<4sLQL")
_LONG_END = struct.Struct("<4sQ2H2L4Q")
_LOCAL = struct.Struct("<4s5H3L2H")
_MARK = b"PK\5\6"
_LONGEST_COMMENT = 65_535
_ROOM = 512
"""Bytes that the directory may take for a member, on average."""


class TooLong(Exception):
    """The directory announces more than may be read."""


def refuse_too_long(content: IO[bytes], members: int) -> None:
    """Read how much the directory of a zip announces, and go back to the beginning.

    Raises:
        TooLong: it is more than `members` take.
        BadZipFile: the file does not end as a zip does.
        OSError: it cannot be read.
    """
    length = content.seek(0, io.SEEK_END)
    end = _end(content, length)
    *_, count, size, _, comment = _END.unpack(_at(content, end, _END.size))
    if end + _END.size + comment != length:
        raise BadZipFile("it does not end as a zip does; is it whole?")
    begin = end - _POINTER.size
    if begin >= 0 and _at(content, begin, 4) == b"PK\6\7":
        count, size = _long_end(content, begin - _LONG_END.size)
    if count > members or size > members * _ROOM:
        raise TooLong(f"announces {count:,} members in {size:,} bytes, over {members:,}")
    content.seek(0)


def _end(content: IO[bytes], length: int) -> int:
    """Return where the last record begins: at the end, or before a comment, as the library looks for it."""
    if length < _END.size:
        raise BadZipFile("it is too short")
    last = _at(content, length - _END.size, _END.size)
    if last.startswith(_MARK) and last.endswith(b"\0\0"):
        return length - _END.size
    begin = max(0, length - _END.size - _LONGEST_COMMENT)
    place = _at(content, begin, length - begin).rfind(_MARK)
    if place < 0 or begin + place + _END.size > length:
        raise BadZipFile("it does not end as a zip does; is it whole?")
    return begin + place


def _long_end(content: IO[bytes], place: int) -> tuple[int, int]:
    mark, *_, count, size, _ = _LONG_END.unpack(_at(content, place, _LONG_END.size))
    if mark != b"PK\6\6":
        raise BadZipFile("its long end is not where it should be")
    return count, size


def begin_of_content(content: IO[bytes], header: int) -> int:
    """Return where the bytes of the member begin whose header stands at `header`.

    Raises:
        BadZipFile: there is no header.
    """
    mark, *_, name, extra = _LOCAL.unpack(_at(content, header, _LOCAL.size))
    if mark != b"PK\3\4":
        raise BadZipFile("a member is not where the directory says")
    return header + _LOCAL.size + int(name) + int(extra)


def _at(content: IO[bytes], place: int, size: int) -> bytes:
    if not 0 <= place < 2**63:
        raise BadZipFile("it points out of itself")
    content.seek(place)
    found = content.read(size)
    if len(found) != size:
        raise BadZipFile("it points out of itself")
    return found
