"""Write a 2-D shape as tables: `train.csv`, `val.csv` and `test.csv` with the columns x, y and label."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from deepdiva.data.get.about import write_about
from deepdiva.data.get.shape_rules import SHAPES, Labels, Points, Shape
from deepdiva.data.landing import GottenData, land, refuse_odd_seed
from deepdiva.data.splits import SPLIT_NAMES, SplitName
from deepdiva.errors import ConfigError
from deepdiva.randomness import SeedPlan, keyed_order, keyed_uniform

LARGEST = 1_000_000
"""Points of `size`."""
_BLOCK = 4096
"""Points drawn at once; part of what a seed means."""


def get_shape(name: str, to: Path, *, size: int = 100, seed: int = 1) -> GottenData:
    """Write the shape called `name`, with a footprint, to `to`/`name`.

    Args:
        name: A key of `SHAPES`.
        to: Folder in which the data set gets its own.
        size: Number of points; spiral has twice, spiral-multi four times as many.
        seed: Where the points lie and how they are split.

    Raises:
        ConfigError: the seed (CFG-004) or the size (CFG-003) cannot be.
        DataError: `to`/`name` is there and holds anything else (DATA-048, or see `verify`).
        ResourceError: the folder cannot be written.
    """
    refuse_odd_seed(seed)
    shape = SHAPES[name]
    _refuse_odd_size(size, shape)
    splits = dict(draw_shape(name, size=size, seed=seed))
    counts = {split: len(labels) for split, (_, labels) in splits.items()}

    def write(folder: Path) -> None:
        for split, (points, labels) in splits.items():
            (folder / f"{split}.csv").write_bytes(_table(points, labels))
        write_about(folder, {"name": name, "size": size, "seed": seed}, {"samples": counts})

    digest, made = land(to / name, write)
    return GottenData(
        folder=to / name,
        data_sha256=digest,
        counts=counts,
        classes=shape.classes,
        made=made,
        facts={"size": size},
    )


def draw_shape(name: str, *, size: int, seed: int) -> Iterator[tuple[SplitName, tuple[Points, Labels]]]:
    """Yield the points and labels of each split, in the order in which they were drawn."""
    shape, plan = SHAPES[name], SeedPlan(seed)
    points, labels = _balanced(shape, size * shape.times, plan.seed(f"shape {name}"))
    parts = np.empty(len(labels), object)
    for label in range(shape.classes):
        members = np.flatnonzero(labels == label)
        drawn = members[keyed_order(plan.seed(f"split {name} {label}"), 0, len(members))]
        fifth = len(members) // 5
        parts[drawn] = "train"
        parts[drawn[:fifth]], parts[drawn[fifth : 2 * fifth]] = "test", "val"
    for split in SPLIT_NAMES:
        yield split, (points[parts == split], labels[parts == split])


def _balanced(shape: Shape, total: int, seed: int) -> tuple[Points, Labels]:
    """Draw until every class has its share; the first classes get what cannot be shared evenly."""
    left = np.array(
        [total // shape.classes + (label < total % shape.classes) for label in range(shape.classes)]
    )
    kept: list[tuple[Points, Labels]] = []
    for block in range(2**31):
        draws = keyed_uniform(seed, block, np.arange(_BLOCK, dtype=np.uint64), 3)
        points, labels = shape.points(draws)
        taken = np.zeros(len(labels), np.bool_)
        for label in range(shape.classes):
            members = np.flatnonzero(labels == label)[: left[label]]
            taken[members] = True
            left[label] -= len(members)
        kept.append((points[taken], labels[taken]))
        if not left.any():
            break
    return np.concatenate([points for points, _ in kept]), np.concatenate([labels for _, labels in kept])


def _table(points: Points, labels: Labels) -> bytes:
    text = io.StringIO(newline="")
    table = csv.writer(text, lineterminator="\n")
    table.writerow(["x", "y", "label"])
    table.writerows(
        [repr(x), repr(y), label] for (x, y), label in zip(points.tolist(), labels.tolist(), strict=True)
    )
    return text.getvalue().encode()


def _refuse_odd_size(size: int, shape: Shape) -> None:
    least = 5 * shape.classes // shape.times
    if not least <= size <= LARGEST:
        raise ConfigError(
            f"size = {size}",
            expected=f"{least} to {LARGEST:,} points: five of each class, so that each split has one",
            remedy="choose another --size",
            code="CFG-003",
        )
