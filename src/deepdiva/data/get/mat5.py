"""Numeric arrays out of a MATLAB 5 file (The MathWorks, "MAT-File Format", level 5).

After 128 bytes of header a file is a row of elements: type and length in four bytes each,
the content, zeros up to a multiple of eight.  An array is one element, mostly compressed by
zlib, made of four: flags, dimensions, name and values, which may be stored in a smaller type
than they have.  Anything but real numbers in files of little-endian machines is refused.
"""

from __future__ import annotations

import math
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from deepdiva.data.get.part import unreadable
from deepdiva.provenance.archives.refusals import LIMITS, SMALL

LARGEST = 2**33
"""Bytes of an array; the extra split of SVHN has 1.6 billion."""
_HEADER = 128
_MATRIX, _COMPRESSED = 14, 15
_TYPES = {1: "i1", 2: "u1", 3: "<i2", 4: "<u2", 5: "<i4", 6: "<u4", 7: "<f4", 9: "<f8", 12: "<i8", 13: "<u8"}
_FIRST_NUMERIC, _LAST_NUMERIC = 6, 15
_COMPLEX = 0x0800


def read_mat5(place: Path, name: Path) -> dict[str, np.ndarray]:
    """Return the arrays in the file at `place`, which is called `name` in messages, by their names.

    Their axes are as MATLAB has them; values keep the type they are stored in.

    Raises:
        DataError: it is damaged or holds something else (DATA-070).
    """
    try:
        return dict(_array(element) for element in _matrices(memoryview(place.read_bytes())))
    except (ValueError, zlib.error, struct.error, KeyError, TypeError, OverflowError, MemoryError) as error:
        raise unreadable(name, str(error) or type(error).__name__) from error


def _matrices(content: memoryview) -> Iterator[memoryview]:
    if len(content) < _HEADER or bytes(content[124:128]) != b"\x00\x01IM":
        raise ValueError("it has no header of MATLAB 5 of a little-endian machine")
    for kind, element in _elements(content[_HEADER:], padded=False):
        if kind == _COMPRESSED:
            (inner, matrix), *more = _elements(_inflated(element), padded=True)
            if inner != _MATRIX or more:
                raise ValueError("something else than an array is compressed")
            yield matrix
        elif kind == _MATRIX:
            yield element
        else:
            raise ValueError(f"an element of type {kind}")


def _inflated(element: memoryview) -> memoryview:
    machine = zlib.decompressobj()
    most = min(LARGEST, max(SMALL, LIMITS.ratio * len(element)))
    content = machine.decompress(element, most)
    if not machine.eof:
        raise ValueError("a compressed array is cut off or too long")
    return memoryview(content)


def _elements(content: memoryview, *, padded: bool) -> Iterator[tuple[int, memoryview]]:
    """Yield type and content of each element; short ones stand in the eight bytes of their tag."""
    place = 0
    while place < len(content):
        kind, length = struct.unpack_from("<II", content, place)
        begin = place + 8
        if kind >> 16:
            kind, length, begin = kind & 0xFFFF, kind >> 16, place + 4
        if begin + length > len(content) or (begin == place + 4 and length > 4):
            raise ValueError("it ends too early")
        yield kind, content[begin : begin + length]
        short = begin == place + 4
        place = place + 8 if short else begin + length
        if not short and (padded or kind == _MATRIX):
            place += -length % 8


def _array(matrix: memoryview) -> tuple[str, np.ndarray]:
    (_, flags), (_, dimensions), (_, name), *parts = _elements(matrix, padded=True)
    (told,) = struct.unpack_from("<I", flags)
    if not _FIRST_NUMERIC <= told & 0xFF <= _LAST_NUMERIC or told & _COMPLEX or len(parts) != 1:
        raise ValueError("an array of something else than real numbers")
    shape = np.frombuffer(dimensions, "<i4").tolist()
    kind, values = parts[0]
    flat = np.frombuffer(values, np.dtype(_TYPES[kind]))
    if min(shape, default=-1) < 0 or math.prod(shape) != len(flat):
        raise ValueError(f"an array of shape {shape} with {len(flat):,} values")
    return bytes(name).decode("ascii"), flat.reshape(shape, order="F")
