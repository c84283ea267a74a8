"""What cutting and resizing do to a line of pixels, as matrices: many pictures are tried at once."""

from __future__ import annotations

from functools import cache

import numpy as np
from jaxtyping import Float32
from PIL import Image

FILTERS = tuple(Image.Resampling[name] for name in ("NEAREST", "BOX", "BILINEAR", "BICUBIC", "LANCZOS"))
"""Pillow's; whoever resized a picture used one of them, or one that does much the same."""

Matrix = Float32[np.ndarray, "_ _"]


@cache
def through(size: int, between: int, filtering: Image.Resampling) -> Matrix:
    """Return what resizing a line of `size` pixels to `between` and back does to it.

    Back it comes by Pillow's bilinear filter, as `pictures.decode` brings every picture to one size.
    """
    return _resized(_resized(np.eye(size, dtype=np.float32), between, filtering), size)


@cache
def cut(size: int, before: int, after: int) -> Matrix:
    """Return what cutting halves of pixels off a line of `size` does to it, once it has its size again.

    Args:
        size: Pixels.
        before: Half pixels that are cut off at the beginning.
        after: Half pixels that are cut off at the end.
    """
    return _resized(np.eye(size, dtype=np.float32), size, box=(before / 2, size - after / 2))


def shrinking(size: int, to: int) -> Matrix:
    """Return the means over `to` equal parts of a line."""
    return _resized(np.eye(size, dtype=np.float32), to, Image.Resampling.BOX)


@cache
def coarse_waves(size: int, count: int) -> Matrix:
    """Return the projection of a line onto its `count` slowest cosine waves (DCT-II)."""
    place = (np.arange(size) + 0.5) / size
    waves = np.cos(np.pi * np.arange(min(count, size))[:, None] * place)
    waves /= np.linalg.norm(waves, axis=1, keepdims=True)
    projection: np.ndarray = (waves.T @ waves).astype(np.float32)
    return projection


@cache
def surroundings(size: int, reach: int) -> Matrix:
    """Return the means over `reach` pixels on both sides of each one of a line; at its ends over fewer."""
    places = np.arange(size)
    near = (abs(places[:, None] - places) <= reach).astype(np.float32)
    means: np.ndarray = near / near.sum(axis=1, keepdims=True)
    return means


def _resized(
    lines: np.ndarray,
    to: int,
    filtering: Image.Resampling = Image.Resampling.BILINEAR,
    box: tuple[float, float] | None = None,
) -> np.ndarray:
    """Resize the rows of `lines`; Pillow works along both axes for itself, so columns stay as they are."""
    rows, columns = lines.shape
    start, stop = box or (0, rows)
    image = Image.fromarray(np.ascontiguousarray(lines))
    return np.asarray(image.resize((columns, to), filtering, box=(0, start, columns, stop)))
