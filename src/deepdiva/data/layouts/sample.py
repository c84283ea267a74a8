"""One sample of a data set, whatever the layout it was found in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

from deepdiva.data.splits import SplitName

LayoutName = Literal["class-folders", "mask-pairs", "multi-label", "text", "clips", "words", "points"]
LAYOUT_NAMES: tuple[LayoutName, ...] = get_args(LayoutName)

_NO_CELLS: Mapping[str, str] = {}
"""Shared by all samples that have no row: of a million, each costs only what differs."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A picture, a pair, a clip or a row, with what is known about it before it is opened."""

    name: str
    """Unique in the data set: the path of its first file below the root, or `<table>#<line>` of a row."""
    split: SplitName | None
    """None where the data set is not split yet."""
    files: tuple[str, ...]
    """Paths below the root whose bytes belong to it (of a mask pair: picture, then mask);
    empty for rows that are all text or numbers."""
    labels: tuple[str, ...] = ()
    """Its classes; empty where there are none."""
    cells: Mapping[str, str] = field(default_factory=lambda: _NO_CELLS, hash=False)
    """The other columns of its row (text, transcription, writer, page, x, y, ...)."""
    row: str = ""
    """`<table>#<line>` where it comes from a table."""
