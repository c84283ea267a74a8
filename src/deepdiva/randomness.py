"""One root seed, many independent streams, and a key for every sample.

A stream's seed depends on the root and on its own name only, so a new consumer of
randomness never shifts the numbers that older ones see.  Inside a stream, the draws for
a sample depend on (epoch, identity of the sample, number of the draw) only: neither
workers nor batches nor the order of samples can move them.
"""

from __future__ import annotations

import hashlib
import random
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64, Int64, UInt64

LARGEST_SEED = 2**63 - 1


@dataclass(frozen=True)
class SeedPlan:
    """Derives every seed of a run from `root`, an integer in [0, 2**63).

    Example:
        >>> plan = SeedPlan(root=7)
        >>> plan.seed("shuffle") == SeedPlan(root=7).seed("shuffle")
        True
        >>> plan.seed("shuffle") == plan.seed("weights")
        False
        >>> plan.repeat(0).root == plan.repeat(1).root
        False
    """

    root: int

    def seed(self, stream: str) -> int:
        """Return the seed of `stream`, in [0, 2**63)."""
        digest = hashlib.sha256(f"{self.root}/{stream}".encode()).digest()
        return int.from_bytes(digest[:8], "big") >> 1

    def repeat(self, index: int) -> SeedPlan:
        """Return the plan of repeat number `index`, independent of all its siblings."""
        return SeedPlan(root=self.seed(f"repeat {index}"))

    @staticmethod
    def draw() -> SeedPlan:
        """Return a plan with a root that nobody chose; the request writes it down."""
        return SeedPlan(root=random.SystemRandom().randrange(2**31))


def identity(name: str) -> int:
    """Return the identity of the sample called `name`, in [0, 2**64).

    The name is the path below the data set's root, so a moved data set keeps its draws.
    """
    return int.from_bytes(hashlib.sha256(name.encode("utf-8", "surrogateescape")).digest()[:8], "big")


def keyed_uniform(
    seed: int, epoch: int, identities: UInt64[np.ndarray, " batch"], draws: int
) -> Float64[np.ndarray, "batch draws"]:
    """Return `draws` numbers in [0, 1) for each sample, the same in whatever company it comes."""
    bits = _keyed_bits(seed, epoch, identities[:, None], np.arange(draws, dtype=np.uint64)[None, :])
    return (bits >> np.uint64(11)).astype(np.float64) * 2.0**-53


def keyed_order(seed: int, epoch: int, length: int) -> Int64[np.ndarray, " length"]:
    """Return the order of `length` samples in `epoch`: a uniformly drawn permutation.

    Example:
        >>> sorted(keyed_order(1, 1, 4).tolist())
        [0, 1, 2, 3]
    """
    keys = _keyed_bits(seed, epoch, np.arange(length, dtype=np.uint64), np.zeros(1, np.uint64))
    order: np.ndarray = np.argsort(keys, kind="stable")
    return order


def _keyed_bits(
    seed: int, epoch: int, identities: UInt64[np.ndarray, "..."], draws: UInt64[np.ndarray, "..."]
) -> UInt64[np.ndarray, "..."]:
    """Hash the four counters one after the other; no state, so any draw can be had alone."""
    state = _mix(_mix(np.array([seed], np.uint64)) ^ np.uint64(epoch))
    return _mix(_mix(state ^ identities) ^ draws)


def _mix(words: UInt64[np.ndarray, "..."]) -> UInt64[np.ndarray, "..."]:
    """Finalizer of SplitMix64 (Steele, Lea and Flood, OOPSLA 2014), a bijection on 64 bits."""
    words = words + np.uint64(0x9E3779B97F4A7C15)
    words = (words ^ (words >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    words = (words ^ (words >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed: np.ndarray = words ^ (words >> np.uint64(31))
    return mixed
