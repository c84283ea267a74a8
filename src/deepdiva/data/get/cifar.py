"""CIFAR-10 and CIFAR-100: a tar of pickles, each with an array of rows of 3,072 bytes.

A row is a picture of 32x32 pixels: all of red, then green, then blue, line after line
(A. Krizhevsky, "The CIFAR-10 dataset").
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from deepdiva.data.get.part import Part, Parts, part_of, refuse_other_names, unreadable
from deepdiva.data.get.plain_pickle import read_plain_pickle
from deepdiva.provenance.archives import Limits, pick

_LIMITS = Limits(member_bytes=2**28, total_bytes=2**30)
"""The largest file of the genuine archives has 155 million bytes."""
_FOLDERS = {"cifar-10-python.tar.gz": "cifar-10-batches-py", "cifar-100-python.tar.gz": "cifar-100-python"}
_ROW = 3 * 32 * 32


def read_cifar10(files: Mapping[str, Path], classes: tuple[str, ...]) -> Parts:
    """Return train, the five batches one after the other, and test.

    Raises:
        DataError: the archive is unsafe or damaged (ARC-001 to ARC-004), a file of it is not in
            this format (DATA-070, DATA-071), or labels or names are odd (DATA-072).
    """
    batches = [f"data_batch_{number}" for number in range(1, 6)]
    inside = _inside(files, "cifar-10-python.tar.gz", [*batches, "test_batch", "batches.meta"])
    refuse_other_names(Path("batches.meta"), inside["batches.meta"].get("label_names"), classes)
    train = [_part(Path(name), inside[name], "labels", classes) for name in batches]
    pixels, labels = (np.concatenate(arrays) for arrays in zip(*train, strict=True))
    return {
        "train": Part(pixels, labels),
        "test": _part(Path("test_batch"), inside["test_batch"], "labels", classes),
    }


def read_cifar100(files: Mapping[str, Path], classes: tuple[str, ...]) -> Parts:
    """Return train and test with the 100 fine classes.

    Raises:
        DataError: see `read_cifar10`.
    """
    inside = _inside(files, "cifar-100-python.tar.gz", ["train", "test", "meta"])
    refuse_other_names(Path("meta"), inside["meta"].get("fine_label_names"), classes)
    return {
        "train": _part(Path("train"), inside["train"], "fine_labels", classes),
        "test": _part(Path("test"), inside["test"], "fine_labels", classes),
    }


def _inside(files: Mapping[str, Path], archive: str, names: list[str]) -> dict[str, dict[str, object]]:
    """Return what is pickled in the files of `archive`, by their names in its one folder."""
    folder = archive.replace(
        "-python.tar.gz", "-batches-py" if archive.startswith("cifar-10-") else "-python"
    )
    found = pick(files[archive], [f"{folder}/{name}" for name in names], limits=_LIMITS)
    missing = [name for name in names if f"{folder}/{name}" not in found]
    if missing:
        raise unreadable(Path(archive), f"it holds no {folder}/{missing[0]}")
    return {name: read_plain_pickle(found.pop(f"{folder}/{name}"), Path(name)) for name in names}


def _part(file: Path, inside: Mapping[str, object], key: str, classes: tuple[str, ...]) -> Part:
    rows, labels = inside.get("data"), inside.get(key)
    if not isinstance(rows, np.ndarray) or rows.ndim != 2 or rows.shape[1] != _ROW:
        raise unreadable(file, f"'data' is no array of rows of {_ROW:,} bytes")
    if not isinstance(labels, list) or any(type(label) is not int for label in labels):
        raise unreadable(file, f"{key!r} is no list of whole numbers")
    pixels = rows.reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)
    return part_of(file, pixels, np.array(labels, object), len(classes))
