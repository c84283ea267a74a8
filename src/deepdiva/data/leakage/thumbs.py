"""All pictures of a data set as small grey ones of one size, to be compared.

They come from the pack that training reads where that is small enough; else a pack of small
grey pictures is made, once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, Int64

from deepdiva.data.decode import Inventory
from deepdiva.data.images import Pixels
from deepdiva.data.leakage.resampling import shrinking
from deepdiva.data.pack import open_pictures
from deepdiva.data.picture_shape import Wish
from deepdiva.data.pictures import BadPicture, read_header
from deepdiva.errors import DataError
from deepdiva.provenance import VerifiedData
from deepdiva.provenance.contents import Contents

SIDE = 48
"""Pixels; no side is compared at more."""
GREY = np.array([0.299, 0.587, 0.114], np.float32)
"""Weights of red, green, blue: ITU-R BT.601."""

Grey = Float32[np.ndarray, "pairs height width"]


@dataclass(frozen=True)
class Thumbs:
    """Small grey pictures, values 0 to 255, read when they are asked for."""

    pixels: Pixels
    inventory: Inventory
    names: Sequence[str]

    @property
    def height(self) -> int:
        """Pixels."""
        return min(SIDE, self.inventory.shape.height)

    @property
    def width(self) -> int:
        """Pixels."""
        return min(SIDE, self.inventory.shape.width)

    def read(self, rows: Int64[np.ndarray, " pictures"]) -> Grey:
        """Return the pictures at `rows`."""
        block = self.pixels.read(rows)
        grey = block[..., 0].astype(np.float32) if block.shape[-1] == 1 else block @ GREY
        _, height, width = grey.shape
        if (height, width) == (self.height, self.width):
            return grey
        small: Grey = shrinking(height, self.height) @ grey @ shrinking(width, self.width).T
        return small

    def good(self) -> Int64[np.ndarray, " pictures"]:
        """Return the rows of all pictures that could be decoded."""
        bad = self.inventory.bad
        return np.array([row for row, name in enumerate(self.names) if name not in bad], np.int64)


def open_thumbs(files: VerifiedData, names: Sequence[str], *, train: int) -> Thumbs:
    """Return the pictures called `names`; bad ones are left out.

    Args:
        files: The verified data set.
        names: Paths below its root.
        train: So many of the first names are the train split.

    Raises:
        DataError: no picture is good (DATA-001), or one changed after it was verified (DATA-042).
    """
    wish = _wish(Contents(files), names)
    try:
        pixels, inventory = open_pictures(files, names, train=train or len(names), wish=wish)
    except DataError as error:
        if error.code not in ("DATA-001", "DATA-003", "DATA-004"):
            raise
        lenient = Wish(**(vars(wish) | {"allow_bad": len(names)}))
        pixels, inventory = open_pictures(files, names, train=train or len(names), wish=lenient)
    return Thumbs(pixels, inventory, names)


def _wish(contents: Contents, names: Sequence[str]) -> Wish:
    """Return what training wishes by default where pictures are small: then there is one pack for both."""
    for name in names:
        try:
            header = read_header(contents.read(name))
        except BadPicture:
            continue
        if max(header.height, header.width) <= SIDE:
            return Wish()
        break
    return Wish(height=SIDE, width=SIDE, channels=1)
