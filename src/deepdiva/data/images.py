"""Splits of labelled pictures, wherever their pixels lie."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, Protocol, runtime_checkable

import numpy as np
import torch
from jaxtyping import Float32, Int64, UInt8, UInt64
from torch import Tensor

from deepdiva.data.augment import Augment


class ImageBatch(NamedTuple):
    """Pictures and their classes."""

    images: UInt8[Tensor, "batch height width channels"]
    labels: Int64[Tensor, " batch"]


@runtime_checkable
class Pixels(Protocol):
    """Where decoded pictures come from: memory, a pack, the files themselves."""

    def read(self, rows: Int64[np.ndarray, " batch"]) -> UInt8[np.ndarray, "batch height width channels"]:
        """Return the pictures at `rows`, as an array of the caller's own."""


@dataclass(frozen=True, kw_only=True, eq=False)
class ImageSplit:
    """One split of labelled pictures; a `Split`."""

    names: tuple[str, ...]
    """Paths below the root of the data set, sorted."""
    identities: UInt64[np.ndarray, " samples"]
    labels: Int64[np.ndarray, " samples"]
    classes: int
    pixels: Pixels
    rows: Int64[np.ndarray, " samples"]
    """Where each sample stands in `pixels`."""
    augment: Augment | None = None
    seed: int = 0
    """Of the stream that augmentation draws from."""

    def __len__(self) -> int:
        return len(self.names)

    def read(self, indices: Int64[np.ndarray, " batch"], epoch: int) -> ImageBatch:
        """Return the samples at `indices`; from epoch 1 on with the changes drawn for that epoch.

        Raises:
            DataError: a picture has to be read again and is not what it was (DATA-042).
        """
        images = self.pixels.read(self.rows[indices])
        if self.augment and epoch > 0:
            images = self.augment.apply(
                images, seed=self.seed, epoch=epoch, identities=self.identities[indices]
            )
        return ImageBatch(torch.from_numpy(images), torch.from_numpy(self.labels[indices]))

    def class_counts(self) -> Int64[np.ndarray, " classes"]:
        """Return how many samples each class has."""
        return np.bincount(self.labels, minlength=self.classes)

    def class_weights(self) -> Float32[Tensor, " classes"]:
        """Return the inverse frequency of each class, scaled to a mean of one over the samples.

        Classes without samples weigh zero.  Only the train split should be asked.
        """
        counts = self.class_counts()
        present = np.count_nonzero(counts)
        weights = np.divide(len(self) / present, counts, out=np.zeros(len(counts)), where=counts > 0)
        return torch.from_numpy(weights.astype(np.float32))
