"""A few small pictures of every class, for a page that shows what the data look like."""

from __future__ import annotations

import io
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from PIL import Image

from deepdiva.data.layouts import Sample
from deepdiva.data.pictures import BadPicture, decode_whole
from deepdiva.provenance import VerifiedData
from deepdiva.provenance.contents import Contents

SIDE = 96
"""Pixels; larger pictures are made smaller."""
EACH, ALL = 8, 1000
"""Pictures of a class, and altogether; every class has one at least."""


@dataclass(frozen=True)
class Thumbnail:
    """A small picture file."""

    name: str
    kind: str
    """`png`, or `jpeg` of what was made smaller."""
    content: bytes


def thumbnails(files: VerifiedData, samples: Sequence[Sample]) -> Mapping[str, Sequence[Thumbnail]]:
    """Return small pictures of each class of the train split, or of the whole where nothing is split.

    Which ones is decided by the digests of their contents: the same wherever the data lie.
    Samples without a class are under the empty name; files that are no pictures are left out.
    """
    shown = [sample for sample in samples if sample.split in ("train", None) and sample.files]
    classes: dict[str, list[Sample]] = defaultdict(list)
    for sample in shown:
        for label in sample.labels or ("",):
            classes[label].append(sample)
    each = max(1, min(EACH, ALL // max(1, len(classes)))) if "" not in classes else 10 * EACH
    entries, contents = files.footprint.files, Contents(files)
    found = {}
    for label in sorted(classes):
        ordered = sorted(classes[label], key=lambda sample: (entries[sample.files[0]].digest, sample.name))
        found[label] = [small for sample in ordered[:each] if (small := _shrink(contents, sample))]
    return found


def _shrink(contents: Contents, sample: Sample) -> Thumbnail | None:
    try:
        image, _ = decode_whole(contents.read(sample.files[0]))
    except BadPicture:
        return None
    kind = "jpeg" if max(image.size) > SIDE else "png"
    image.thumbnail((SIDE, SIDE), Image.Resampling.BILINEAR)
    stream = io.BytesIO()
    image.save(stream, kind, quality=85)
    return Thumbnail(sample.name, kind, stream.getvalue())
