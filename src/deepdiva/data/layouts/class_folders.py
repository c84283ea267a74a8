"""Pictures sorted into one folder per class, split or not.

    ROOT/train/<class>/<picture>        ROOT/<class>/<picture>
    ROOT/val/<class>/<picture>
    ROOT/test/<class>/<picture>

Training takes the split form alone: see `data.class_folders`.
"""

from __future__ import annotations

from collections.abc import Iterator

from deepdiva.data.layouts import mask_pairs, path_tables
from deepdiva.data.layouts.folder import Folder
from deepdiva.data.layouts.kind import Kind
from deepdiva.data.layouts.sample import Sample

VIDEOS = (".avi", ".flv", ".m4v", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg", ".ogv", ".webm", ".wmv")


def is_video(name: str) -> bool:
    """Tell whether a file of this name is a clip."""
    return name.lower().endswith(VIDEOS)


def class_samples(folder: Folder) -> Iterator[Sample]:
    """Yield every file in a class folder."""
    labels: dict[str, tuple[str, ...]] = {}
    for name in folder.paths:
        split, below = folder.place(name)
        label, slash, _ = below.partition("/")
        if slash and (split or not folder.has_splits):
            yield Sample(name, split, (name,), labels.setdefault(label, (label,)))


def holds_clips(folder: Folder) -> bool:
    """Tell whether more than half of the files in class folders are clips."""
    videos = [is_video(sample.name) for sample in class_samples(folder)]
    return sum(videos) * 2 > len(videos)


def _fits(folder: Folder) -> bool:
    """Folders that another layout reads as something else than classes are left to it."""
    others = mask_pairs.MASK_PAIRS.fits(folder) or path_tables.fits(folder) or holds_clips(folder)
    return not others and any(True for _ in class_samples(folder))


CLASS_FOLDERS = Kind(
    name="class-folders",
    shape="train/<class>/<picture>, val/<class>/<picture> and test/<class>/<picture>; "
    "not split yet: <class>/<picture>",
    fits=_fits,
    samples=class_samples,
)
