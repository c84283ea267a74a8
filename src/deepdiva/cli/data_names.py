"""The names that `deepdiva data get` knows, each with a line; nothing heavy is imported."""

from __future__ import annotations

from collections.abc import Mapping

PICTURES: Mapping[str, str] = {
    "mnist": "70,000 handwritten digits, 28x28, grey, 10 classes",
    "fashion-mnist": "70,000 pictures of clothes, 28x28, grey, 10 classes",
    "cifar10": "60,000 photographs, 32x32, color, 10 classes",
    "cifar100": "60,000 photographs, 32x32, color, 100 classes",
    "svhn": "99,289 digits of house numbers, 32x32, color, 10 classes; 531,131 more with --extra",
    "stl10": "13,000 photographs, 96x96, color, 10 classes (the labelled part)",
}
DIGITS: Mapping[str, str] = {"digits": "1,797 handwritten digits, 8x8, grey, 10 classes; no network needed"}
SHAPES: Mapping[str, str] = {
    "diagonal": "points above and below the diagonal of the square",
    "circle": "points inside and outside of a circle",
    "donut": "points inside and outside of a ring",
    "stripes": "points in upright stripes of two classes",
    "spiral": "points on two spiral arms",
    "spiral-multi": "points on four spiral arms, 4 classes",
    "xor": "points in opposite quarters of the square",
    "flag": "points in three upright stripes, 3 classes",
}
NAMES: Mapping[str, str] = {**DIGITS, **PICTURES, **SHAPES}
