"""Pixels to PNG files whose every byte is known beforehand.

Compressed bytes would depend on the version of the compressor, and so would the digest of a
data set that is written here; these files hold their pixels as they are.
"""

from __future__ import annotations

import struct
import zlib

import numpy as np
from jaxtyping import UInt8

_BLOCK = 65_535
"""Bytes in one stored block of a deflate stream (RFC 1951)."""


def encode_png(pixels: UInt8[np.ndarray, "height width *channels"]) -> bytes:
    """Return `pixels` as an 8-bit PNG without compression (PNG specification, W3C 2003).

    Args:
        pixels: Grey without a last axis or with one of 1, color with one of 3: red, green, blue.
    """
    height, width = pixels.shape[:2]
    color = pixels.ndim == 3 and pixels.shape[2] == 3
    rows = np.zeros((height, 1 + pixels[0].size), np.uint8)  # each row begins with its filter: none
    rows[:, 1:] = pixels.reshape(height, -1)
    header = struct.pack(">IIBBBBB", width, height, 8, 2 if color else 0, 0, 0, 0)
    chunks = (_chunk(b"IHDR", header), _chunk(b"IDAT", _stored(rows.tobytes())), _chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def _stored(content: bytes) -> bytes:
    """Return `content` as a zlib stream (RFC 1950) of stored blocks."""
    parts = [b"\x78\x01"]
    for begin in range(0, len(content), _BLOCK):
        block = content[begin : begin + _BLOCK]
        last = begin + _BLOCK >= len(content)
        parts += [struct.pack("<BHH", last, len(block), len(block) ^ 0xFFFF), block]
    return b"".join([*parts, struct.pack(">I", zlib.adler32(content))])


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
