"""Whether every mask has the size of its picture, told before anything is made of the pairs."""

from __future__ import annotations

from collections.abc import Sequence

from deepdiva.data.layouts.sample import Sample
from deepdiva.data.pictures import BadPicture, read_header
from deepdiva.errors import DataError
from deepdiva.provenance import VerifiedData
from deepdiva.provenance.contents import Contents
from deepdiva.provenance.tree import printable
from deepdiva.provenance.waiting import shown

SHOWN = 20
"""Pairs named in a message."""


def refuse_other_sizes(files: VerifiedData, pairs: Sequence[Sample]) -> None:
    """Raise unless each mask is as high and wide as its picture, by what their files say.

    Raises:
        DataError: sizes differ, or a file is no picture (DATA-023); all are named.
    """
    contents, faults = Contents(files), []
    with shown(f"comparing sizes in {files.root}") as report:
        for done, pair in enumerate(pairs, start=1):
            reason = _difference(contents, pair)
            if reason:
                faults.append(f"  {printable(pair.name)}: {reason}")
            report(done, len(pairs))
    if faults:
        more = [f"  ... and {len(faults) - SHOWN} more"] if len(faults) > SHOWN else []
        raise DataError(
            f"{len(faults)} pairs of {files.root} do not fit:\n" + "\n".join([*faults[:SHOWN], *more]),
            expected="masks as high and wide as their pictures",
            remedy="replace or remove them, then `deepdiva data footprint DIR --update`",
            code="DATA-023",
        )


def _difference(contents: Contents, pair: Sample) -> str:
    try:
        picture, mask = (read_header(contents.read(path)) for path in pair.files)
    except BadPicture as error:
        return error.reason
    if (picture.height, picture.width) == (mask.height, mask.width):
        return ""
    return f"{picture.width}x{picture.height} pixels, its mask {mask.width}x{mask.height}"
