"""Which size and color the pictures of a data set get, by what was wished and what their files say."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from deepdiva.data.pictures import Header

LARGEST_MEDIAN = 256
"""Pixels; where pictures differ in size and nobody chose one, no side becomes longer."""
_SAME_WHEN_DECODED = ("PNG", "JPEG", "BMP", "PPM", "WEBP")
"""Formats whose decoders change nothing of what the file said at first, unless a picture is turned."""


@dataclass(frozen=True, kw_only=True)
class Wish:
    """How pictures are asked for; None leaves it to the train split."""

    height: int | None = None
    width: int | None = None
    channels: int | None = None
    """1 for grey, 3 for color."""
    allow_bad: int = 0
    """So many bad files are left out instead of refused."""


@dataclass(frozen=True, kw_only=True)
class Shape:
    """What every picture becomes."""

    height: int
    width: int
    channels: int

    @property
    def size(self) -> int:
        """Bytes of a picture."""
        return self.height * self.width * self.channels


def shape_of(headers: Sequence[Header], wish: Wish) -> Shape:
    """Return what the pictures with `headers`, at least one, become.

    Sizes are kept where all are equal, else they become the median, at most 256.  Pictures
    stay grey where all are.
    """
    return Shape(
        height=wish.height or _side([header.height for header in headers]),
        width=wish.width or _side([header.width for header in headers]),
        channels=wish.channels or (1 if all(header.grey for header in headers) else 3),
    )


def _side(sides: list[int]) -> int:
    return sides[0] if len(set(sides)) == 1 else min(statistics.median_low(sides), LARGEST_MEDIAN)


def is_surely(shape: Shape, decoded: Header) -> bool:
    """Tell whether a picture that was decoded has `shape` already, so that it cannot speak against it."""
    same = (decoded.height, decoded.width) == (shape.height, shape.width)
    sure = decoded.format in _SAME_WHEN_DECODED and not decoded.turned
    return same and sure and (decoded.grey or shape.channels == 3)
