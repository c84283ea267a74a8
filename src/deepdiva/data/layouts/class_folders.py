"""Pictures sorted into one folder per class, split or not.

    ROOT/train/<class>/<picture>        ROOT/<class>/<picture>
    ROOT/val/<class>/<picture>
    ROOT/test/<class>/<picture>

Training takes the split form alone: see `data.class_folders`.
"""

from __future__ import annotations

from collections.abc import Iterator

from deepdiva.data.layouts.kind import Kind
from deepdiva.data.layouts.paths import folder_split, split_of, tops_of, visible
from deepdiva.data.layouts.sample import Sample
from deepdiva.provenance import VerifiedData


def _fits(files: VerifiedData) -> bool:
    return any(True for _ in _samples(files))


def _list(files: VerifiedData) -> list[Sample]:
    return list(_samples(files))


def _samples(files: VerifiedData) -> Iterator[Sample]:
    is_split = folder_split(tops_of(files))
    labels: dict[str, tuple[str, ...]] = {}
    for name in visible(files):
        split, below = split_of(name) if is_split else (None, name)
        label, slash, _ = below.partition("/")
        if slash and (split or not is_split):
            yield Sample(name, split, (name,), labels.setdefault(label, (label,)))


CLASS_FOLDERS = Kind(
    name="class-folders",
    shape="train/<class>/<picture>, val/<class>/<picture> and test/<class>/<picture>; "
    "or <class>/<picture> where it is not split yet",
    fits=_fits,
    samples=_list,
)
