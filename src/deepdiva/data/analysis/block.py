"""What was found in some files, by the digests of their contents: the unit of work and of the cache."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np
from jaxtyping import Int64, UInt32

Role = Literal["picture", "mask", "clip"]
BINS = 64
"""Bars of the histogram that is shown; the sums beside it are exact."""


class PictureFacts(NamedTuple):
    """What one picture is."""

    height: int
    width: int
    """Pixels, after turning."""
    mode: str
    format: str
    channels: int
    """1 or 3: so many rows of `Block.sums` and `Block.bins` are its own."""
    turned: bool
    transparent: bool


class MaskFacts(NamedTuple):
    """What one mask is."""

    height: int
    width: int
    mode: str
    format: str
    values: tuple[tuple[str, int], ...]
    """Each value and its pixels; colors as `#rrggbb`."""


class ClipFacts(NamedTuple):
    """What one clip is."""

    height: int
    width: int
    frames: int
    rate: float
    """Frames a second."""
    codec: str


class Bad(NamedTuple):
    """Why a file cannot be used."""

    code: str
    reason: str


Facts = PictureFacts | MaskFacts | ClipFacts | Bad
_KINDS: dict[str, type[Facts]] = {
    "picture": PictureFacts,
    "mask": MaskFacts,
    "clip": ClipFacts,
    "bad": Bad,
}


@dataclass(frozen=True, kw_only=True)
class Block:
    """Facts of several files that are read in the same way."""

    role: Role
    versions: Mapping[str, str]
    """Of what decoded them."""
    digests: Sequence[str]
    facts: Sequence[Facts]
    """What there is to say, each once: many pictures of a data set are alike."""
    which: Int64[np.ndarray, " files"]
    """For each digest the place of its facts."""
    sums: Int64[np.ndarray, "rows 3"]
    """Of each channel of each picture: how many values, their sum, the sum of their squares."""
    bins: UInt32[np.ndarray, "rows bins"]
    """Of each channel of each picture: how many values lie in each 64th of the scale."""


def to_line(block: Block) -> bytes:
    """Return a block as one line that begins with its own checksum."""
    body = json.dumps(
        {
            "role": block.role,
            "versions": dict(block.versions),
            "digests": block.digests,
            "facts": [["bad" if isinstance(each, Bad) else block.role, *each] for each in block.facts],
            "which": _as_text(block.which.astype("<i8")),
            "sums": _as_text(block.sums.astype("<i8")),
            "bins": _as_text(block.bins.astype("<u4")),
        }
    ).encode()
    return b"%s %s\n" % (hashlib.sha256(body).hexdigest().encode(), body)


def from_line(line: bytes) -> Block | None:
    """Return the block that a line holds; None where the line was torn or changed."""
    checksum, _, body = line.rstrip(b"\n").partition(b" ")
    if hashlib.sha256(body).hexdigest().encode() != checksum:
        return None
    parts: dict[str, Any] = json.loads(body)
    return Block(
        role=parts["role"],
        versions=parts["versions"],
        digests=parts["digests"],
        facts=[_KINDS[kind](*values) for kind, *values in parts["facts"]],
        which=_as_array(parts["which"], "<i8", 1).ravel(),
        sums=_as_array(parts["sums"], "<i8", 3),
        bins=_as_array(parts["bins"], "<u4", BINS),
    )


def _as_text(array: np.ndarray) -> str:
    return base64.b64encode(array.tobytes()).decode()


def _as_array(text: str, kind: str, columns: int) -> np.ndarray:
    return np.frombuffer(base64.b64decode(text), kind).reshape(-1, columns)
