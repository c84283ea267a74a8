"""MNIST and its kin: four gzip files of the IDX format (Y. LeCun, "The MNIST database").

A file begins with two zero bytes, the type of the values (8: unsigned byte) and the number of
axes; the length of each axis follows in four bytes, most significant first, then the values.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from deepdiva.data.get.part import Part, Parts, part_of, unreadable
from deepdiva.provenance.archives import Limits
from deepdiva.provenance.archives.streams import packing_of, reading, unpacked

_CHUNK = 2**20
LARGEST = 2**30
"""Bytes of a file, unpacked; MNIST has 47 million."""


def read_mnist(files: Mapping[str, Path], classes: tuple[str, ...]) -> Parts:
    """Return train and test; files are those that were fetched, by their published names.

    Raises:
        DataError: a file is not in this format (ARC-004, DATA-070) or has odd labels (DATA-072).
    """
    return {"train": _part(files, "train", classes), "test": _part(files, "t10k", classes)}


def _part(files: Mapping[str, Path], split: str, classes: tuple[str, ...]) -> Part:
    pictures, labels = f"{split}-images-idx3-ubyte.gz", f"{split}-labels-idx1-ubyte.gz"
    pixels = read_idx(files[pictures], Path(pictures), axes=3)
    return part_of(
        Path(pictures), pixels[..., None], read_idx(files[labels], Path(labels), axes=1), len(classes)
    )


def read_idx(place: Path, name: Path, *, axes: int) -> UInt8[np.ndarray, "..."]:
    """Return the array in the file at `place`, which is called `name` in messages.

    Raises:
        DataError: it is damaged (ARC-004), or holds something else (DATA-070).
    """
    limits = Limits(total_bytes=LARGEST)
    with reading(place), unpacked(place, packing_of(place), limits=limits) as stream:
        content = b"".join(iter(lambda: stream.read(_CHUNK), b""))
    head = 4 + 4 * axes
    if len(content) < head or content[:4] != bytes([0, 0, 8, axes]):
        raise unreadable(name, f"it begins with {content[:4]!r}, not as bytes along {axes} axes do")
    lengths = struct.unpack_from(f">{axes}I", content, 4)
    expected = int(np.prod([int(length) for length in lengths], dtype=object))
    if len(content) - head != expected or not expected:
        raise unreadable(name, f"it announces {expected:,} values and holds {len(content) - head:,}")
    return np.frombuffer(content, np.uint8, offset=head).reshape(lengths)
