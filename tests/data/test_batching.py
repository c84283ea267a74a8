"""Laws of feeding: every sample once, in order, with the same bits for any number of workers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.data.drawing import draw_class_folders

from deepdiva.data import Augment, Fed, ImageBatch, ImageSplit, batches, read_class_folders
from deepdiva.provenance import verify
from deepdiva.randomness import SeedPlan, keyed_order


class Numbers:
    """A split whose samples are their own indices."""

    def __init__(self, length: int) -> None:
        self.identities = np.arange(length, dtype=np.uint64)
        self.asked: list[list[int]] = []

    def __len__(self) -> int:
        return len(self.identities)

    def read(self, indices: np.ndarray, epoch: int) -> np.ndarray:
        self.asked.append(indices.tolist())
        return indices * 10 + epoch


def fed(length: int, **how: Any) -> list[Fed]:
    return list(batches(Numbers(length), np.arange(length), epoch=1, **how))


@given(st.integers(0, 40), st.integers(1, 12))
def test_every_sample_comes_once_in_the_order_given(length: int, size: int) -> None:
    """Batches are cuts of the order; only the last may be short."""
    order = keyed_order(1, 1, length)
    found = list(batches(Numbers(length), order, batch_size=size, epoch=1))

    assert np.concatenate([order[:0], *(one.indices for one in found)]).tolist() == order.tolist()
    assert all(len(one.indices) == size for one in found[:-1])
    assert all((one.batch == one.indices * 10 + 1).all() for one in found)
    assert all(one.real == len(one.indices) for one in found)


@given(st.integers(0, 40), st.integers(1, 12))
def test_a_short_last_batch_can_be_left_out(length: int, size: int) -> None:
    """Then all batches have one size."""
    found = fed(length, batch_size=size, drop_last=True)

    assert [len(one.indices) for one in found] == [size] * (length // size)


@given(st.integers(1, 40), st.integers(1, 12))
def test_a_short_last_batch_can_be_filled_up(length: int, size: int) -> None:
    """With its first sample, and `real` tells which rows count."""
    found = fed(length, batch_size=size, pad=True)

    assert all(len(one.indices) == size for one in found)
    assert sum(one.real for one in found) == length
    last = found[-1]
    assert (last.indices[last.real :] == last.indices[0]).all()


@given(st.integers(0, 40), st.integers(1, 12), st.integers(0, 8))
def test_a_later_start_is_the_rest_of_the_same_batches(length: int, size: int, start: int) -> None:
    """A resumed epoch goes on where it stopped, without reading what is done."""
    whole = fed(length, batch_size=size)
    rest = fed(length, batch_size=size, start=start)

    assert [one.indices.tolist() for one in rest] == [one.indices.tolist() for one in whole[start:]]


def test_nothing_is_read_before_it_is_asked_for() -> None:
    """Without workers a batch is read when the loop wants it."""
    split = Numbers(10)
    feed = batches(split, np.arange(10), batch_size=5, epoch=0)
    next(feed)

    assert split.asked == [[0, 1, 2, 3, 4]]


@pytest.fixture
def pictures(tmp_path: Path) -> ImageSplit:
    """Return a train split with augmentation."""
    root = draw_class_folders(tmp_path / "set", counts=(11, 1, 1))
    augment = Augment(flip_horizontal=True, shift=2)
    return read_class_folders(verify(root), seeds=SeedPlan(3), augment=augment).splits.train


def bits(
    split: ImageSplit, workers: int, size: int = 4, start: int = 0
) -> list[tuple[list[int], bytes, list[int]]]:
    order = keyed_order(7, 2, len(split))
    feed = batches(split, order, batch_size=size, epoch=2, workers=workers, start=start)
    return [(o.indices.tolist(), o.batch.images.numpy().tobytes(), o.batch.labels.tolist()) for o in feed]


@pytest.mark.parametrize("workers", [1, 2, 4, 9])
def test_any_number_of_workers_gives_the_same_bits(pictures: ImageSplit, workers: int) -> None:
    """Draws are keyed by samples, so who reads does not matter; more workers than batches are fine."""
    assert bits(pictures, workers) == bits(pictures, 0)


def test_shared_memory_carries_the_same_bits(pictures: ImageSplit, monkeypatch: pytest.MonkeyPatch) -> None:
    """Small batches are copied through a pipe, large ones share memory; nobody can tell."""
    monkeypatch.setattr("deepdiva.data.workers.SMALL", 0)

    assert bits(pictures, 2) == bits(pictures, 0)


def test_batches_of_workers_are_of_their_own_kind(pictures: ImageSplit) -> None:
    """A named tuple stays one on its way, and its tensors can be written to."""
    fed = next(batches(pictures, np.arange(4), batch_size=4, epoch=1, workers=1))

    assert isinstance(fed.batch, ImageBatch)
    fed.batch.images.zero_()


def test_a_resumed_epoch_has_the_same_bits_with_workers(pictures: ImageSplit) -> None:
    """A start in the middle changes neither batches nor draws."""
    assert bits(pictures, 2, start=3) == bits(pictures, 0)[3:]


def test_the_size_of_batches_changes_no_sample(pictures: ImageSplit) -> None:
    """The same pictures in the same order, however they are cut."""
    assert b"".join(b for _, b, _ in bits(pictures, 0, size=3)) == b"".join(
        b for _, b, _ in bits(pictures, 0, size=22)
    )


def test_no_batches_need_no_workers() -> None:
    """An empty rest of an epoch starts no process."""
    assert fed(4, batch_size=2, start=2, workers=2) == []
