"""The three parts of a data set, always under these names, and what a part must answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Generic, Literal, Protocol, TypeVar, get_args, runtime_checkable

import numpy as np
from jaxtyping import Int64, UInt64

SplitName = Literal["train", "val", "test"]
SPLIT_NAMES: tuple[SplitName, ...] = get_args(SplitName)
MANIFEST_NAME = "split.json"
"""What `data split` writes beside the splits it made."""


@runtime_checkable
class Split(Protocol):
    """Samples that are read by the batch."""

    @property
    def identities(self) -> UInt64[np.ndarray, " samples"]:
        """Identity of every sample (`randomness.identity` of its name), in the order of the names."""

    def __len__(self) -> int:
        """Return the number of samples."""

    def read(self, indices: Int64[np.ndarray, " batch"], epoch: int) -> Any:
        """Return the samples at `indices` as one batch: a named tuple of tensors, batch first.

        The same bits for the same (sample, epoch), whatever the company.  Epoch 0 asks for
        the samples as they are, without augmentation.
        """


S = TypeVar("S", bound=Split)


@dataclass(frozen=True, kw_only=True)
class Splits(Generic[S]):
    """Train to learn, val to choose, test to report once."""

    train: S
    val: S
    test: S
