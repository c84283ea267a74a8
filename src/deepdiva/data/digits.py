"""The demo's data: 1,797 real handwritten digits of 8x8 pixels, which come inside scikit-learn.

They are written as PNG class folders, the layout that any data set of pictures can take.
Every byte is ours to decide, so the data set has the same digest on every machine.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from jaxtyping import Int64, UInt8

from deepdiva.data.landing import GottenData, land, refuse_odd_seed
from deepdiva.data.png import encode_png
from deepdiva.data.splits import SPLIT_NAMES
from deepdiva.randomness import SeedPlan, keyed_order


def get_digits(to: Path, *, seed: int = 1) -> GottenData:
    """Write the digits to `to`/digits/{train,val,test}/<digit>/<number>.png, with a footprint.

    Each class is put in an order drawn from `seed`; its first fifth is the test split, the
    second fifth the val split, both rounded down, and the rest the train split.  Grey values
    0 to 16 become 0 to 255 by (255 v + 8) // 16.  The number of a file is the place of the
    digit in scikit-learn's table.

    Raises:
        ConfigError: the seed is not in [0, 2**63) (CFG-004).
        DataError: `to`/digits is there and holds anything else (DATA-048, or see `verify`).
        ResourceError: the folder cannot be written.
    """
    refuse_odd_seed(seed)
    labels, pictures = _load()
    names = dict(_split(labels, seed))

    def write(folder: Path) -> None:
        for index, name in names.items():
            place = folder / name
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(encode_png(pictures[index]))

    digest, made = land(to / "digits", write)
    counts = {split: sum(name.startswith(f"{split}/") for name in names.values()) for split in SPLIT_NAMES}
    return GottenData(
        folder=to / "digits", data_sha256=digest, counts=counts, classes=len(set(labels)), made=made
    )


def _load() -> tuple[Int64[np.ndarray, " samples"], UInt8[np.ndarray, "samples 8 8"]]:
    from sklearn.datasets import load_digits  # the one reader that needs it, half a second to import

    table = load_digits()
    return table.target.astype(np.int64), ((table.images.astype(np.int64) * 255 + 8) // 16).astype(np.uint8)


def _split(labels: Int64[np.ndarray, " samples"], seed: int) -> Iterator[tuple[int, str]]:
    """Yield every sample with its path."""
    plan = SeedPlan(seed)
    for digit in range(10):
        members = np.flatnonzero(labels == digit)
        drawn = members[keyed_order(plan.seed(f"split {digit}"), 0, len(members))]
        fifth = len(members) // 5
        for place, index in enumerate(drawn.tolist()):
            split = "test" if place < fifth else "val" if place < 2 * fifth else "train"
            yield index, f"{split}/{digit}/{index:04d}.png"
