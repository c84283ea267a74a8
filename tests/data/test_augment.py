"""Laws of augmentation: keyed by sample and epoch, blind to company, true to the label."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.data.drawing import noise

from deepdiva.data import Augment
from deepdiva.errors import ConfigError

AUGMENTS = st.builds(Augment, st.booleans(), st.integers(0, 4))


def pictures(count: int = 16, channels: int = 1) -> np.ndarray:
    return np.stack([noise(7, 9, channels, seed).reshape(7, 9, channels) for seed in range(count)])


def views(
    augment: Augment, chosen: np.ndarray, epoch: int = 1, seed: int = 5, channels: int = 1
) -> np.ndarray:
    identities = np.arange(100, 116, dtype=np.uint64)[chosen]
    return augment.apply(pictures(channels=channels)[chosen], seed=seed, epoch=epoch, identities=identities)


@given(AUGMENTS, st.permutations(range(16)), st.integers(1, 16), st.integers(1, 3))
def test_company_and_order_change_nothing(
    augment: Augment, order: list[int], size: int, channels: int
) -> None:
    """A sample has the same view alone, in any batch, at any place in it."""
    together = views(augment, np.array(order), channels=channels)
    for start in range(0, 16, size):
        part = np.array(order[start : start + size])
        assert (views(augment, part, channels=channels) == together[start : start + size]).all()


@given(AUGMENTS)
def test_shape_and_kind_stay(augment: Augment) -> None:
    """Views can be stacked with the pictures they come from."""
    found = views(augment, np.arange(16), channels=3)

    assert found.shape == (16, 7, 9, 3)
    assert found.dtype == np.uint8
    assert found.flags.c_contiguous


def test_every_epoch_draws_anew() -> None:
    """Otherwise augmentation would be another fixed data set."""
    augment = Augment(True, 2)

    assert (views(augment, np.arange(16), epoch=1) != views(augment, np.arange(16), epoch=2)).any()


def test_another_seed_draws_other_views() -> None:
    """Two runs of another seed see other pictures."""
    augment = Augment(True, 2)

    assert (views(augment, np.arange(16), seed=1) != views(augment, np.arange(16), seed=2)).any()


def test_a_flip_is_the_picture_or_its_mirror_image() -> None:
    """About one half each; nothing else comes out."""
    found, before = views(Augment(flip_horizontal=True), np.arange(16)), pictures()
    kept = (found == before).all(axis=(1, 2, 3))
    mirrored = (found == before[:, :, ::-1]).all(axis=(1, 2, 3))

    assert (kept ^ mirrored).all()
    assert 3 <= kept.sum() <= 13


def test_a_shift_is_a_window_of_the_picture_with_its_border_repeated() -> None:
    """Every view equals one of the 25 windows; several different ones come out."""
    found, before = views(Augment(shift=2), np.arange(16)), pictures()
    offsets = set()
    for view, picture in zip(found, before, strict=True):
        wide = np.pad(picture, ((2, 2), (2, 2), (0, 0)), mode="edge")
        fits = [(y, x) for y in range(5) for x in range(5) if (wide[y : y + 7, x : x + 9] == view).all()]
        assert len(fits) == 1
        offsets |= set(fits)

    assert len(offsets) > 8


def test_all_shifts_are_drawn_alike() -> None:
    """From minus to plus the largest shift, both ends included."""
    ramp = np.tile(np.arange(50, dtype=np.uint8), (1, 1, 1))[..., None]
    many = np.repeat(ramp, 3000, axis=0)
    found = Augment(shift=2).apply(many, seed=1, epoch=1, identities=np.arange(3000, dtype=np.uint64))
    counts = np.bincount(found[:, 0, 20, 0] - 18, minlength=5)

    assert len(counts) == 5
    assert (abs(counts - 600) < 100).all()


def test_one_change_leaves_the_draws_of_the_others() -> None:
    """Adding the flip to a shift moves no picture further."""
    shifted, both = views(Augment(False, 2), np.arange(16)), views(Augment(True, 2), np.arange(16))
    flipped = views(Augment(True, 0), np.arange(16))
    kept = (flipped == pictures()).all(axis=(1, 2, 3))

    assert (both[kept] == shifted[kept]).all()


def test_nothing_is_asked_for_by_default() -> None:
    """Pictures stay as they are unless somebody wants otherwise."""
    assert not Augment()
    assert (views(Augment(), np.arange(16)) == pictures()).all()


def test_a_negative_shift_is_refused() -> None:
    """The sign is drawn, not chosen."""
    with pytest.raises(ConfigError, match="CFG-003"):
        Augment(shift=-1)
