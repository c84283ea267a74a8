"""SVHN, cropped digits: a MATLAB file for each split, pictures in `X`, labels in `y`.

`X` has the axes height, width, color, sample; the digit 0 is labelled 10 (Y. Netzer and
others, "The Street View House Numbers Dataset").
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from deepdiva.data.get.mat5 import read_mat5
from deepdiva.data.get.part import Part, PartName, Parts, part_of, unreadable


def read_svhn(files: Mapping[str, Path], classes: tuple[str, ...]) -> Parts:
    """Return train and test, and extra where its file was fetched.

    Raises:
        DataError: a file is not in this format (DATA-070) or has odd labels (DATA-072).
    """
    names: tuple[PartName, ...] = ("train", "test", "extra")
    kept = {name: f"{name}_32x32.mat" for name in names}
    return {name: _part(files[file], Path(file), classes) for name, file in kept.items() if file in files}


def _part(place: Path, file: Path, classes: tuple[str, ...]) -> Part:
    arrays = read_mat5(place, file)
    pixels, labels = arrays.get("X"), arrays.get("y")
    if pixels is None or pixels.dtype != np.uint8 or pixels.ndim != 4 or pixels.shape[:3] != (32, 32, 3):
        raise unreadable(file, "'X' is no array of bytes of 32 x 32 x 3 x samples")
    if labels is None or labels.ndim != 2 or labels.shape[1] != 1 or (np.floor(labels) != labels).any():
        raise unreadable(file, "'y' is no column of whole numbers")
    if (labels == 0).any():
        raise unreadable(file, "a label is 0; the digit 0 is published as 10")
    numbers = np.where(labels[:, 0] == len(classes), 0, labels[:, 0])
    return part_of(file, pixels.transpose(3, 0, 1, 2), numbers, len(classes))
