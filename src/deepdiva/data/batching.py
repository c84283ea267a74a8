"""Batches of a split in a given order, from this process or from workers: the same bits.

A worker is told which samples and which epoch; what it draws depends on these alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Int64

from deepdiva.data.splits import Split

Indices = Int64[np.ndarray, " batch"]


class Fed(NamedTuple):
    """One batch as the loop gets it."""

    indices: Indices
    """Of the samples in the split."""
    batch: Any
    """What `Split.read` gave."""
    real: int
    """So many rows, from the first, count; the others fill up a short last batch."""


def batches(
    split: Split,
    order: Int64[np.ndarray, " samples"],
    *,
    batch_size: int,
    epoch: int,
    workers: int = 0,
    drop_last: bool = False,
    pad: bool = False,
    start: int = 0,
) -> Iterator[Fed]:
    """Yield the samples of `split` in `order`, `batch_size` at a time.

    Args:
        split: Where samples are read.
        order: Indices of samples.
        batch_size: Samples per batch.
        epoch: Passed on to `Split.read`; 0 asks for the samples as they are.
        workers: Processes that read ahead; 0 reads in this one.
        drop_last: Leave out a last batch that is smaller than the others.
        pad: Fill up a short last batch by repeating its first sample.
        start: First batch to yield; those before it are not read.

    Raises:
        ResourceError: a worker died (RES-011), hangs (RES-012), failed (RES-013), or shared
            memory is too small (RES-010).
        DataError: see the `read` of the split.
    """
    plan = _plan(order, batch_size, drop_last, pad)[start:]
    if workers == 0:
        for indices, real in plan:
            yield Fed(indices, split.read(indices, epoch), real)
        return
    from deepdiva.data.workers import read_ahead

    for (indices, real), batch in zip(
        plan, read_ahead(split, [p[0] for p in plan], epoch, workers), strict=True
    ):
        yield Fed(indices, batch, real)


def _plan(
    order: Int64[np.ndarray, " samples"], batch_size: int, drop_last: bool, pad: bool
) -> list[tuple[Indices, int]]:
    """Cut `order` into batches; return each with the number of its rows that count."""
    cuts = [order[first : first + batch_size] for first in range(0, len(order), batch_size)]
    if drop_last and cuts and len(cuts[-1]) < batch_size:
        cuts.pop()
    return [(_filled(cut, batch_size) if pad else cut, len(cut)) for cut in cuts]


def _filled(indices: Indices, size: int) -> Int64[np.ndarray, " size"]:
    return np.concatenate([indices, np.full(size - len(indices), indices[0])])
