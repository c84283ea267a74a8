"""Clips sorted into one folder per class, split or not.

    ROOT/train/<class>/<clip>.mp4       ROOT/<class>/<clip>.mp4
    ROOT/val/<class>/<clip>.mp4
    ROOT/test/<class>/<clip>.mp4

Told apart from pictures by what most files are called; files that are no clips are left over.
"""

from __future__ import annotations

from collections.abc import Iterator

from deepdiva.data.layouts.class_folders import class_samples, holds_clips, is_video
from deepdiva.data.layouts.folder import Folder
from deepdiva.data.layouts.kind import Kind
from deepdiva.data.layouts.sample import Sample


def _samples(folder: Folder) -> Iterator[Sample]:
    return (sample for sample in class_samples(folder) if is_video(sample.name))


CLIPS = Kind(
    name="clips",
    shape="train/<class>/<clip>.mp4 (or .avi, .mkv, .mov, .webm, ...), val/..., test/...; "
    "not split yet: <class>/<clip>.mp4",
    fits=holds_clips,
    samples=_samples,
)
