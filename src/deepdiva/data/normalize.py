"""Pixels to numbers around zero, the same for every split: by the train split alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float32, UInt8
from torch import Tensor

from deepdiva.data.moments import moments_of


@dataclass(frozen=True, kw_only=True)
class Normalization:
    """What is taken away and divided by, for each channel, where pixels go from 0 to 1."""

    mean: tuple[float, ...]
    std: tuple[float, ...]
    """Standard deviation over all pixels; 1 where all pixels are the same."""


def normalization_of(histograms: Sequence[Sequence[int]]) -> Normalization:
    """Return mean and standard deviation of pixels that were counted by value, exact until the last rounding.

    Args:
        histograms: For each channel, how many pixels have the value 0, 1, ..., 255.

    Example:
        >>> normalization_of([[1] + [0] * 254 + [1]])
        Normalization(mean=(0.5,), std=(0.5,))
    """
    moments = [_moments(histogram) for histogram in histograms]
    return Normalization(mean=tuple(mean for mean, _ in moments), std=tuple(std for _, std in moments))


def _moments(histogram: Sequence[int]) -> tuple[float, float]:
    count = sum(histogram)
    total = sum(value * number for value, number in enumerate(histogram))
    squares = sum(value * value * number for value, number in enumerate(histogram))
    mean, std = moments_of(count, total, squares)
    return mean, std or 1.0


class Normalize:
    """Pixels to float32: (v / 255 - mean) / std, as one product and one sum.

    Both are exact roundings in every instruction set, so this step has the same bits everywhere.
    """

    def __init__(self, normalization: Normalization) -> None:
        scale = [1 / (255 * std) for std in normalization.std]
        shift = [-mean / std for mean, std in zip(normalization.mean, normalization.std, strict=True)]
        self._factors = torch.tensor([scale, shift], dtype=torch.float64).float()[:, None, :, None, None]

    def __call__(
        self, images: UInt8[Tensor, "batch height width channels"]
    ) -> Float32[Tensor, "batch channels height width"]:
        """Return `images` as a model takes them: channels second in shape, last in memory."""
        if self._factors.device != images.device:
            self._factors = self._factors.to(images.device)
        scale, shift = self._factors
        return images.permute(0, 3, 1, 2).to(torch.float32).mul_(scale).add_(shift)
