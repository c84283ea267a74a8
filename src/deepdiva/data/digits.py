"""The demo's data: 1,797 real handwritten digits of 8x8 pixels, which come inside scikit-learn.

They are written as PNG class folders, the layout that any data set of pictures can take.
Every byte is ours to decide, so the data set has the same digest on every machine.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Int64, UInt8

from deepdiva.data.splits import SPLIT_NAMES, SplitName
from deepdiva.errors import ConfigError, DataError
from deepdiva.provenance.files import atomic_folder
from deepdiva.provenance.footprint import save, take_footprint
from deepdiva.provenance.places import mark_as_ours
from deepdiva.provenance.verify import verify
from deepdiva.randomness import LARGEST_SEED, SeedPlan, keyed_order


@dataclass(frozen=True, kw_only=True)
class GottenData:
    """A data set that lies ready."""

    folder: Path
    data_sha256: str
    """The identity of the data set: the root digest of its footprint."""
    counts: Mapping[SplitName, int]
    """Samples of each split."""
    classes: int
    made: bool
    """False where the same data set lay there already."""


def get_digits(to: Path, *, seed: int = 1) -> GottenData:
    """Write the digits to `to`/digits/{train,val,test}/<digit>/<number>.png, with a footprint.

    Each class is put in an order drawn from `seed`; its first fifth is the test split, the
    second fifth the val split, both rounded down, and the rest the train split.  Grey values
    0 to 16 become 0 to 255 by (255 v + 8) // 16.  The number of a file is the place of the
    digit in scikit-learn's table.

    Raises:
        ConfigError: the seed is not in [0, 2**63) (CFG-004).
        DataError: `to`/digits is there and holds anything else (DATA-048, or see `verify`).
        ResourceError: the folder cannot be written.
    """
    _refuse_odd_seed(seed)
    folder = to / "digits"
    labels, pictures = _load()
    names = dict(_split(labels, seed))
    with atomic_folder(folder) as staging:
        for index, name in names.items():
            place = staging / name
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(encode_png(pictures[index]))
        mark_as_ours(staging)
        footprint = take_footprint(staging)
        save(footprint, staging)
        made = not folder.exists()
        if not made:
            _refuse_other(folder, footprint.digest)
    counts = {split: sum(name.startswith(f"{split}/") for name in names.values()) for split in SPLIT_NAMES}
    return GottenData(
        folder=folder, data_sha256=footprint.digest, counts=counts, classes=len(set(labels)), made=made
    )


def _refuse_odd_seed(seed: int) -> None:
    if not 0 <= seed <= LARGEST_SEED:
        raise ConfigError(
            f"seed = {seed}",
            expected="a whole number from 0 to 2**63 - 1",
            remedy="choose another --seed",
            code="CFG-004",
        )


def _load() -> tuple[Int64[np.ndarray, " samples"], UInt8[np.ndarray, "samples 8 8"]]:
    from sklearn.datasets import load_digits  # the one reader that needs it, half a second to import

    table = load_digits()
    return table.target.astype(np.int64), ((table.images.astype(np.int64) * 255 + 8) // 16).astype(np.uint8)


def _split(labels: Int64[np.ndarray, " samples"], seed: int) -> Iterator[tuple[int, str]]:
    """Yield every sample with its path."""
    plan = SeedPlan(seed)
    for digit in range(10):
        members = np.flatnonzero(labels == digit)
        drawn = members[keyed_order(plan.seed(f"split {digit}"), 0, len(members))]
        fifth = len(members) // 5
        for place, index in enumerate(drawn.tolist()):
            split = "test" if place < fifth else "val" if place < 2 * fifth else "train"
            yield index, f"{split}/{digit}/{index:04d}.png"


def _refuse_other(folder: Path, digest: str) -> None:
    present = verify(folder, deep=True).footprint.digest
    if present != digest:
        raise DataError(
            f"{folder} holds another data set: its digest is {present[:12]}",
            expected=f"nothing there, or the digits of this seed, digest {digest[:12]}",
            remedy="choose another folder with --to, or move that one away",
            code="DATA-048",
        )


def encode_png(pixels: UInt8[np.ndarray, "height width"]) -> bytes:
    """Return `pixels` as an 8-bit grey PNG without compression (PNG specification, W3C 2003).

    Compressed bytes would depend on the version of the compressor, and so would the digest
    of the data set.

    Args:
        pixels: At most 65,000 pixels: one block of the stream.
    """
    height, width = pixels.shape
    rows = b"".join(b"\0" + row.tobytes() for row in pixels)
    block = struct.pack("<BHH", 1, len(rows), len(rows) ^ 0xFFFF) + rows
    stream = b"\x78\x01" + block + struct.pack(">I", zlib.adler32(rows))
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    chunks = (_chunk(b"IHDR", header), _chunk(b"IDAT", stream), _chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
