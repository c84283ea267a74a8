"""Masks: pictures whose pixels name classes.

Three codings, and which one a data set has is declared, never guessed:

- index: the grey value, or the place in the palette, is the class;
- colors: a table says which color is which class;
- DIVA-HisDB (Simistira et al., ICFHR 2016): the blue channel holds one bit for each kind of
  text (1 background, 2 comment, 4 decoration, 8 main text), several where they overlap; red
  128 marks the boundary of a region, where a person may well have drawn it otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Bool, Int64, UInt8
from PIL import Image

from deepdiva.data.pictures import BadPicture, load

Color = tuple[int, int, int]
"""Red, green and blue, 0 to 255."""

HISDB_CODES = (1, 2, 4, 8, 6, 10, 12, 14)
"""Blue values in the order of their classes: background, comment, decoration, main text, and
what overlaps: comment and decoration, comment and text, decoration and text, all three."""
BOUNDARY = 128
"""Red value of boundary pixels."""


@dataclass(frozen=True, kw_only=True)
class IndexCoding:
    """The value of a grey or palette pixel is its class."""

    classes: int = 256
    """So many there are; a value from there on is unknown."""


@dataclass(frozen=True, kw_only=True)
class ColorCoding:
    """Every color of a table is a class."""

    colors: Mapping[Color, int]


@dataclass(frozen=True, kw_only=True)
class HisdbCoding:
    """Class bits in blue, boundary in red."""

    codes: Sequence[int] = HISDB_CODES
    """Blue values; the place of a value is its class."""
    boundary: Literal["background", "keep"] = "background"
    """What boundary pixels become: class 0, or what their bits say."""


Coding = IndexCoding | ColorCoding | HisdbCoding


@dataclass(frozen=True, kw_only=True)
class Mask:
    """A decoded mask."""

    classes: UInt8[np.ndarray, "height width"]
    boundary: Bool[np.ndarray, "height width"]
    """Where a boundary was marked, whatever class it was given."""


def decode_mask(content: bytes, coding: Coding) -> Mask:
    """Return the classes in the bytes of a mask file.

    Raises:
        BadPicture: it is no picture (DATA-001, DATA-003, DATA-004), or holds a value that the
            coding does not know (DATA-024, with the first pixel that has it).
    """
    image, _ = load(content)
    if isinstance(coding, IndexCoding):
        classes = _by_index(image, coding)
        return Mask(classes=classes, boundary=np.zeros(classes.shape, bool))
    pixels = np.asarray(image.convert("RGB")).astype(np.int64)
    if isinstance(coding, ColorCoding):
        classes = _by_color(pixels, coding)
        return Mask(classes=classes, boundary=np.zeros(classes.shape, bool))
    return _by_bits(pixels, coding)


def require_size(mask: Mask, *, height: int, width: int) -> None:
    """Raise unless a mask has the size of its picture.

    Raises:
        BadPicture: it has another (DATA-023).
    """
    found = mask.classes.shape
    if found != (height, width):
        raise BadPicture(
            f"the mask has {found[1]}x{found[0]} pixels, its picture {width}x{height}", "DATA-023"
        )


def _by_index(image: Image.Image, coding: IndexCoding) -> UInt8[np.ndarray, "height width"]:
    if image.mode not in ("1", "L", "P", "I", "I;16", "I;16B", "I;16L"):
        raise BadPicture(f"a mask of mode {image.mode!r}; an index mask is grey or has a palette", "DATA-024")
    values = np.asarray(image).astype(np.int64)
    _refuse_unknown(values, (values < 0) | (values >= min(coding.classes, 256)), "class {}")
    return values.astype(np.uint8)


def _by_color(
    pixels: Int64[np.ndarray, "height width 3"], coding: ColorCoding
) -> UInt8[np.ndarray, "height width"]:
    table = {red << 16 | green << 8 | blue: label for (red, green, blue), label in coding.colors.items()}
    return _look_up(_packed(pixels), table, "color #{:06x}")


def _by_bits(pixels: Int64[np.ndarray, "height width 3"], coding: HisdbCoding) -> Mask:
    boundary = pixels[..., 0] == BOUNDARY
    odd = ((pixels[..., 0] != 0) & ~boundary) | (pixels[..., 1] != 0)
    _refuse_unknown(_packed(pixels), odd, "color #{:06x}")
    table = {code: label for label, code in enumerate(coding.codes)}
    classes = _look_up(pixels[..., 2], table, "blue {}")
    if coding.boundary == "background":
        classes[boundary] = 0
    return Mask(classes=classes, boundary=boundary)


def _packed(pixels: Int64[np.ndarray, "height width 3"]) -> Int64[np.ndarray, "height width"]:
    packed: np.ndarray = pixels @ np.array([1 << 16, 1 << 8, 1])
    return packed


def _look_up(
    values: Int64[np.ndarray, "height width"], table: Mapping[int, int], called: str
) -> UInt8[np.ndarray, "height width"]:
    """Replace every value by what `table` says."""
    known = np.array(sorted(table), np.int64)
    places = np.searchsorted(known, values).clip(max=len(known) - 1)
    _refuse_unknown(values, known[places] != values, called)
    classes: np.ndarray = np.array([table[value] for value in known.tolist()], np.uint8)[places]
    return classes


def _refuse_unknown(
    values: Int64[np.ndarray, "height width"], unknown: Bool[np.ndarray, "height width"], called: str
) -> None:
    if unknown.any():
        row, column = divmod(int(unknown.argmax()), unknown.shape[1])
        what = called.format(int(values[row, column]))
        raise BadPicture(
            f"unknown {what}, first at row {row}, column {column}, in {unknown.sum():,} pixels", "DATA-024"
        )
