"""Eight pictures in the plane to learn on: points with two coordinates and a class.

Coordinates lie in [0, 1] and have six decimals; the rules hold for the numbers as written.
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

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64, Int64

DECIMALS = 6

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
