"""Rules for PNG files without a compressor: any decoder reads them, and every byte is known."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.data.drawing import noise

from deepdiva.data.pictures import decode
from deepdiva.data.png import encode_png

BYTES = "ca13b214d1b09bd432ccee0a81712c58e362ca29cd5076917e4217325f53a37a"
"""SHA-256 of the file of `test_the_bytes_are_these`."""


@given(st.integers(2, 40), st.integers(2, 40), st.sampled_from([1, 3]), st.integers(0, 99))
def test_every_picture_survives(height: int, width: int, channels: int, seed: int) -> None:
    """What is encoded without a library is decoded by one, to the same pixels, grey or color."""
    pixels = noise(height, width, channels, seed).reshape(height, width, channels)
    found, header = decode(encode_png(pixels), height=height, width=width, channels=channels)

    assert (header.format, header.mode) == ("PNG", "L" if channels == 1 else "RGB")
    assert (found == pixels).all()


@pytest.mark.parametrize(("height", "width"), [(255, 256), (1, 65_534), (1, 65_535), (300, 400), (2, 65_534)])
def test_pictures_of_several_blocks_survive(height: int, width: int) -> None:
    """A block holds 65,535 bytes: just below, at and above that."""
    pixels = noise(height, width)
    if height > 1 and width < 30_000:
        assert (decode(encode_png(pixels), height=height, width=width, channels=1)[0][..., 0] == pixels).all()
    rows = encode_png(pixels)
    blocks = -(-height * (width + 1) // 65_535)

    assert len(rows) == 57 + 6 + 5 * blocks + height * (width + 1)


def test_the_bytes_are_these() -> None:
    """On every machine."""
    pixels = np.arange(2 * 3 * 3, dtype=np.uint8).reshape(2, 3, 3)

    assert hashlib.sha256(encode_png(pixels)).hexdigest() == BYTES
