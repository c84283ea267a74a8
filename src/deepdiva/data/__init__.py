"""From verified files to batches.

Names are imported when they are first asked for: most need torch, and to prepare data none is
needed, nor a second of waiting for it.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from deepdiva.data.augment import Augment
    from deepdiva.data.batching import Fed, batches
    from deepdiva.data.class_folders import ClassFolders, read_class_folders
    from deepdiva.data.images import ImageBatch, ImageSplit
    from deepdiva.data.normalize import Normalization, Normalize
    from deepdiva.data.splits import SPLIT_NAMES, Split, SplitName, Splits

__all__ = [
    "SPLIT_NAMES",
    "Augment",
    "ClassFolders",
    "Fed",
    "ImageBatch",
    "ImageSplit",
    "Normalization",
    "Normalize",
    "Split",
    "SplitName",
    "Splits",
    "batches",
    "read_class_folders",
]

# No module may have the name of a thing: once imported, it would stand in its place.
_HOMES = {
    "augment": ("Augment",),
    "batching": ("Fed", "batches"),
    "class_folders": ("ClassFolders", "read_class_folders"),
    "images": ("ImageBatch", "ImageSplit"),
    "normalize": ("Normalization", "Normalize"),
    "splits": ("SPLIT_NAMES", "Split", "SplitName", "Splits"),
}


def __getattr__(name: str) -> Any:
    """Return the public thing called `name`."""
    home = next((module for module, names in _HOMES.items() if name in names), None)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{home}"), name)
