"""The work of one process: decode some files and count what they hold."""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Int64, UInt32

from deepdiva.data.analysis.block import BINS, Bad, Block, Facts, PictureFacts, Role, to_line
from deepdiva.data.analysis.clips import clip_versions, look_at_clip
from deepdiva.data.analysis.mask_values import look_at_mask
from deepdiva.data.pictures import BadPicture, decode_whole, decoder_versions
from deepdiva.provenance.contents import Contents

_VALUES = np.arange(256, dtype=np.int64)
_POWERS = np.stack([_VALUES**0, _VALUES, _VALUES**2], axis=1)
Histograms = bytearray
"""Pixels of each value, 256 numbers of 64 bits for each channel, one channel after the other."""


@dataclass(frozen=True)
class Job:
    """Files that one process looks at in one go."""

    role: Role
    paths: Sequence[str]
    contents: Contents


def versions(role: Role) -> Mapping[str, str]:
    """Return the versions of what decodes files of this role."""
    return clip_versions() if role == "clip" else decoder_versions()


def look(job: Job) -> bytes:
    """Return what was found, as a line of the cache.

    Raises:
        DataError: a file changed after it was verified (DATA-042), or clips cannot be read at
            all (DATA-081).
    """
    histograms = Histograms()
    read = _READERS[job.role]
    facts: dict[Facts, int] = {}
    which = [
        facts.setdefault(_or_bad(read, job.contents.read(path), histograms), len(facts)) for path in job.paths
    ]
    counts = np.frombuffer(histograms, np.int64).reshape(-1, 256)
    block = Block(
        role=job.role,
        versions=versions(job.role),
        digests=[job.contents.digest(path) for path in job.paths],
        facts=list(facts),
        which=np.array(which, np.int64),
        sums=counts @ _POWERS,
        bins=_binned(counts),
    )
    return to_line(block)


def _or_bad(read: Callable[[bytes, Histograms], Facts], content: bytes, histograms: Histograms) -> Facts:
    try:
        return read(content, histograms)
    except BadPicture as error:
        return Bad(error.code, error.reason)


def _picture(content: bytes, histograms: Histograms) -> Facts:
    image, header = decode_whole(content)
    counts = image.histogram()  # ten times as fast as numpy counts a large picture
    histograms += struct.pack(f"{len(counts)}q", *counts)  # three times as fast as numpy takes a list in
    channels = 1 if image.mode == "L" else 3
    return PictureFacts(
        header.height, header.width, header.mode, header.format, channels, header.turned, header.transparent
    )


_READERS: Mapping[Role, Callable[[bytes, Histograms], Facts]] = {
    "picture": _picture,
    "mask": lambda content, _: look_at_mask(content),
    "clip": lambda content, _: look_at_clip(content),
}


def _binned(counts: Int64[np.ndarray, "rows 256"]) -> UInt32[np.ndarray, "rows bins"]:
    bins: np.ndarray = np.add.reduce([counts[:, first :: 256 // BINS] for first in range(256 // BINS)])
    return bins.astype(np.uint32)
