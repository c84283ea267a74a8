"""Which values a mask stores and in how many pixels each; what they mean is not guessed."""

from __future__ import annotations

import numpy as np

from deepdiva.data.analysis.block import MaskFacts
from deepdiva.data.pictures import BadPicture, load

MOST_VALUES = 256
"""Values of a mask; a picture with more is none, such as one that went through JPEG."""


def look_at_mask(content: bytes) -> MaskFacts:
    """Return what the mask in `content` holds: grey values and places in a palette, else colors.

    Raises:
        BadPicture: it is no picture (DATA-001, DATA-003, DATA-004), or has too many values
            for a mask (DATA-080).
    """
    image, header = load(content)
    if header.grey or header.mode == "P":
        values, counts = np.unique(
            np.asarray(image.convert("L") if image.mode == "LA" else image), return_counts=True
        )
        names = [str(value) for value in values.astype(np.int64).tolist()]
    else:
        pixels = np.asarray(image.convert("RGB")).astype(np.int64) @ np.array([1 << 16, 1 << 8, 1])
        values, counts = np.unique(pixels, return_counts=True)
        names = [f"#{value:06x}" for value in values.tolist()]
    if len(names) > MOST_VALUES:
        raise BadPicture(f"{len(names):,} different values: no mask", "DATA-080")
    found = tuple(zip(names, counts.tolist(), strict=True))
    return MaskFacts(header.height, header.width, header.mode, header.format, found)
