"""Laws of normalization: exact statistics, one formula, the layout that models run fastest on."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st
from tests.data.drawing import noise

from deepdiva.data import Normalization, Normalize
from deepdiva.data.normalize import normalization_of

HISTOGRAMS = st.lists(st.integers(0, 10**12), min_size=256, max_size=256).filter(any)


@given(HISTOGRAMS)
def test_moments_are_exact(histogram: list[int]) -> None:
    """Equal to fractions of whole numbers, for any number of pixels."""
    found = normalization_of([histogram])
    count = sum(histogram)
    mean = Fraction(sum(v * n for v, n in enumerate(histogram)), count * 255)
    variance = Fraction(sum(v * v * n for v, n in enumerate(histogram)), count * 255**2) - mean**2

    assert math.isclose(found.mean[0], mean, rel_tol=1e-15)
    if variance:
        assert math.isclose(found.std[0], math.sqrt(variance), rel_tol=1e-14)


@given(st.integers(0, 255), st.integers(1, 10**12))
def test_flat_pictures_are_not_divided_by_zero(value: int, count: int) -> None:
    """A channel of one value has a deviation of one, so it becomes zero and stays finite."""
    histogram = [0] * 256
    histogram[value] = count
    found = normalization_of([histogram])
    images = torch.full((1, 2, 2, 1), value, dtype=torch.uint8)

    assert found.std == (1.0,)
    assert Normalize(found)(images).abs().max() < 1e-6


def test_the_train_pixels_come_out_with_mean_zero_and_deviation_one() -> None:
    """The statistics of a set normalize that set."""
    images = np.stack([noise(8, 8, 3, seed) for seed in range(20)])
    histograms = [np.bincount(images[..., c].ravel(), minlength=256).tolist() for c in range(3)]
    found = Normalize(normalization_of(histograms))(torch.from_numpy(images))

    assert torch.allclose(found.mean(dim=(0, 2, 3)), torch.zeros(3), atol=1e-5)
    assert torch.allclose(found.std(dim=(0, 2, 3), unbiased=False), torch.ones(3), atol=1e-5)


def test_channels_are_second_in_shape_and_last_in_memory() -> None:
    """Models run channels-last without copying."""
    images = torch.zeros(4, 5, 6, 3, dtype=torch.uint8)
    found = Normalize(Normalization(mean=(0.1, 0.2, 0.3), std=(1.0, 1.0, 1.0)))(images)

    assert found.shape == (4, 3, 5, 6)
    assert found.is_contiguous(memory_format=torch.channels_last)
    assert found.dtype == torch.float32


def test_values_follow_the_formula_within_one_rounding() -> None:
    """(v / 255 - mean) / std, for every value a pixel can have."""
    images = torch.arange(256, dtype=torch.uint8).reshape(1, 16, 16, 1)
    found = Normalize(Normalization(mean=(0.3,), std=(0.4,)))(images)
    expected = (np.arange(256) / 255 - 0.3) / 0.4

    assert np.abs(found.numpy().ravel() - expected).max() < 3e-7


def test_the_batch_stays_as_it_was() -> None:
    """The bytes may be looked at again."""
    images = torch.from_numpy(noise(4, 4, 3).reshape(1, 4, 4, 3))
    before = images.clone()
    Normalize(Normalization(mean=(0.5,) * 3, std=(0.5,) * 3))(images)

    assert (images == before).all()
