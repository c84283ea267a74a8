"""Eight pictures in the plane to learn on: points with two coordinates and a class.

`train.csv`, `val.csv` and `test.csv` have the columns x, y and label.  Coordinates lie in
[0, 1] and have six decimals; the rules below hold for the numbers as they are written.
Points of each class are spread evenly over its region, and there are equally many of each
class.  A fifth of each class is val and another test, both rounded down.

    diagonal      1 above the diagonal: y > x
    circle        1 inside the circle of radius 0.4 around the middle, half of the square
    donut         1 in the ring from radius 0.2 to 0.45 around the middle
    stripes       six upright stripes, by turns 0 and 1
    xor           1 where exactly one of x and y is over one half
    flag          three upright stripes, three classes
    spiral        two arms of one and a half turns, two classes
    spiral-multi  four arms of three quarters of a turn, four classes

Arm a of m: at t in [0, 1) the arm is at angle 2 pi (turns t + a / m) and radius
0.05 + 0.42 t from the middle; its points lie up to 0.015 beside it in x and in y.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float64, Int64

from deepdiva.data.get.about import write_about
from deepdiva.data.landing import GottenData, land, refuse_odd_seed
from deepdiva.data.splits import SPLIT_NAMES, SplitName
from deepdiva.errors import ConfigError
from deepdiva.randomness import SeedPlan, keyed_order, keyed_uniform

DECIMALS = 6
LARGEST = 1_000_000
"""Points of `size`."""
_BLOCK = 4096
"""Points drawn at once; part of what a seed means."""

Draws = Float64[np.ndarray, "points 3"]
Points = Float64[np.ndarray, "points 2"]
Labels = Int64[np.ndarray, " points"]


@dataclass(frozen=True)
class Shape:
    """How points of a shape are drawn."""

    classes: int
    points: Callable[[Draws], tuple[Points, Labels]]
    """From three numbers in [0, 1) for each point to points and labels; -1 is on a border, and left out."""
    times: int = 1
    """How many points there are for each of `size`, as in the original DeepDIVA."""


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


# -- The rules ----------------------------------------------------------------------------


def _region(rule: Callable[[Points], Labels]) -> Callable[[Draws], tuple[Points, Labels]]:
    """Return how points are spread over the square and labelled by `rule`."""

    def points_of(draws: Draws) -> tuple[Points, Labels]:
        points = np.round(draws[:, :2], DECIMALS)
        return points, rule(points)

    return points_of


def _diagonal(points: Points) -> Labels:
    x, y = points.T
    return np.where(x == y, -1, (y > x).astype(np.int64))


def _circle(points: Points) -> Labels:
    return (_from_middle(points) < 0.16).astype(np.int64)


def _donut(points: Points) -> Labels:
    squared = _from_middle(points)
    return np.where((squared >= 0.04) & (squared < 0.2025), 1, 0)


def _stripes(points: Points) -> Labels:
    return _column(points, 6) % 2


def _xor(points: Points) -> Labels:
    return np.where((points[:, 0] > 0.5) != (points[:, 1] > 0.5), 1, 0)


def _flag(points: Points) -> Labels:
    return _column(points, 3)


def _column(points: Points, columns: int) -> Labels:
    """Return in which of so many upright stripes of equal width each point lies."""
    number: np.ndarray = np.minimum(np.floor(points[:, 0] * columns), columns - 1).astype(np.int64)
    return number


def _from_middle(points: Points) -> Float64[np.ndarray, " points"]:
    """Return the squared distance; no root, so that all machines agree on every bit."""
    squared: np.ndarray = (points[:, 0] - 0.5) ** 2 + (points[:, 1] - 0.5) ** 2
    return squared


def _arms(arms: int, turns: float) -> Callable[[Draws], tuple[Points, Labels]]:
    def points_of(draws: Draws) -> tuple[Points, Labels]:
        labels = np.arange(len(draws)) % arms
        t = draws[:, 0]
        angle = 2 * np.pi * (turns * t + labels / arms)
        ways = np.stack([np.cos(angle), np.sin(angle)], axis=1)
        points = 0.5 + (0.05 + 0.42 * t)[:, None] * ways + 0.03 * (draws[:, 1:] - 0.5)
        return np.round(points, DECIMALS), labels  # rounded: the last bits of cos and sin are no law

    return points_of


SHAPES: Mapping[str, Shape] = {
    "diagonal": Shape(2, _region(_diagonal)),
    "circle": Shape(2, _region(_circle)),
    "donut": Shape(2, _region(_donut)),
    "stripes": Shape(2, _region(_stripes)),
    "spiral": Shape(2, _arms(2, 1.5), times=2),
    "spiral-multi": Shape(4, _arms(4, 0.75), times=4),
    "xor": Shape(2, _region(_xor)),
    "flag": Shape(3, _region(_flag)),
}
