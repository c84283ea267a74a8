"""For each picture, those of other splits that resemble it most, also mirrored.

A picture's fingerprint is 8 x 8 means of grey, made free of brightness and contrast: mean 0,
length 1.  The product of two is their correlation.  Every pair across splits is looked at, in
blocks of one size, so memory stays the same however many pictures there are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from jaxtyping import Float32, Int64
from PIL import Image

from deepdiva.data.leakage.resampling import shrinking, through
from deepdiva.data.leakage.thumbs import Thumbs

SIDE = 8
"""Means along each side."""
NEIGHBORS = 8
"""So many are kept for each picture."""
ROWS, COLUMNS = 1024, 4096
"""Of a block of pairs."""
FLATTEST = 1.0
"""Standard deviation of grey values (0 to 255) from which a picture shows anything to compare."""

Prints = Float32[np.ndarray, "kept means"]
Keys = Float32[np.ndarray, "keys means"]

FLIPS: tuple[tuple[str, tuple[slice, slice]], ...] = (
    ("", (slice(None), slice(None))),
    ("mirrored left-right", (slice(None), slice(None, None, -1))),
    ("mirrored up-down", (slice(None, None, -1), slice(None))),
    ("turned by 180 degrees", (slice(None, None, -1), slice(None, None, -1))),
)
"""What may have been done to one of two: its name, and how rows and columns are read to undo it."""


def fingerprints(
    thumbs: Thumbs,
    rows: Int64[np.ndarray, " pictures"],
    report: Callable[[int], object],
    *,
    between: tuple[int, int] | None = None,
) -> tuple[Int64[np.ndarray, " kept"], Prints]:
    """Return the rows that show anything at all, and their fingerprints.

    Args:
        thumbs: All pictures.
        rows: Those that are wanted.
        report: Is told how many are done.
        between: A height and width that the pictures go through first.
    """
    down, across = shrinking(thumbs.height, SIDE), shrinking(thumbs.width, SIDE)
    if between:
        down = down @ through(thumbs.height, between[0], Image.Resampling.BILINEAR)
        across = across @ through(thumbs.width, between[1], Image.Resampling.BILINEAR)
    prints, kept = [np.empty((0, SIDE * SIDE), np.float32)], [np.empty(0, np.int64)]
    for part in _parts(rows, COLUMNS):
        grey = thumbs.read(part)
        shows = grey.reshape(len(part), -1).std(axis=1) >= FLATTEST
        means = (down @ grey[shows] @ across.T).reshape(-1, SIDE * SIDE)
        means -= means.mean(axis=1, keepdims=True)
        prints.append(means / np.maximum(np.linalg.norm(means, axis=1, keepdims=True), 1e-6))
        kept.append(part[shows])
        report(len(part))
    return np.concatenate(kept), np.concatenate(prints)


def neighbors(
    queries: Float32[np.ndarray, "queries means"], keys: Keys, report: Callable[[int], object]
) -> Int64[np.ndarray, "queries neighbors"]:
    """Return for each query the places of its most similar keys, -1 where there are too few of them."""
    found = [np.empty((0, NEIGHBORS), np.int64)]
    for start in range(0, len(queries), ROWS):
        part = queries[start : start + ROWS]
        found.append(_neighbors_of(part, keys))
        report(len(part))
    return np.concatenate(found)


def _neighbors_of(
    queries: Float32[np.ndarray, "queries means"], keys: Keys
) -> Int64[np.ndarray, "queries neighbors"]:
    flips = _flipped(queries)
    best = np.full((len(queries), NEIGHBORS), -2.0, np.float32)
    places = np.full((len(queries), NEIGHBORS), -1, np.int64)
    for start in range(0, len(keys), COLUMNS):
        part = keys[start : start + COLUMNS].T
        products = flips[0] @ part
        for flip in flips[1:]:
            np.maximum(products, flip @ part, out=products)
        _merge(best, places, products, start)
    return places


def _merge(
    best: Float32[np.ndarray, "queries neighbors"],
    places: Int64[np.ndarray, "queries neighbors"],
    products: Float32[np.ndarray, "queries keys"],
    start: int,
) -> None:
    """Take those of a block into the best so far, which few of a later block beat."""
    if products.shape[1] > NEIGHBORS and start == 0:
        columns = np.argpartition(-products, NEIGHBORS - 1, axis=1)[:, :NEIGHBORS]
        best[...] = np.take_along_axis(products, columns, axis=1)
        places[...] = columns
        return
    better = products > best.min(axis=1, keepdims=True)
    for row in np.flatnonzero(better.any(axis=1)).tolist():
        columns = np.flatnonzero(better[row])
        values = np.concatenate([best[row], products[row, columns]])
        order = np.argsort(-values, kind="stable")[:NEIGHBORS]
        best[row], places[row] = values[order], np.concatenate([places[row], columns + start])[order]


def _flipped(prints: Prints) -> list[Prints]:
    square = prints.reshape(-1, SIDE, SIDE)
    return [
        np.ascontiguousarray(square[:, down, across]).reshape(len(prints), -1) for _, (down, across) in FLIPS
    ]


def _parts(rows: Int64[np.ndarray, " rows"], size: int) -> Iterator[Int64[np.ndarray, " part"]]:
    for start in range(0, len(rows), size):
        yield rows[start : start + size]
