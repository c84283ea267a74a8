"""Real pictures in class folders, and copies of them planted in other splits."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageOps

Plant = tuple[Callable[[Image.Image], Image.Image], str, dict[str, Any]]
"""What is done to a picture, the suffix of the file, and how it is saved."""

BILINEAR, BICUBIC = Image.Resampling.BILINEAR, Image.Resampling.BICUBIC


def resize(by: float, filtering: Image.Resampling) -> Callable[[Image.Image], Image.Image]:
    return lambda image: image.resize((round(image.width * by), round(image.height * by)), filtering)


def crop(image: Image.Image) -> Image.Image:
    """Cut 4 % off each edge, at least a pixel, and bring it back to its size."""
    cut = max(1, round(0.04 * image.width))
    return image.crop((cut, cut, image.width - cut, image.height - cut)).resize(image.size, BILINEAR)


SAME: Plant = (lambda image: image, ".bmp", {})
PLANTS: dict[str, Plant] = {
    "another format": SAME,
    "jpeg": (lambda image: image, ".jpg", {"quality": 80}),
    "mirrored left-right": (ImageOps.mirror, ".png", {}),
    "mirrored up-down": (ImageOps.flip, ".png", {}),
    "mirrored and jpeg": (ImageOps.mirror, ".jpg", {"quality": 85}),
    "twice the size": (resize(2, BILINEAR), ".png", {}),
    "half as large again": (resize(1.5, BICUBIC), ".png", {}),
    "three quarters": (resize(0.75, BILINEAR), ".png", {}),
    "brighter": (lambda image: image.point(lambda value: min(255, int(1.1 * value + 8))), ".png", {}),
}


def write_splits(root: Path, pictures: list[np.ndarray] | np.ndarray) -> Path:
    """Write three fifths to train, the others to val and test, two classes, and return `root`."""
    splits = ("train", "train", "val", "train", "test")
    for number, pixels in enumerate(pictures):
        folder = root / splits[number % 5] / "ab"[number % 2]
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(folder / f"{number:04d}.png")
    return root


def plant(root: Path, plants: dict[str, Plant], first: int = 0, each: int = 1) -> dict[tuple[str, str], str]:
    """Put altered copies of train pictures into test; return which is made from which, and how."""
    sources = iter(sorted((root / "train").glob("*/*.png"))[first::3])
    made: dict[tuple[str, str], str] = {}
    for how, (change, suffix, saving) in plants.items():
        for number in range(each):
            source = next(sources)
            place = root / "test" / source.parent.name / f"planted-{len(made)}-{number}{suffix}"
            change(Image.open(source)).save(place, **saving)
            made[source.relative_to(root).as_posix(), place.relative_to(root).as_posix()] = how
    return made
