"""How much of a picture is left unexplained by another one, after undoing what may have been done to it.

The residual of two pictures is 1 - r, with r the correlation of their grey values, so that
brightness and contrast do not count.  It is taken twice: of the whole pictures, which strong edges
rule, and of their detail, in which a faint texture counts as much as an edge: each pixel less
the mean of the 5 x 5 around it, over their standard deviation plus 2 grey values of noise.
A picture of which less than 3 % of the variance is left without the 4 x 4 slowest waves (DCT) and the
means of its rows and columns is plain: an edge, a shade, a sky.  It has no detail; a picture of less
than 16 pixels is all detail.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float32, Int64

from deepdiva.data.leakage.resampling import FILTERS, Matrix, coarse_waves, cut, surroundings, through
from deepdiva.data.leakage.thumbs import Grey

AROUND = 2
"""Pixels on each side of one that are its surroundings."""
SMALLEST = 16
"""Pixels of the shorter side; a smaller picture is all detail."""
NOISE = 2
"""Grey values (0 to 255) that say nothing."""
WAVES, PLAIN = 4, 0.03
"""Slowest waves along each side; part of the variance that must be left without them."""
MOST_CUT = 0.1
"""Of a side, the most that is cut off at each end."""
STEPS = (4, 2, 1)
"""Half pixels by which a cut is moved while the best is looked for."""

Residual = Float32[np.ndarray, " pairs"]
Vectors = Float32[np.ndarray, "pairs pixels"]


class Fit(NamedTuple):
    """What is left of each pair at its best alignment."""

    whole: Residual
    detail: Residual


def residuals(a: Grey, b: Grey) -> Fit:
    """Return what is left of each pair as it lies there; 1 where one of two shows nothing, or no detail."""
    whole = _residual(_vectors(a), _vectors(b))
    if min(a.shape[1:]) < SMALLEST:
        return Fit(whole, whole)
    left = _residual(_vectors(detail(a)), _vectors(detail(b)))
    left[_plain(a) | _plain(b)] = 1
    return Fit(whole, left)


def unexplained(a: Grey, b: Grey, turns: Sequence[tuple[slice, slice]]) -> Float32[np.ndarray, "turns pairs"]:
    """Return what is left of each pair as a whole, for each way of reading the rows and columns of `b`."""
    shape = b.shape
    vectors, others = _vectors(a).reshape(shape), _vectors(b).reshape(shape)
    products = [np.einsum("ijk,ijk->i", vectors, others[:, down, across]) for down, across in turns]
    left: np.ndarray = np.float32(1) - np.stack(products)
    return left


def detail(grey: Grey) -> Grey:
    """Return each pixel less the mean of its surroundings, over how much it varies there."""
    _, height, width = grey.shape
    down, across = surroundings(height, AROUND), surroundings(width, AROUND)
    fine = grey - _along(grey, down, across)
    varied: np.ndarray = np.sqrt(np.maximum(_along(fine * fine, down, across), 0))
    even: np.ndarray = fine / (varied + NOISE)
    return even


def _plain(grey: Grey) -> Bool[np.ndarray, " pairs"]:
    """Tell which pictures are little more than slow waves and straight lines along their sides."""
    _, height, width = grey.shape
    rest = grey - _along(grey, coarse_waves(height, WAVES), coarse_waves(width, WAVES))
    rest = rest - rest.mean(axis=1, keepdims=True) - rest.mean(axis=2, keepdims=True)
    plain: np.ndarray = rest.var(axis=(1, 2)) < PLAIN * grey.var(axis=(1, 2))
    return plain


def resized(a: Grey, b: Grey, sizes: Iterable[tuple[int, int]]) -> Fit:
    """Return what is left where one of two went through another size, by any of Pillow's filters.

    Args:
        a: One side of all pairs.
        b: The other side.
        sizes: Heights and widths that they may have had.
    """
    best = _Best(a, b)
    for height, width in sizes:
        for filtering in FILTERS:
            down = through(a.shape[1], height, filtering)
            across = through(a.shape[2], width, filtering)
            best.try_instead(_along(a, down, across), b)
            best.try_instead(a, _along(b, down, across))
    return best.fit()


def cropped(a: Grey, b: Grey) -> Fit:
    """Return what is left where one of two lost up to a tenth at each edge and was brought to its size."""
    best = _Best(a, b)
    best.try_instead(_cut_best(a, b), b)
    best.try_instead(a, _cut_best(b, a))
    return best.fit()


class _Best:
    """The alignment of each pair that leaves least, so far."""

    def __init__(self, a: Grey, b: Grey) -> None:
        self._a, self._b = a.copy(), b.copy()
        self._plain = {id(a): _vectors(a), id(b): _vectors(b)}
        self._left = _residual(self._plain[id(a)], self._plain[id(b)])

    def try_instead(self, a: Grey, b: Grey) -> None:
        """Take these pictures for the pairs of which they leave less."""
        vectors = [self._plain.get(id(side)) for side in (a, b)]
        one, other = (
            _vectors(side) if known is None else known for side, known in zip((a, b), vectors, strict=True)
        )
        left = _residual(one, other)
        better = left < self._left
        self._left[better], self._a[better], self._b[better] = left[better], a[better], b[better]

    def fit(self) -> Fit:
        """Return what is left."""
        return residuals(self._a, self._b)


def _vectors(grey: Grey) -> Vectors:
    """Return pictures with mean 0 and length 1; zeros where they show less than 0.01 of a grey value."""
    raw = grey.reshape(len(grey), grey.shape[1] * grey.shape[2])
    flat: np.ndarray = raw - raw.mean(axis=1, keepdims=True)
    lengths = np.sqrt(np.einsum("ij,ij->i", flat, flat))
    by = np.where(lengths < 0.01 * flat.shape[1] ** 0.5, 0, 1 / np.maximum(lengths, 1e-6))
    flat *= by[:, None].astype(np.float32)
    return flat


def _residual(a: Vectors, b: Vectors) -> Residual:
    left: np.ndarray = 1 - np.einsum("ij,ij->i", a, b)
    return left


def _along(grey: Grey, down: Matrix, across: Matrix) -> Grey:
    """Return `down @ picture @ across.T` of each picture, in two products of everything."""
    count, height, width = grey.shape
    half = (grey.reshape(-1, width) @ across.T).reshape(count, height, width)
    turned = np.ascontiguousarray(half.transpose(0, 2, 1)).reshape(-1, height) @ down.T
    done: np.ndarray = turned.reshape(count, width, height).transpose(0, 2, 1)
    return np.ascontiguousarray(done)


def _cut_best(a: Grey, b: Grey) -> Grey:
    """Return each of `a` with its edges cut as it fits `b` best: equal cuts first, then edge by edge."""
    limits = [int(2 * MOST_CUT * side) for side in a.shape[1:]]
    cuts = np.zeros((len(a), 4), np.int64)
    goal = _vectors(b)
    left = _residual(_vectors(a), goal)
    for tried in _trials(cuts, limits):
        found = _residual(_vectors(_cut(a, tried)), goal)
        better = found < left
        cuts[better], left[better] = tried[better], found[better]
    return _cut(a, cuts)


def _trials(cuts: Int64[np.ndarray, "pairs 4"], limits: list[int]) -> Iterator[Int64[np.ndarray, "pairs 4"]]:
    """Give cuts (top, bottom, left, right) to try, around the best so far, which `cuts` holds."""
    down, across = limits
    for step in range(1, max(limits) + 1):
        yield np.full_like(cuts, step).clip(0, [down, down, across, across])
    for step in STEPS:
        for _ in range(2):
            for edge in range(4):
                for move in (step, -step):
                    tried = cuts.copy()
                    tried[:, edge] = (tried[:, edge] + move).clip(0, limits[edge // 2])
                    yield tried


def _cut(grey: Grey, cuts: Int64[np.ndarray, "pairs 4"]) -> Grey:
    _, height, width = grey.shape
    done: np.ndarray = (
        _matrices(height, cuts[:, :2]) @ grey @ _matrices(width, cuts[:, 2:]).transpose(0, 2, 1)
    )
    return done


def _matrices(size: int, cuts: Int64[np.ndarray, "pairs 2"]) -> Float32[np.ndarray, "pairs size size"]:
    kinds, places = np.unique(cuts, axis=0, return_inverse=True)
    return np.stack([cut(size, before, after) for before, after in kinds.tolist()])[places.ravel()]
