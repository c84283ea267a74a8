"""Pictures sorted into one folder per class, the layout most image sets can take.

    ROOT/train/<class>/<picture>
    ROOT/val/<class>/<picture>
    ROOT/test/<class>/<picture>

Folders below a class are part of it.  Hidden files are no samples; files that lie beside
the three folders (a README, a table) are none either, but belong to the footprint.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from deepdiva.data.augment import Augment
from deepdiva.data.decode import Inventory
from deepdiva.data.images import ImageSplit
from deepdiva.data.layout import class_of, classes_of, list_samples
from deepdiva.data.normalize import Normalization, normalization_of
from deepdiva.data.pack import open_pictures
from deepdiva.data.picture_shape import Wish
from deepdiva.data.splits import SPLIT_NAMES, SplitName, Splits
from deepdiva.provenance import VerifiedData
from deepdiva.provenance.tree import printable
from deepdiva.randomness import SeedPlan, identity


@dataclass(frozen=True, kw_only=True)
class ClassFolders:
    """A data set of labelled pictures, ready for training."""

    splits: Splits[ImageSplit]
    class_names: tuple[str, ...]
    """Name of each label; the folders of the train split in sorted order."""
    normalization: Normalization
    """Of the train split."""
    height: int
    width: int
    channels: int
    facts: Mapping[str, Any]
    """What was done to the pictures, as a run records it; plain values."""
    notices: tuple[str, ...]
    """What a person should know although it stops nothing."""


def read_class_folders(
    files: VerifiedData,
    *,
    seeds: SeedPlan,
    height: int | None = None,
    width: int | None = None,
    channels: int | None = None,
    augment: Augment | None = None,
    allow_bad: int = 0,
    limit_bytes: int | None = None,
) -> ClassFolders:
    """Read a data set in class folders: check its layout, decode all pictures once, map them.

    Args:
        files: The verified data set.
        seeds: Where the draws of augmentation come from.
        height: Pixels; None keeps the size that all train pictures share, else takes the
            median of the train split, at most 256.
        width: As `height`.
        channels: 1 for grey, 3 for color; None stays grey where all train pictures are.
        augment: Changes of the train pictures from epoch 1 on.
        allow_bad: So many bad files are left out, and recorded, instead of refused.
        limit_bytes: See `pack.open_pictures`.

    Raises:
        DataError: another layout (DATA-015), empty class folders (DATA-010), classes that the
            train split lacks (DATA-011), a single class (DATA-012), or bad pictures, all of
            them named (DATA-001, DATA-003, DATA-004).
        ResourceError: the cache cannot be written.
    """
    samples = list_samples(files)
    names = [name for split in SPLIT_NAMES for name in samples[split]]
    class_names = tuple(classes_of(samples["train"]))
    wish = Wish(height=height, width=width, channels=channels, allow_bad=allow_bad)
    pixels, inventory = open_pictures(
        files, names, train=len(samples["train"]), wish=wish, limit_bytes=limit_bytes
    )
    rows = {name: row for row, name in enumerate(names)}
    numbers = {name: number for number, name in enumerate(class_names)}

    def split(part: SplitName) -> ImageSplit:
        kept = tuple(name for name in samples[part] if name not in inventory.bad)
        return ImageSplit(
            names=kept,
            identities=np.array([identity(name) for name in kept], np.uint64),
            labels=np.array([numbers[class_of(name)] for name in kept], np.int64),
            classes=len(class_names),
            pixels=pixels,
            rows=np.array([rows[name] for name in kept], np.int64),
            augment=augment if part == "train" else None,
            seed=seeds.seed("augment"),
        )

    splits = Splits(train=split("train"), val=split("val"), test=split("test"))
    return ClassFolders(
        splits=splits,
        class_names=class_names,
        normalization=normalization_of(inventory.histograms.tolist()),
        height=inventory.shape.height,
        width=inventory.shape.width,
        channels=inventory.shape.channels,
        facts=_facts(inventory, splits),
        notices=_notices(splits, class_names, inventory),
    )


def _facts(inventory: Inventory, splits: Splits[ImageSplit]) -> dict[str, Any]:
    return {
        "shape": asdict(inventory.shape),
        "counts": dict(sorted(inventory.counts.items())),
        "left_out": dict(sorted(inventory.bad.items())),
        "decoder": dict(inventory.decoder),
        "samples": {split: len(getattr(splits, split)) for split in SPLIT_NAMES},
    }


def _notices(splits: Splits[ImageSplit], class_names: Sequence[str], inventory: Inventory) -> tuple[str, ...]:
    notices = []
    for split in ("val", "test"):
        missing = [
            class_names[label]
            for label in np.flatnonzero(getattr(splits, split).class_counts() == 0).tolist()
        ]
        if missing:
            shown = ", ".join(printable(name) for name in missing[:10])
            notices.append(f"{split} has no sample of {len(missing)} classes that train has: {shown}")
    if inventory.bad:
        notices.append(
            f"{len(inventory.bad)} bad files are left out: {printable(next(iter(inventory.bad)))}, ..."
        )
    return tuple(notices)
