"""All pictures of a data set to pixels of one size, every bad file named before training."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

import numpy as np
from jaxtyping import Int64, UInt8

from deepdiva.data.picture_shape import Shape, Wish, is_surely, shape_of
from deepdiva.data.pictures import FORMATS, BadPicture, Header, decode, decoder_versions, read_header
from deepdiva.errors import DataError
from deepdiva.provenance.contents import Contents
from deepdiva.provenance.tree import printable

LARGE = 2**15
"""Mean size of files in bytes from which several threads pay: decoders let go of the interpreter."""
CHUNK = 2**26
"""Bytes of pixels decoded before they are handed on."""
SHOWN = 1000
"""Bad files named in a message."""

Block = UInt8[np.ndarray, "pictures height width channels"]
Found = tuple[UInt8[np.ndarray, "height width channels"], Header] | BadPicture
R = TypeVar("R")


@dataclass(kw_only=True)
class Inventory:
    """What was seen while all pictures were decoded."""

    shape: Shape
    histograms: Int64[np.ndarray, "channels 256"]
    """How many pixels of the train split have each value."""
    counts: Counter[str] = field(default_factory=Counter)
    """Files by mode, by format, and by what had to be done to them."""
    bad: dict[str, str] = field(default_factory=dict)
    """Files left out, with the reason."""
    decoder: Mapping[str, str] = field(default_factory=decoder_versions)


class OtherShapeError(Exception):
    """Pictures were decoded to a shape that was only guessed, and one of them speaks against it."""


def guess_shape(contents: Contents, train: Sequence[str], wish: Wish) -> Shape | None:
    """Return what one picture says about the shape; None where one cannot say enough.

    Most data sets hold pictures of one size, and are read once instead of twice by guessing.
    """
    if not train or (wish.height, wish.width) != (None, None):
        return None
    header = _or_bad(read_header, contents, train[0])
    return None if isinstance(header, BadPicture) else shape_of([header], wish)


def settle_shape(contents: Contents, train: Sequence[str], wish: Wish) -> Shape:
    """Return the shape that is wished for; where nothing is, decide by the train split alone.

    Raises:
        DataError: there is no good picture among `train` (DATA-001).
    """
    if wish.height and wish.width and wish.channels:
        return Shape(height=wish.height, width=wish.width, channels=wish.channels)
    found = [_or_bad(read_header, contents, name) for name in train]
    headers = [header for header in found if isinstance(header, Header)]
    if not headers:
        raise refuse_bad(
            {n: _reason(f) for n, f in zip(train, found, strict=True) if isinstance(f, BadPicture)}
        )
    return shape_of(headers, wish)


def decode_all(
    contents: Contents,
    names: Sequence[str],
    *,
    train: int,
    shape: Shape,
    allow_bad: int = 0,
    guessed: bool = False,
    keep: Callable[[Block], object] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Inventory:
    """Decode the pictures called `names` in order and return what was seen.

    Args:
        contents: The verified files.
        names: Paths below the root of the data set.
        train: So many of the first names are the train split.
        shape: What every picture becomes.
        allow_bad: So many bad files are allowed; their pixels are zeros.
        guessed: Stop at the first train picture that could make the shape another one.
        keep: Is given the pixels, block by block.
        progress: Is told how many pictures are done, and of how many.

    Raises:
        DataError: more bad files than allowed, all of them named (DATA-001, DATA-003,
            DATA-004); or a file changed after it was verified (DATA-042).
        OtherShapeError: the shape was `guessed`, and may be wrong.
    """
    inventory = Inventory(shape=shape, histograms=np.zeros((shape.channels, 256), np.int64))
    step = max(1, min(256, CHUNK // shape.size))
    task = partial(decode, height=shape.height, width=shape.width, channels=shape.channels)
    with _mapping(contents, names) as mapped:
        for start in range(0, len(names), step):
            part = names[start : start + step]
            found = mapped(partial(_or_bad, task, contents), part)
            if guessed:
                found = _doubted(found, shape, train - start)
            block = _take_in(inventory, part, found)
            inventory.histograms += _histograms(block[: max(0, train - start)])
            if keep is not None:
                keep(block)
            if progress is not None:
                progress(start + len(part), len(names))
    if len(inventory.bad) > allow_bad:
        raise refuse_bad(inventory.bad)
    return inventory


def refuse_bad(bad: Mapping[str, str]) -> DataError:
    """Return the error that names all `bad` files with the code and the reason of each."""
    lines = [
        f"  {reason.split(':', 1)[0]} {printable(name)}:{reason.split(':', 1)[1]}"
        for name, reason in bad.items()
    ]
    if len(lines) > SHOWN:
        lines = [*lines[:SHOWN], f"  ... and {len(bad) - SHOWN} more"]
    return DataError(
        f"{len(bad)} file{'s' if len(bad) > 1 else ''} cannot be used:\n" + "\n".join(lines),
        expected=f"pictures ({', '.join(FORMATS)}) that can be decoded in full",
        remedy="replace or remove them, then `deepdiva data footprint DIR --update`",
        code=min(reason.split(":", 1)[0] for reason in bad.values()),
    )


def _or_bad(read: Callable[[bytes], R], contents: Contents, name: str) -> R | BadPicture:
    try:
        return read(contents.read(name))
    except BadPicture as error:
        return error


def _reason(fault: BadPicture) -> str:
    return f"{fault.code}: {fault.reason}"


@contextmanager
def _mapping(contents: Contents, names: Sequence[str]) -> Iterator[Callable[..., Iterator[Any]]]:
    """Give a `map` that uses threads where files are large enough for them to pay."""
    mean = sum(contents.size(name) for name in names) / max(1, len(names))
    count = min(os.cpu_count() or 1, 8)
    if mean < LARGE or count == 1:
        yield map
        return
    with ThreadPoolExecutor(count) as threads:
        yield threads.map


def _doubted(found: Iterator[Found], shape: Shape, train: int) -> Iterator[Found]:
    """Hand on what was found, unless one of the first `train` of it need not have `shape`."""
    for number, picture in enumerate(found):
        if number < train and (isinstance(picture, BadPicture) or not is_surely(shape, picture[1])):
            raise OtherShapeError
        yield picture


def _take_in(
    inventory: Inventory,
    names: Sequence[str],
    found: Iterator[Found],
) -> Block:
    """Count what was found, and return the pixels as one block."""
    shape = inventory.shape
    block = np.zeros((len(names), shape.height, shape.width, shape.channels), np.uint8)
    for row, name, picture in zip(block, names, found, strict=True):
        if isinstance(picture, BadPicture):
            inventory.bad[name] = _reason(picture)
            continue
        row[...], header = picture
        inventory.counts.update(_traits(header, shape))
    return block


def _traits(header: Header, shape: Shape) -> Iterator[str]:
    yield f"mode {header.mode}"
    yield f"format {header.format}"
    for trait, holds in (
        ("turned by EXIF", header.turned),
        ("transparent, laid over white", header.transparent),
        ("16 bits, scaled to 8", header.deep),
        ("resized", (header.height, header.width) != (shape.height, shape.width)),
    ):
        if holds:
            yield trait


def _histograms(block: Block) -> Int64[np.ndarray, "channels 256"]:
    channels = block.shape[-1]
    flat = block.reshape(-1, channels)
    return np.stack([np.bincount(flat[:, channel], minlength=256) for channel in range(channels)])
