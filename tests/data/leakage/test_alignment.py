"""What is left of a pair after undoing what was done."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from deepdiva.data.leakage.alignment import cropped, residuals, resized
from deepdiva.data.leakage.resampling import FILTERS, cut, through


def noise(seed: int, count: int = 3, side: int = 20) -> np.ndarray:
    return np.random.default_rng(seed).uniform(0, 255, (count, side, side)).astype(np.float32)


@given(st.integers(0, 1000), st.floats(0.5, 2), st.floats(-50, 50))
def test_brightness_and_contrast_leave_nothing(seed: int, gain: float, offset: float) -> None:
    """The residual of a picture and its brighter copy is 0."""
    pictures = noise(seed)
    fit = residuals(pictures, pictures * np.float32(gain) + np.float32(offset))

    assert np.abs(fit.whole).max() < 1e-4
    assert np.abs(fit.detail).max() < 2e-3


@given(st.integers(0, 1000))
def test_a_residual_is_symmetric(seed: int) -> None:
    """Which of two is the original makes no difference."""
    a, b = noise(seed), noise(seed + 1)
    for fit in (residuals, cropped):
        assert np.allclose(fit(a, b).whole, fit(b, a).whole, atol=1e-5)


def test_a_resized_picture_is_explained() -> None:
    """Whatever filter of Pillow's was used; without undoing it much is left."""
    pictures = noise(1)
    for filtering in FILTERS:
        made = [
            Image.fromarray(p).resize((13, 13), filtering).resize((20, 20), Image.Resampling.BILINEAR)
            for p in pictures
        ]
        other = np.stack([np.asarray(image) for image in made])
        assert residuals(pictures, other).whole.min() > 0.05
        assert resized(pictures, other, [(13, 13)]).whole.max() < 1e-3


def test_a_cropped_picture_is_explained() -> None:
    """One edge or all, as long as no more than a tenth is gone."""
    pictures = np.stack(
        [np.asarray(Image.fromarray(p).resize((40, 40), Image.Resampling.BICUBIC)) for p in noise(2, side=12)]
    )
    made = [
        Image.fromarray(p).crop((2, 0, 39, 38)).resize((40, 40), Image.Resampling.BILINEAR) for p in pictures
    ]
    other = np.stack([np.asarray(image) for image in made])

    assert residuals(pictures, other).whole.min() > 0.02
    assert cropped(pictures, other).whole.max() < 0.01


def test_plain_pictures_have_no_detail_to_agree_on() -> None:
    """Two straight edges agree as wholes; their detail counts as unexplained."""
    edge = np.zeros((1, 20, 20), np.float32)
    edge[:, 8:] = 200
    fit = residuals(edge, edge * 0.5)

    assert fit.whole[0] < 1e-5
    assert fit.detail[0] == 1


def test_matrices_keep_what_is_constant() -> None:
    """Resizing and cutting a line of one value gives that value."""
    line = np.full(17, 3.0, np.float32)
    for filtering in FILTERS:
        assert np.allclose(through(17, 9, filtering) @ line, 3, atol=1e-5)
    assert np.allclose(cut(17, 3, 1) @ line, 3, atol=1e-5)
