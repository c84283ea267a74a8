"""Pictures of one split that were made from a picture of another one: found, compared, named."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np
from jaxtyping import Int64

from deepdiva.data.layouts import Sample
from deepdiva.data.leakage import near
from deepdiva.data.leakage.exact import Contents as Copies
from deepdiva.data.leakage.findings import Pair
from deepdiva.data.leakage.near import Compared
from deepdiva.data.leakage.search import FLIPS, fingerprints, neighbors
from deepdiva.data.leakage.thumbs import SIDE, Thumbs, open_thumbs
from deepdiva.data.pictures import BadPicture, read_header
from deepdiva.data.splits import SPLIT_NAMES
from deepdiva.provenance import VerifiedData
from deepdiva.provenance.contents import Contents
from deepdiva.provenance.waiting import shown

MOST_SIZES = 16
"""Sizes besides the common one that are looked at for themselves; sets of more have no common size."""


@dataclass
class Found:
    """What the comparisons came to, so far."""

    pairs: dict[tuple[int, int], tuple[str, float]] = field(default_factory=dict)
    """Rows of both pictures to what was done and what was left."""
    alike: set[tuple[int, int]] = field(default_factory=set)
    """Pairs that resemble each other, copies among them."""

    def take(self, compared: Compared) -> None:
        """Add what stands in `compared`; of two answers for a pair the one that explains more stays."""
        copies = compared.copies
        alike = (compared.whole <= near.WHOLE) & (compared.others >= 0)
        for place, column in np.argwhere(alike | copies).tolist():
            rows = int(compared.rows[place]), int(compared.others[place, column])
            key = (min(rows), max(rows))
            self.alike.add(key)
            left = float(compared.whole[place, column])
            if copies[place, column] and left < self.pairs.get(key, ("", 2.0))[1]:
                flip = FLIPS[compared.flips[place, column]][0]
                self.pairs[key] = (", ".join(filter(None, (flip, compared.how))) or "encoded anew", left)


@dataclass(frozen=True)
class _Job:
    """The pictures that are compared: one of each content, in the order of the splits."""

    thumbs: Thumbs
    rows: Int64[np.ndarray, " pictures"]
    ranks: Int64[np.ndarray, " pictures"]
    """Place of the split of each in `SPLIT_NAMES`."""
    report: Callable[[int], object]


def find_copies(
    files: VerifiedData, samples: Sequence[Sample], contents: Copies
) -> tuple[tuple[Pair, ...], int, dict[str, int]]:
    """Return pairs across splits that are nearly the same picture, how many look alike, and counts.

    Args:
        files: The verified data set.
        samples: Those that are in a split, in the order of the layout, whose first file is a picture.
        contents: The same ones by content: equal ones are compared once.

    Raises:
        DataError: see `thumbs.open_thumbs`.
    """
    names = [sample.files[0] for sample in samples]
    train = sum(sample.split == "train" for sample in samples)
    thumbs = open_thumbs(files, names, train=train)
    places = {sample.name: row for row, sample in enumerate(samples)}
    firsts = {places[members[0].name] for members in contents.values()}
    rows = np.array([row for row in thumbs.good().tolist() if row in firsts], np.int64)
    ranks = np.array([SPLIT_NAMES.index(samples[row].split or "train") for row in rows.tolist()], np.int64)
    found = Found()
    with shown("comparing pictures") as progress:
        count, total = 0, 4 * len(rows)

        def report(done: int) -> None:
            nonlocal count
            count += done
            progress(min(count, total), total)

        job = _Job(thumbs, rows, ranks, report)
        _look(job, _odd_sizes(files, job), found)
    bad = len(names) - len(thumbs.good())
    members = {places[alike[0].name]: alike for alike in contents.values()}
    pairs = [
        _pair(samples[a], other, *what)
        for (a, b), what in sorted(found.pairs.items())
        for other in members[b]
        if other.split != samples[a].split
    ]
    return tuple(pairs), len(found.alike - found.pairs.keys()), {"pictures": len(rows), "unreadable": bad}


def _look(job: _Job, sizes: Mapping[int, tuple[int, int]], found: Found) -> None:
    kept, prints = fingerprints(job.thumbs, job.rows, job.report)
    ranks = job.ranks[np.searchsorted(job.rows, kept)]
    for rank in range(1, len(SPLIT_NAMES)):
        later, earlier = np.flatnonzero(ranks == rank), np.flatnonzero(ranks < rank)
        if len(later) and len(earlier):
            nearest = neighbors(prints[later], prints[earlier], job.report)
            others = np.where(nearest < 0, -1, kept[earlier][nearest])
            _judge(job, near.compare(job.thumbs, kept[later], others, job.report), sizes, found)
    for size in sorted(set(sizes.values())):
        _look_through(job, size, np.array([row for row in sizes if sizes[row] == size], np.int64), found)


def _judge(job: _Job, compared: Compared, sizes: Mapping[int, tuple[int, int]], found: Found) -> None:
    """Take what is found at once, and try again what is suspicious."""
    found.take(compared)
    rest = near.suspicious(compared)
    if sizes or max(job.thumbs.height, job.thumbs.width) <= near.SMALL:
        again = _again(rest, partial(near.try_resized, job.thumbs, sizes=sizes, report=job.report))
        found.take(again)
        rest = rest.only(np.flatnonzero(~np.isin(rest.rows, again.rows[again.copies.any(axis=1)])))
    if min(job.thumbs.height, job.thumbs.width) >= near.SHORTEST:
        found.take(_again(rest, partial(near.try_cropped, job.thumbs, report=job.report)))


def _again(suspects: Compared, attempt: Callable[[Compared], Compared]) -> Compared:
    """Try the two best neighbors of all suspects, then all of those that fit: s comes from them."""
    fits = attempt(suspects.best(2)).whole.min(axis=1) <= 2 * near.RATIO * suspects.scale
    fits |= suspects.scale == 0
    return attempt(suspects.only(np.flatnonzero(fits)))


def _look_through(job: _Job, size: tuple[int, int], odd: Int64[np.ndarray, " odd"], found: Found) -> None:
    """Look for pictures of an uncommon size among all others, brought to that size and back."""
    kept, plain = fingerprints(job.thumbs, odd, job.report)
    keys, prints = fingerprints(job.thumbs, job.rows, job.report, between=size)
    ranks = job.ranks[np.searchsorted(job.rows, keys)]
    odd_ranks = job.ranks[np.searchsorted(job.rows, kept)]
    for rank in sorted(set(odd_ranks.tolist())):
        mine, theirs = np.flatnonzero(odd_ranks == rank), np.flatnonzero(ranks != rank)
        if len(theirs):
            nearest = neighbors(plain[mine], prints[theirs], job.report)
            others = np.where(nearest < 0, -1, keys[theirs][nearest])
            compared = near.compare(job.thumbs, kept[mine], others, job.report)
            through = dict.fromkeys(kept.tolist(), size)
            found.take(near.try_resized(job.thumbs, compared, sizes=through, report=job.report))


def _odd_sizes(files: VerifiedData, job: _Job) -> dict[int, tuple[int, int]]:
    """Return height and width of each picture that has not the size of most; none where sizes are many."""
    shape = job.thumbs.inventory.shape
    if not job.thumbs.inventory.counts.get("resized") or max(shape.height, shape.width) > SIDE:
        return {}
    sizes = {row: size for row, size in _sizes(Contents(files), job) if size != (shape.height, shape.width)}
    return sizes if len(set(sizes.values())) <= MOST_SIZES and len(sizes) <= near.TRIED else {}


def _sizes(contents: Contents, job: _Job) -> Iterator[tuple[int, tuple[int, int]]]:
    for row in job.rows.tolist():
        try:
            header = read_header(contents.read(job.thumbs.names[row]))
        except BadPicture:
            continue
        yield row, (header.height, header.width)


def _pair(one: Sample, other: Sample, how: str, left: float) -> Pair:
    splits = (one.split or "train", other.split or "test")
    return Pair(a=one.name, b=other.name, splits=splits, how=how, similarity=round(1 - max(left, 0.0), 3))
