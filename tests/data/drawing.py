"""Small pictures and data sets for the tests of this room and of others."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from PIL import Image


def noise(height: int = 8, width: int = 8, channels: int = 1, seed: int = 0) -> np.ndarray:
    """Return random pixels; one channel has no axis of its own, as Pillow likes it."""
    shape = (height, width) if channels == 1 else (height, width, channels)
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


def encoded(image: Image.Image | np.ndarray, kind: str = "PNG", **how: object) -> bytes:
    """Return the bytes of a picture file."""
    picture = image if isinstance(image, Image.Image) else Image.fromarray(image)
    stream = io.BytesIO()
    picture.save(stream, kind, **how)
    return stream.getvalue()


def draw_class_folders(
    root: Path,
    *,
    classes: tuple[str, ...] = ("cat", "dog"),
    counts: tuple[int, int, int] = (4, 2, 2),
    height: int = 8,
    width: int = 8,
    channels: int = 1,
) -> Path:
    """Write train, val and test with so many random pictures of each class, and return `root`."""
    seed = 0
    for split, count in zip(("train", "val", "test"), counts, strict=True):
        for name in classes:
            folder = root / split / name
            folder.mkdir(parents=True)
            for number in range(count):
                seed += 1
                pixels = noise(height, width, channels, seed)
                (folder / f"{number}.png").write_bytes(encoded(pixels))
    return root
