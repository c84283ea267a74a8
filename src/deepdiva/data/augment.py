"""Other views of the same samples: drawn per sample and epoch, done on whole batches.

The draws of a sample have fixed numbers (0: flip, 1: down, 2: right), so that switching one
change on leaves the others as they were.  Transforms that work sample by sample (those of
torchvision, say) can be had by a split that seeds each call by `keyed_uniform` alike.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Int64, UInt8, UInt64

from deepdiva.errors import ConfigError
from deepdiva.randomness import keyed_uniform

Pixels = UInt8[np.ndarray, "batch height width channels"]


@dataclass(frozen=True)
class Augment:
    """Changes of the train pictures that leave the label true; none by default."""

    flip_horizontal: bool = False
    """Mirror every second picture, on average, left to right."""
    shift: int = 0
    """Largest shift in pixels, up or down and left or right; the border pixels fill the gap."""

    def __post_init__(self) -> None:
        if self.shift < 0:
            raise ConfigError(
                f"a shift of {self.shift} pixels",
                expected="0 or more",
                remedy="give the largest shift as a positive number",
                code="CFG-003",
            )

    def __bool__(self) -> bool:
        return self.flip_horizontal or self.shift > 0

    def apply(
        self, images: Pixels, *, seed: int, epoch: int, identities: UInt64[np.ndarray, " batch"]
    ) -> Pixels:
        """Return the views of `images` that belong to `epoch`; `images` may be changed."""
        draws = keyed_uniform(seed, epoch, identities, 3)
        if self.flip_horizontal:
            images = _flipped(images, draws[:, 0] < 0.5)
        if self.shift:
            offsets = np.floor(draws[:, 1:] * (2 * self.shift + 1)).astype(np.int64)
            images = _cropped(_padded(images, self.shift), offsets, self.shift)
        return images


def _flipped(images: Pixels, chosen: Bool[np.ndarray, " batch"]) -> Pixels:
    images[chosen] = images[chosen, :, ::-1]
    return images


def _padded(images: Pixels, margin: int) -> UInt8[np.ndarray, "batch tall wide channels"]:
    """Repeat the border pixels `margin` times on every side."""
    batch, height, width, channels = images.shape
    padded = np.empty((batch, height + 2 * margin, width + 2 * margin, channels), np.uint8)
    rows = padded[:, margin : margin + height]
    rows[:, :, margin : margin + width] = images
    rows[:, :, :margin] = images[:, :, :1]
    rows[:, :, margin + width :] = images[:, :, -1:]
    padded[:, :margin] = rows[:, :1]
    padded[:, margin + height :] = rows[:, -1:]
    return padded


def _cropped(
    padded: UInt8[np.ndarray, "batch tall wide channels"],
    offsets: Int64[np.ndarray, "batch 2"],
    margin: int,
) -> Pixels:
    """Cut a window of the original size out of each picture, at its own offset."""
    _, tall, wide, channels = padded.shape
    window = (tall - 2 * margin, wide - 2 * margin, channels)
    windows = np.lib.stride_tricks.sliding_window_view(padded, window, axis=(1, 2, 3))[:, :, :, 0]
    return np.ascontiguousarray(windows[np.arange(len(padded)), offsets[:, 0], offsets[:, 1]])
