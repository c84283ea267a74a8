"""Pictures in `data/`, the mask of each under the same name in `gt/`, split or not.

    ROOT/train/data/<page>.jpg          ROOT/data/<page>.jpg
    ROOT/train/gt/<page>.png            ROOT/gt/<page>.png
    ROOT/val/...

Names are compared without their suffix, folders below `data/` and `gt/` included.
"""

from __future__ import annotations

from collections.abc import Iterator

from deepdiva.data.layouts.folder import Folder
from deepdiva.data.layouts.kind import Kind
from deepdiva.data.layouts.sample import Sample
from deepdiva.data.splits import SplitName
from deepdiva.errors import DataError
from deepdiva.provenance.tree import printable

SHOWN = 20
"""Unmatched files named in a message."""

Key = tuple[SplitName | None, str]
"""Split and name without suffix."""


def _files_in(folder: Folder, side: str) -> Iterator[tuple[Key, str]]:
    for name in folder.paths:
        split, below = folder.place(name)
        top, slash, rest = below.partition("/")
        if slash and top == side and (split or not folder.has_splits):
            above, dot, _ = rest.rpartition(".")
            yield (split, above if dot and not above.endswith("/") else rest), name


def _fits(folder: Folder) -> bool:
    return all(any(True for _ in _files_in(folder, side)) for side in ("data", "gt"))


def _samples(folder: Folder) -> Iterator[Sample]:
    pictures, masks = _by_key(folder, "data"), _by_key(folder, "gt")
    lonely = [pictures[key] for key in pictures if key not in masks]
    lonely += [masks[key] for key in masks if key not in pictures]
    if lonely:
        raise _unmatched(folder, sorted(lonely), "has no partner")
    return (Sample(name, key[0], (name, masks[key])) for key, name in pictures.items())


def _by_key(folder: Folder, side: str) -> dict[Key, str]:
    found: dict[Key, str] = {}
    twins = [name for key, name in _files_in(folder, side) if found.setdefault(key, name) != name]
    if twins:
        raise _unmatched(folder, twins, "has the name of another, but for the suffix")
    return found


def _unmatched(folder: Folder, names: list[str], reason: str) -> DataError:
    lines = [f"  {printable(name)}" for name in names[:SHOWN]]
    lines += [f"  ... and {len(names) - SHOWN} more"] if len(names) > SHOWN else []
    return DataError(
        f"{len(names)} files of {folder.files.root}: each {reason}:\n" + "\n".join(lines),
        expected="for every data/<name>.<suffix> one gt/<name>.<suffix>, and none besides",
        remedy="add the missing files, or move the others away; then `deepdiva data footprint DIR --update`",
        code="DATA-022",
    )


MASK_PAIRS = Kind(
    name="mask-pairs",
    shape="train/data/<name>.jpg with train/gt/<name>.png, val/..., test/...; "
    "not split yet: data/<name>.jpg with gt/<name>.png",
    fits=_fits,
    samples=_samples,
)
