"""Is one picture a copy of another, or do they only look alike?

The data set itself says what is unusual.  For each picture b of a later split, the `NEIGHBORS` most similar
pictures of earlier splits are found (see `search`) and compared in full, each at its best
of four flips; e is the residual 1 - r (see `alignment`).  Picture a is what b was made from if

    e(a, b) <= 0.1 s(b)      s: residual of the fifth most similar picture: how near others come
    e(a, b) <= 0.05          nearly all of b is explained
    d(a, b) <= 0.2           so is the detail, which plain pictures lack; or e(a, b) <= 0.0005, not cropped

A pair that is not is tried again after undoing resizing and slight cropping, with s taken from
neighbors that had the same chance.  Where there are too few others for an s, e <= 0.01 is asked for;
e <= 0.0005 with d <= 0.05 needs no s, as there may be many copies; nor does e <= 0.00002, which is the
same picture in another file.  Small or plain pictures resemble each other, so s is small there, and only what
is changed very little counts: that is all the information there is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float32, Int64

from deepdiva.data.leakage.alignment import Fit, cropped, residuals, resized, unexplained
from deepdiva.data.leakage.search import FLIPS
from deepdiva.data.leakage.thumbs import Grey, Thumbs

RATIO, WHOLE, DETAIL = 0.1, 0.05, 0.2
ALONE = 0.01
EQUAL, SAME_DETAIL = 0.0005, 0.05
SAME = 0.00002
RANK = 5
"""Of the neighbor whose residual is s."""
HOPELESS = 0.9
"""Residual over s from which nothing is tried again."""
TRIED = 2000
"""Pictures, the most suspicious ones, for which resizing and cropping are undone."""
CROPPED = "cropped"
SMALL = 32
"""Pixels; in smaller pictures the traces of resizing are as large as differences between pictures."""
SHORTEST = 16
"""Pixels; in smaller pictures cropping is not undone: a cut takes away too much of them."""
CHUNK = 256
"""Pictures whose neighbors are compared at once."""

Table = Float32[np.ndarray, "pictures neighbors"]
Places = Int64[np.ndarray, "pictures neighbors"]


@dataclass(frozen=True)
class Compared:
    """Pictures, each with its neighbors, and how well these explain it."""

    rows: Int64[np.ndarray, " pictures"]
    others: Places
    """Rows of the neighbors; -1 where there are too few."""
    flips: Places
    """How each was turned to fit: a place in `FLIPS`."""
    whole: Table
    detail: Table
    how: str = ""
    """What was undone before."""

    @property
    def scale(self) -> Float32[np.ndarray, " pictures"]:
        """Return s of each picture; 0 where it has too few neighbors."""
        known = np.where(self.others < 0, np.inf, self.whole)
        ranked = np.sort(known, axis=1)[:, RANK - 1]
        return np.where(np.isfinite(ranked), ranked, 0).astype(np.float32)

    @property
    def copies(self) -> Bool[np.ndarray, "pictures neighbors"]:
        """Return which of the neighbors are copies."""
        scale = self.scale[:, None]
        near = (self.whole <= RATIO * scale) & (self.whole <= WHOLE)
        near |= (scale == 0) & (self.whole <= ALONE)
        equal = (self.whole <= EQUAL) & (self.detail <= SAME_DETAIL)
        fits = self.detail <= DETAIL
        if self.how == CROPPED:  # cut as it pleases, a plain picture fits many others
            return near & fits & (self.others >= 0)
        if not self.how:
            equal |= self.whole <= SAME
        near &= fits | (self.whole <= EQUAL)
        return (near | equal) & (self.others >= 0)

    def only(self, chosen: Int64[np.ndarray, " chosen"]) -> Compared:
        """Return the pictures at the places `chosen`."""
        rows, others, flips = self.rows[chosen], self.others[chosen], self.flips[chosen]
        return Compared(rows, others, flips, self.whole[chosen], self.detail[chosen], self.how)

    def best(self, count: int) -> Compared:
        """Return each picture with its `count` best neighbors alone."""
        order = np.argsort(self.whole, axis=1, kind="stable")[:, :count]
        others, flips = (np.take_along_axis(table, order, axis=1) for table in (self.others, self.flips))
        whole, detail = (np.take_along_axis(table, order, axis=1) for table in (self.whole, self.detail))
        return Compared(self.rows, others, flips, whole, detail, self.how)


def compare(
    thumbs: Thumbs, rows: Int64[np.ndarray, " pictures"], others: Places, report: Callable[[int], object]
) -> Compared:
    """Compare pictures with their neighbors as they are, each at its best flip."""
    shape = others.shape
    flips, whole, detail = np.zeros(shape, np.int64), np.ones(shape, np.float32), np.ones(shape, np.float32)
    for start in range(0, len(rows), CHUNK):
        part = slice(start, start + CHUNK)
        a, b = _pixels(thumbs, rows[part], others[part])
        table = unexplained(a, b, [turn for _, turn in FLIPS])
        flips[part] = table.argmin(axis=0).reshape(-1, shape[1])
        whole[part] = table.min(axis=0).reshape(-1, shape[1])
        close = np.flatnonzero(table.min(axis=0) <= WHOLE)
        turned = _turned(b[close], flips[part].ravel()[close])
        fine = np.ones(len(a), np.float32)
        fine[close] = residuals(a[close], turned).detail
        detail[part] = fine.reshape(-1, shape[1])
        report(len(rows[part]))
    return Compared(rows, others, flips, whole, detail)


def suspicious(compared: Compared, most: int = TRIED) -> Compared:
    """Return the pictures that may be a resized or cropped copy, the most likely ones first."""
    ratio = compared.whole.min(axis=1) / np.maximum(compared.scale, 1e-6)
    ratio[compared.copies.any(axis=1)] = np.inf
    order = np.argsort(ratio, kind="stable")[:most]
    return compared.only(order[ratio[order] <= HOPELESS])


def try_resized(
    thumbs: Thumbs,
    compared: Compared,
    *,
    sizes: Mapping[int, tuple[int, int]],
    report: Callable[[int], object],
) -> Compared:
    """Compare again, undoing what went through another size.

    Args:
        thumbs: All pictures.
        compared: How they compare as they are.
        sizes: Height and width of the file of each row, where it is not that of the others.
        report: Is told how many pictures are done.
    """
    halves = _halves(thumbs)

    def fit(rows: list[int], a: Grey, b: Grey) -> Fit:
        return resized(a, b, dict.fromkeys([*(sizes[row] for row in rows if row in sizes), *halves]))

    return _again(thumbs, compared, fit, "resized", report)


def try_cropped(thumbs: Thumbs, compared: Compared, *, report: Callable[[int], object]) -> Compared:
    """Compare again, undoing slight cropping."""
    return _again(thumbs, compared, lambda _, a, b: cropped(a, b), CROPPED, report)


def _halves(thumbs: Thumbs) -> list[tuple[int, int]]:
    """Return sizes that pictures may have gone through without leaving a trace in their files."""
    height, width = thumbs.height, thumbs.width
    if max(height, width) > SMALL:
        return []
    return [(max(1, round(height * by)), max(1, round(width * by))) for by in (2, 0.75, 0.5)]


def _again(
    thumbs: Thumbs,
    compared: Compared,
    fit: Callable[[list[int], Grey, Grey], Fit],
    how: str,
    report: Callable[[int], object],
) -> Compared:
    shape = compared.others.shape
    whole, detail = compared.whole.copy(), compared.detail.copy()
    for start in range(0, len(compared.rows), CHUNK):
        part = slice(start, start + CHUNK)
        a, b = _pixels(thumbs, compared.rows[part], compared.others[part])
        turned = _turned(b, compared.flips[part].ravel())
        involved = {*compared.rows[part].tolist(), *compared.others[part].ravel().tolist()}
        found = fit(sorted(involved), a, turned)
        whole[part], detail[part] = found.whole.reshape(-1, shape[1]), found.detail.reshape(-1, shape[1])
        report(len(compared.rows[part]))
    return Compared(compared.rows, compared.others, compared.flips, whole, detail, how)


def _turned(b: Grey, flips: Int64[np.ndarray, " pairs"]) -> Grey:
    turned = b.copy()
    for place, (_, (down, across)) in enumerate(FLIPS):
        chosen = flips == place
        turned[chosen] = b[chosen][:, down, across]
    return turned


def _pixels(thumbs: Thumbs, rows: Int64[np.ndarray, " pictures"], others: Places) -> tuple[Grey, Grey]:
    """Return each picture beside each of its neighbors; where there is none, beside the picture of row 0."""
    count = others.shape[1]
    needed, places = np.unique(np.concatenate([rows, others.clip(0).ravel()]), return_inverse=True)
    grey = thumbs.read(needed)
    return np.repeat(grey[places[: len(rows)]], count, axis=0), grey[places[len(rows) :]]
