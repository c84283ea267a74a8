"""Which files of a data set in class folders are samples, and what is wrong with a layout."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from deepdiva.data.splits import SPLIT_NAMES, SplitName
from deepdiva.errors import DataError
from deepdiva.provenance import VerifiedData
from deepdiva.provenance.tree import is_ignored, printable

SHAPE = "train/<class>/<picture>, val/<class>/<picture> and test/<class>/<picture>"

Samples = Mapping[SplitName, list[str]]


def class_of(name: str) -> str:
    """Return the class of the sample called `name`: its second folder.

    Example:
        >>> class_of("train/cat/1.png")
        'cat'
    """
    return name.split("/", 2)[1]


def classes_of(names: Sequence[str]) -> list[str]:
    """Return the classes of samples, sorted."""
    return sorted({class_of(name) for name in names})


def list_samples(files: VerifiedData) -> Samples:
    """Return the paths of the samples of each split, sorted; no file is opened.

    Raises:
        DataError: another layout (DATA-015), empty class folders (DATA-010), classes that the
            train split lacks (DATA-011), or a single class (DATA-012).
    """
    names = [name for name in sorted(files.footprint.files) if name.count("/") > 1 and not is_hidden(name)]
    samples = {split: [name for name in names if name.startswith(f"{split}/")] for split in SPLIT_NAMES}
    _refuse_other_layouts(files, samples)
    _refuse_empty_classes(files.root, samples)
    _refuse_odd_classes(files.root, samples)
    return samples


def is_hidden(name: str) -> bool:
    """Tell whether a file is hidden: its name, or that of a folder above it, begins with a dot.

    Example:
        >>> is_hidden("train/.trash/1.png"), is_hidden("train/cat/1.png")
        (True, False)
    """
    return "/." in f"/{name}"


def _refuse_other_layouts(files: VerifiedData, samples: Samples) -> None:
    missing = [split for split in SPLIT_NAMES if not samples[split]]
    if not missing:
        return
    inner = [child for child in _folders(files.root) if _has_splits(files.root / child)]
    raise DataError(
        f"{files.root} has no samples of {' and '.join(missing)}; it holds {_seen(files)}",
        expected=f"{SHAPE} below it",
        remedy=f"did you mean --data {files.root / inner[0]}?"
        if inner
        else "sort the pictures into these folders",
        code="DATA-015",
    )


def _seen(files: VerifiedData) -> str:
    """Describe what lies at the top of a data set, by the shape of its first files."""
    names = sorted(files.footprint.files)
    tops: dict[str, str] = {}
    for name in names:
        tops.setdefault(name.partition("/")[0], name)
    shown = [printable(example) for example in list(tops.values())[:5]]
    return ", ".join(shown) + (f", ... ({len(names)} files)" if len(names) > len(shown) else "")


def _refuse_empty_classes(root: Path, samples: Samples) -> None:
    empty = [
        f"{split}/{name}"
        for split in SPLIT_NAMES
        for name in sorted(set(_folders(root / split)) - set(classes_of(samples[split])))
    ]
    if empty:
        raise DataError(
            f"{len(empty)} class folders of {root} hold no sample: {_some(empty)}",
            expected="at least one picture in every class folder",
            remedy="remove the empty folders, or put the pictures back",
            code="DATA-010",
        )


def _refuse_odd_classes(root: Path, samples: Samples) -> None:
    known = classes_of(samples["train"])
    unknown = sorted({*classes_of(samples["val"]), *classes_of(samples["test"])} - set(known))
    if unknown:
        raise DataError(
            f"classes of val or test in {root} that train does not have: {_some(unknown)}",
            expected=f"only classes of the train split: {_some(known)}",
            remedy="move samples of these classes to train, or remove the folders",
            code="DATA-011",
        )
    if len(known) == 1:
        raise DataError(
            f"{root} has one class only: {_some(known)}",
            expected="two classes or more: with one there is nothing to tell apart",
            remedy=f"lay the pictures out as {SHAPE}",
            code="DATA-012",
        )


def _folders(place: Path) -> list[str]:
    """Return the names of the folders in `place` that could hold samples."""
    with os.scandir(place) as entries:
        names = [entry.name for entry in entries if entry.is_dir(follow_symlinks=False)]
    return sorted(name for name in names if not is_ignored(name) and not name.startswith("."))


def _has_splits(place: Path) -> bool:
    return "train" in _folders(place)


def _some(names: Sequence[str]) -> str:
    return ", ".join(printable(name) for name in names[:20]) + (", ..." if len(names) > 20 else "")
