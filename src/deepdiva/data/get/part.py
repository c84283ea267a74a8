"""What a reader of a published format gives: pictures with labels, for one official split."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
from jaxtyping import Int64, UInt8

from deepdiva.errors import DataError
from deepdiva.provenance.tree import printable

PartName = Literal["train", "test", "extra"]


class Part(NamedTuple):
    """An official split; `extra` is more for training."""

    pixels: UInt8[np.ndarray, "samples height width channels"]
    labels: Int64[np.ndarray, " samples"]
    """Numbers of classes, from 0."""


Parts = Mapping[PartName, Part]


def part_of(
    file: Path, pixels: UInt8[np.ndarray, "samples height width channels"], labels: np.ndarray, classes: int
) -> Part:
    """Return the part that `file` holds.

    Raises:
        DataError: there is nothing in it, not one label for each picture (DATA-070), or a label
            that no class has (DATA-072).
    """
    if labels.ndim != 1 or len(labels) != len(pixels) or not len(labels):
        raise unreadable(file, f"{len(pixels):,} pictures and labels of shape {labels.shape}")
    odd = np.flatnonzero((labels < 0) | (labels >= classes))
    if len(odd):
        raise DataError(
            f"{file.name}: sample {odd[0]} is of class {labels[odd[0]]}, and {len(odd) - 1} more are as odd",
            expected=f"classes from 0 to {classes - 1}",
            remedy="get the file from the publisher, without --checksum",
            code="DATA-072",
        )
    return Part(np.ascontiguousarray(pixels), labels.astype(np.int64))


def refuse_other_names(file: Path, found: object, classes: tuple[str, ...]) -> None:
    """Refuse an archive that calls its classes by other names than were published (DATA-072)."""
    if found != list(classes):
        texts = [name for name in found if isinstance(name, str)] if isinstance(found, list) else []
        raise DataError(
            f"{file.name} names other classes: {printable(', '.join(texts)[:200])}",
            expected=", ".join(classes[:5]) + f", ... ({len(classes)} names, in this order)",
            remedy="get the file from the publisher, without --checksum",
            code="DATA-072",
        )


def unreadable(file: Path, why: str) -> DataError:
    """Return the error for a file that is not what its format asks for."""
    return DataError(
        f"{file.name} cannot be read: {why}",
        expected="the format in which it was published",
        remedy="get the file from the publisher, without --checksum",
        code="DATA-070",
    )
