"""What must not be parted: samples of one group, and samples of the same content."""

from __future__ import annotations

import hashlib
from collections.abc import Hashable, Iterable, Sequence

from deepdiva.data.layouts import Sample
from deepdiva.provenance.footprint import Footprint

Unit = tuple[int, ...]
"""Places of samples that go to one split together, ascending."""


def join(count: int, *ties: Iterable[Sequence[int]]) -> list[Unit]:
    """Return the units of `count` samples of which those in one tie belong together, by first place.

    Example:
        >>> join(5, [(0, 3)], [(3, 4)])
        [(0, 3, 4), (1,), (2,)]
    """
    heads = list(range(count))

    def head(place: int) -> int:
        while heads[place] != place:
            heads[place] = heads[heads[place]]
            place = heads[place]
        return place

    for kind in ties:
        for tie in kind:
            for place in tie[1:]:
                one, other = sorted((head(tie[0]), head(place)))
                heads[other] = one
    units: dict[int, list[int]] = {}
    for place in range(count):
        units.setdefault(head(place), []).append(place)
    return [tuple(unit) for unit in units.values()]


def alike(keys: Iterable[Hashable]) -> list[list[int]]:
    """Return the places of equal keys, where there are two or more.

    Example:
        >>> alike(["a", "b", "a"])
        [[0, 2]]
    """
    places: dict[Hashable, list[int]] = {}
    for place, key in enumerate(keys):
        places.setdefault(key, []).append(place)
    return [same for same in places.values() if len(same) > 1]


def content_of(sample: Sample, footprint: Footprint) -> str:
    """Return what makes two samples the same, whatever they are called and whatever their labels.

    The content of the picture, clip or crop; of a text, the text; of a point, its coordinates
    as numbers.
    """
    if sample.files:
        return footprint.files[sample.files[0]].digest
    if "text" in sample.cells:
        return hashlib.sha256(sample.cells["text"].encode("utf-8", "surrogatepass")).hexdigest()
    return repr((float(sample.cells["x"]), float(sample.cells["y"])))
