"""Masks become classes by the coding that was declared."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from PIL import Image
from tests.data.drawing import encoded

from deepdiva.data.masks import (
    HISDB_CODES,
    ColorCoding,
    HisdbCoding,
    IndexCoding,
    decode_mask,
    require_size,
)
from deepdiva.data.pictures import BadPicture

SHAPES = st.tuples(st.integers(2, 9), st.integers(2, 9))
CLASSES = arrays.arrays(np.uint8, SHAPES, elements=st.integers(0, 7))
COLORS = {(r, g, b): r * 4 + g * 2 + b for r in (0, 1) for g in (0, 1) for b in (0, 1)}


def with_palette(classes: np.ndarray) -> Image.Image:
    image = Image.new("P", classes.shape[::-1])
    image.putpalette([(7 * value) % 256 for value in range(768)])
    image.frombytes(classes.tobytes())
    return image


def hisdb(classes: np.ndarray, boundary: np.ndarray) -> np.ndarray:
    pixels = np.zeros((*classes.shape, 3), np.uint8)
    pixels[..., 2] = np.array(HISDB_CODES, np.uint8)[classes]
    pixels[..., 0] = np.where(boundary, 128, 0)
    return pixels


@given(CLASSES)
def test_index_masks_give_what_was_put_in(classes: np.ndarray) -> None:
    """Grey or with a palette, 8 bits or 16, the value of a pixel is its class, not its color."""
    for image in (
        Image.fromarray(classes),
        Image.fromarray(classes.astype(np.uint16)),
        with_palette(classes),
    ):
        mask = decode_mask(encoded(image), IndexCoding(classes=8))
        assert np.array_equal(mask.classes, classes)
        assert not mask.boundary.any()


@given(CLASSES)
def test_color_masks_give_what_was_put_in(classes: np.ndarray) -> None:
    """Each color of the table becomes its class."""
    colors = np.array([color for color, _ in sorted(COLORS.items(), key=lambda item: item[1])], np.uint8)
    mask = decode_mask(encoded(colors[classes]), ColorCoding(colors=COLORS))
    assert np.array_equal(mask.classes, classes)


@given(CLASSES, st.integers(0, 2**32))
def test_hisdb_masks_give_what_was_put_in(classes: np.ndarray, seed: int) -> None:
    """Blue bits are the class; boundary pixels are known, and become background or stay, as declared."""
    boundary = np.random.default_rng(seed).random(classes.shape) < 0.3
    content = encoded(hisdb(classes, boundary))
    kept = decode_mask(content, HisdbCoding(boundary="keep"))
    assert np.array_equal(kept.classes, classes)
    assert np.array_equal(kept.boundary, boundary)
    laid = decode_mask(content, HisdbCoding())
    assert np.array_equal(laid.classes, np.where(boundary, 0, classes))
    assert np.array_equal(laid.boundary, boundary)


@pytest.mark.parametrize(
    ("image", "coding", "reason"),
    [
        (np.array([[0, 1], [9, 0]], np.uint8), IndexCoding(classes=9), "class 9, first at row 1, column 0"),
        (np.full((2, 2, 3), 9, np.uint8), IndexCoding(), "mode 'RGB'"),
        (np.full((2, 2, 3), 9, np.uint8), ColorCoding(colors=COLORS), "color #090909, first at row 0"),
        (np.full((2, 2, 3), (0, 0, 3), np.uint8), HisdbCoding(), "blue 3"),
        (np.full((2, 2, 3), (0, 1, 1), np.uint8), HisdbCoding(), "color #000101"),
        (np.full((2, 2, 3), (127, 0, 1), np.uint8), HisdbCoding(), "color #7f0001"),
        (np.full((2, 2, 3), (0, 0, 6), np.uint8), HisdbCoding(codes=(1, 2, 4, 8)), "blue 6"),
    ],
)
def test_what_a_coding_does_not_know_is_named(
    image: np.ndarray, coding: IndexCoding | ColorCoding | HisdbCoding, reason: str
) -> None:
    """A value without a class is an error that names it and the first pixel (faults, row 24)."""
    with pytest.raises(BadPicture) as caught:
        decode_mask(encoded(image), coding)
    assert caught.value.code == "DATA-024"
    assert reason in caught.value.reason


def test_a_mask_has_the_size_of_its_picture() -> None:
    """Another size is an error that names both (faults, row 23)."""
    mask = decode_mask(encoded(np.zeros((3, 4), np.uint8)), IndexCoding())
    require_size(mask, height=3, width=4)
    with pytest.raises(BadPicture, match="4x3 pixels, its picture 3x4") as caught:
        require_size(mask, height=4, width=3)
    assert caught.value.code == "DATA-023"
