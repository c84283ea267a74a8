"""Decode once: all pictures of a data set in one file of bytes, mapped into memory ever after.

A pack lies in the state folder under a name made of the footprint's digest, the settings
and the versions of the decoders.  It is written whole or not at all, its digests are checked
before its bytes are used, and it can be deleted at any time: it is made again then.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import shutil
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from deepdiva.data.decode import Inventory, OtherShapeError, decode_all, guess_shape, settle_shape
from deepdiva.data.images import Pixels
from deepdiva.data.picture_shape import Shape, Wish
from deepdiva.data.pictures import decoder_versions
from deepdiva.data.pixels import BlockWriter, FilePixels, PackedPixels, damaged
from deepdiva.errors import DataError
from deepdiva.provenance import VerifiedData
from deepdiva.provenance.contents import Contents
from deepdiva.provenance.files import (
    TEMPORARY_PREFIX,
    atomic_file,
    atomic_folder,
    free_bytes,
    write_atomically,
)
from deepdiva.provenance.places import state_folder
from deepdiva.provenance.waiting import shown

FORMAT = "deepdiva pack 1"
PIXELS, FACTS = "pixels.npy", "facts.json"


def open_pictures(
    files: VerifiedData,
    names: Sequence[str],
    *,
    train: int,
    wish: Wish,
    limit_bytes: int | None = None,
) -> tuple[Pixels, Inventory]:
    """Return the pixels of the pictures called `names`, row by row, and what is known of them.

    Args:
        files: The verified data set.
        names: Paths below its root.
        train: So many of the first names are the train split.
        wish: Size and color.
        limit_bytes: A larger pack is not made: pictures are decoded whenever they are read,
            to the same bits.  None means half of what is free on the disk.

    Raises:
        DataError: see `decode.decode_all`.
        ResourceError: the state folder cannot be written.
    """
    folder = state_folder() / "cache" / _key(files, names, train, wish)
    limit = free_bytes(folder) // 2 if limit_bytes is None else limit_bytes
    known = _load(folder, len(names), limit)
    if known is None:
        _discard(folder)
        _make(folder, Contents(files), names, train=train, wish=wish, limit=limit)
        known = _load(folder, len(names), limit)
    if known is None:
        raise damaged(folder)
    pixels, inventory = known
    return pixels or FilePixels(Contents(files), tuple(names), inventory), inventory


def _key(files: VerifiedData, names: Sequence[str], train: int, wish: Wish) -> str:
    """Return a name for all that decides about the bytes of a pack."""
    chosen = hashlib.sha256("\0".join(names).encode()).hexdigest()
    facts = [FORMAT, files.footprint.digest, chosen, train, asdict(wish), decoder_versions()]
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:32]


def _make(
    folder: Path,
    contents: Contents,
    names: Sequence[str],
    *,
    train: int,
    wish: Wish,
    limit: int,
) -> None:
    """Decode everything and put what came of it into `folder`, whole or not at all."""
    decoding = partial(decode_all, contents, names, train=train, allow_bad=wish.allow_bad)
    with shown("decoding pictures, once") as report:
        shape = guess_shape(contents, names[:train], wish)
        if shape is not None:
            with suppress(OtherShapeError):
                guessing = partial(decoding, shape=shape, guessed=True, progress=report)
                _fill(folder, guessing, shape, len(names), limit)
                return
        shape = settle_shape(contents, names[:train], wish)
        _fill(folder, partial(decoding, shape=shape, progress=report), shape, len(names), limit)


def _fill(folder: Path, decoding: Callable[..., Inventory], shape: Shape, pictures: int, limit: int) -> None:
    with atomic_folder(folder) as staging:
        if shape.size * pictures > limit:
            write_atomically(staging / FACTS, _serialize(decoding(), None))
            return
        with atomic_file(staging / PIXELS) as stream:
            writer = BlockWriter(stream, (pictures, shape.height, shape.width, shape.channels))
            inventory = decoding(keep=writer.add)
        write_atomically(staging / FACTS, _serialize(inventory, writer.digests()))


def _discard(folder: Path) -> None:
    """Remove a pack that cannot be used; its name is free at once."""
    doomed = folder.with_name(f"{TEMPORARY_PREFIX}{secrets.token_hex(8)}")
    with suppress(FileNotFoundError):
        folder.rename(doomed)
    shutil.rmtree(doomed, ignore_errors=True)


def _serialize(inventory: Inventory, digests: Sequence[str] | None) -> bytes:
    facts = {
        "format": FORMAT,
        "shape": asdict(inventory.shape),
        "histograms": inventory.histograms.tolist(),
        "counts": dict(inventory.counts),
        "bad": inventory.bad,
        "decoder": dict(inventory.decoder),
        "digests": digests,
    }
    return json.dumps({"checksum": _checksum(facts), "facts": facts}, sort_keys=True).encode()


def _checksum(facts: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


def _load(folder: Path, pictures: int, limit: int) -> tuple[PackedPixels | None, Inventory] | None:
    """Return what lies in `folder`; None where it is missing, damaged, or unpacked although it would fit."""
    try:
        parts = json.loads((folder / FACTS).read_bytes())
        facts = parts["facts"]
        if parts["checksum"] != _checksum(facts):
            return None
        inventory = Inventory(
            shape=Shape(**facts["shape"]),
            histograms=np.array(facts["histograms"], np.int64),
            counts=Counter(facts["counts"]),
            bad=facts["bad"],
            decoder=facts["decoder"],
        )
        shape = inventory.shape
        if facts["digests"] is None:
            return None if shape.size * pictures <= limit else (None, inventory)
        full = (pictures, shape.height, shape.width, shape.channels)
        return PackedPixels(folder / PIXELS, full, facts["digests"]), inventory
    except (OSError, ValueError, KeyError, TypeError, DataError):
        return None
