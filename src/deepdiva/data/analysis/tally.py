"""Sums over the files of one split: whole numbers, so that the order in which files come moves nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from jaxtyping import Int64

from deepdiva.data.analysis.block import BINS, Bad, Block, ClipFacts, MaskFacts, PictureFacts
from deepdiva.data.moments import moments_of


@dataclass
class PixelSums:
    """Pixels of pictures that have the same channels."""

    channels: int
    pictures: int = 0
    sums: np.ndarray = field(init=False)
    """Python's whole numbers, which do not run over: [channels, (count, sum, sum of squares)]."""
    bins: Int64[np.ndarray, "channels bins"] = field(init=False)

    def __post_init__(self) -> None:
        self.sums = np.zeros((self.channels, 3), object)
        self.bins = np.zeros((self.channels, BINS), np.int64)

    def add(self, block: Block, first_rows: np.ndarray, times: np.ndarray) -> None:
        """Add pictures of `block` whose rows begin at `first_rows`, each so many `times`."""
        rows = first_rows[:, None] + np.arange(self.channels)
        self.pictures += int(times.sum())
        self.sums += (block.sums[rows].astype(object) * times.astype(object)[:, None, None]).sum(axis=0)
        self.bins += (block.bins[rows].astype(np.int64) * times[:, None, None]).sum(axis=0)


@dataclass
class Tally:
    """What was found in the files of one split."""

    grey: PixelSums = field(default_factory=lambda: PixelSums(1))
    color: PixelSums = field(default_factory=lambda: PixelSums(3))
    sizes: Counter[tuple[int, int]] = field(default_factory=Counter)
    """Files by (height, width)."""
    modes: Counter[str] = field(default_factory=Counter)
    formats: Counter[str] = field(default_factory=Counter)
    changes: Counter[str] = field(default_factory=Counter)
    """Pictures by what has to be done to them besides decoding."""
    mask_values: Counter[str] = field(default_factory=Counter)
    """Pixels of masks by their value."""
    clips: Counter[tuple[int, float]] = field(default_factory=Counter)
    """Clips by (frames, frames a second)."""

    def add(self, block: Block, times: Sequence[int]) -> None:
        """Add the files of `block`, each so many times as `times` says; 0 leaves it out."""
        often = np.array(times, np.int64)
        for place, facts in enumerate(block.facts):
            count = int(often[block.which == place].sum())
            if count and not isinstance(facts, Bad):
                self._count(facts, count)
        rows = np.array([f.channels if isinstance(f, PictureFacts) else 0 for f in block.facts], np.int64)
        channels = rows[block.which]
        first_rows = np.cumsum(channels) - channels
        for pixels in (self.grey, self.color):
            chosen = (channels == pixels.channels) & (often > 0)
            if chosen.any():
                pixels.add(block, first_rows[chosen], often[chosen])

    def _count(self, facts: PictureFacts | MaskFacts | ClipFacts, count: int) -> None:
        if isinstance(facts, MaskFacts):
            for value, pixels in facts.values:
                self.mask_values[value] += pixels * count
            return
        self.sizes[facts.height, facts.width] += count
        if isinstance(facts, ClipFacts):
            self.clips[facts.frames, facts.rate] += count
            self.formats[facts.codec] += count
            return
        self.modes[facts.mode] += count
        self.formats[facts.format] += count
        self.changes["turned by EXIF"] += count * facts.turned
        self.changes["transparent, laid over white"] += count * facts.transparent
        self.changes["16 bits, scaled to 8"] += count * facts.mode.startswith("I")

    def pixels(self) -> dict[str, Any] | None:
        """Return mean, deviation and histogram of every channel; None where there is no picture.

        Grey pictures among colored ones hold in each of three channels what they hold in their one.
        """
        if not self.grey.pictures + self.color.pictures:
            return None
        together = self.color if self.color.pictures else self.grey
        sums = together.sums + (self.grey.sums if together is self.color else 0)
        bins = together.bins + (self.grey.bins if together is self.color else 0)
        moments = [moments_of(*map(int, row)) for row in sums.tolist()]
        return {
            "channels": together.channels,
            "pictures": self.grey.pictures + self.color.pictures,
            "pixels": int(sums[0][0]),
            "mean": [mean for mean, _ in moments],
            "std": [std for _, std in moments],
            "histogram": bins.tolist(),
        }


def ranked(counts: Mapping[str, int]) -> dict[str, int]:
    """Return what there is at least one of, the most frequent first.

    Example:
        >>> ranked({"P": 0, "L": 2, "RGB": 2, "1": 5})
        {'1': 5, 'L': 2, 'RGB': 2}
    """
    return dict(sorted(((key, n) for key, n in counts.items() if n), key=lambda item: (-item[1], item[0])))
