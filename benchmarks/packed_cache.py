"""The packed cache beside `torchvision.datasets.ImageFolder`: 10,000 digits of 28x28 as PNGs, fed once.

Both sides feed the same files in an order of chance, in turn, as often as `--rounds` says, from
the system's memory; the figure of a side is its best round, that of `ImageFolder` in a
`DataLoader` with the best number of workers.  Nobody trains.

- first epoch: theirs lists the folder and decodes; ours compares it with its footprint, decodes,
  writes the pack, reads it back and checks it;
- later epochs: theirs decodes again (with workers that stay); ours copies from the pack and
  makes floats of the bytes, as `ToTensor` does.

    python benchmarks/packed_cache.py [--quick]

Writes benchmarks/results/packed_cache.json and packed_cache.md; exits with 1 if a goal is missed.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from torch.utils.data import DataLoader
from torchvision.datasets import ImageFolder
from torchvision.transforms import ToTensor

import make_data
from bare_loop import BATCH
from data_room import RESULTS, Row, publish
from deepdiva.data import ImageSplit, read_class_folders
from deepdiva.data.batching import batches
from deepdiva.provenance import verify
from deepdiva.randomness import SeedPlan

WORKERS = (0, 1, 2)
QUICK = 20
"""Pictures of each class."""
LATER = 3
"""Epochs after the first one, in every round."""


def main(words: list[str] | None = None) -> int:
    """Measure, write, print; return the exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help=f"{QUICK} pictures of each class")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--results", type=Path, default=RESULTS)
    typed = parser.parse_args(words)
    with tempfile.TemporaryDirectory() as place:
        pictures = make_data.write(Path(place) / "set") / "pictures"
        if typed.quick:
            keep_some(pictures / "train")
        rows = measure(pictures, Path(place) / "state", rounds=typed.rounds)
    publish(rows, typed.results, "packed_cache")
    return 0 if all(row.reached for row in rows) else 1


def keep_some(train: Path) -> None:
    """Leave the first pictures of each class."""
    for folder in train.iterdir():
        for picture in sorted(folder.iterdir())[QUICK:]:
            picture.unlink()


def measure(pictures: Path, state: Path, *, rounds: int) -> list[Row]:
    """Return the rows of first and later epochs; packs are made in `state`, anew in every round."""
    os.environ["DEEPDIVA_HOME"] = str(state)
    verify(pictures)  # takes the footprint, whose speed is a benchmark of its own
    count = sum(1 for _ in (pictures / "train").glob("*/*.png"))
    theirs: dict[int, tuple[list[float], list[float]]] = {workers: ([], []) for workers in WORKERS}
    ours: tuple[list[float], list[float]] = ([], [])
    for _ in range(rounds):
        for workers, seconds in theirs.items():
            _note(seconds, by_image_folder(pictures, workers))
        shutil.rmtree(state / "cache", ignore_errors=True)
        _note(ours, by_pack(pictures))
    rows = []
    for which, what, goal in ((0, f"first epoch, {count:,} pictures", "<= 1"), (1, "later epochs", ">= 20")):
        best = min(WORKERS, key=lambda workers: min(theirs[workers][which]))
        reference = f"ImageFolder, {best or 'no'} workers"
        rows.append(Row(what, reference, theirs[best][which], ours[which], goal))
    return rows


def _note(seconds: tuple[list[float], list[float]], epochs: list[float]) -> None:
    seconds[0].append(epochs[0])
    seconds[1].extend(epochs[1:])


def by_image_folder(pictures: Path, workers: int) -> list[float]:
    """Return the seconds of each epoch, the first with all that comes before it."""
    since = time.perf_counter()
    pictures_read = ImageFolder(str(pictures / "train"), ToTensor())
    loader: DataLoader[Any] = DataLoader(
        pictures_read,
        batch_size=BATCH,
        shuffle=True,
        num_workers=workers,
        persistent_workers=workers > 0,
    )
    seconds = []
    for _ in range(1 + LATER):
        samples = sum(len(labels) for _, labels in loader)
        seconds.append(time.perf_counter() - since)
        _all_came(samples, len(pictures_read))
        since = time.perf_counter()
    return seconds


def by_pack(pictures: Path) -> list[float]:
    """Return the seconds of each epoch, the first with all that comes before it."""
    since = time.perf_counter()
    train = read_class_folders(verify(pictures), seeds=SeedPlan(root=1)).splits.train
    seconds = []
    for epoch in range(1, 2 + LATER):
        samples = _feed(train, epoch)
        seconds.append(time.perf_counter() - since)
        _all_came(samples, len(train))
        since = time.perf_counter()
    return seconds


def _feed(train: ImageSplit, epoch: int) -> int:
    order = np.random.default_rng(epoch).permutation(len(train))
    samples = 0
    for fed in batches(train, order, batch_size=BATCH, epoch=epoch):
        images = fed.batch.images.permute(0, 3, 1, 2).float().div(255)  # what ToTensor gives
        samples += len(images)
    return samples


def _all_came(samples: int, expected: int) -> None:
    if samples != expected:
        raise RuntimeError(f"{samples} of {expected} samples came")


if __name__ == "__main__":
    sys.exit(main())
