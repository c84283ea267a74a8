"""STL-10, the labelled part: a tar of raw bytes.

A picture is 96x96 pixels: all of red, then green, then blue, column after column; labels
count from 1 (A. Coates, H. Lee and A. Y. Ng, "STL-10 dataset").
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from deepdiva.data.get.part import Part, Parts, part_of, refuse_other_names, unreadable
from deepdiva.provenance.archives import Limits, pick

_ARCHIVE = "stl10_binary.tar.gz"
_LIMITS = Limits(member_bytes=2**32, total_bytes=2**33)
"""The unlabelled pictures, which are passed over, have 2.8 billion bytes."""
_SIDE = 96


def read_stl10(files: Mapping[str, Path], classes: tuple[str, ...]) -> Parts:
    """Return train and test.

    Raises:
        DataError: the archive is unsafe or damaged (ARC-001 to ARC-004), a file of it is not in
            this format (DATA-070), or labels or names are odd (DATA-072).
    """
    names = ["class_names.txt", "train_X.bin", "train_y.bin", "test_X.bin", "test_y.bin"]
    found = pick(files[_ARCHIVE], [f"stl10_binary/{name}" for name in names], limits=_LIMITS)
    inside = {name: found.get(f"stl10_binary/{name}") for name in names}
    missing = next((name for name, content in inside.items() if content is None), None)
    if missing is not None:
        raise unreadable(Path(_ARCHIVE), f"it holds no stl10_binary/{missing}")
    refuse_other_names(
        Path("class_names.txt"), (inside["class_names.txt"] or b"").decode("latin-1").split(), classes
    )
    return {"train": _part(inside, "train", classes), "test": _part(inside, "test", classes)}


def _part(inside: Mapping[str, bytes | None], split: str, classes: tuple[str, ...]) -> Part:
    content = np.frombuffer(inside[f"{split}_X.bin"] or b"", np.uint8)
    if content.size % (3 * _SIDE * _SIDE):
        raise unreadable(Path(f"{split}_X.bin"), f"{content.size:,} bytes are no whole number of pictures")
    pixels = content.reshape(-1, 3, _SIDE, _SIDE).transpose(0, 3, 2, 1)
    labels = np.frombuffer(inside[f"{split}_y.bin"] or b"", np.uint8).astype(np.int64) - 1
    return part_of(Path(f"{split}_X.bin"), pixels, labels, len(classes))
