"""From verified files to batches."""

from deepdiva.data.augment import Augment
from deepdiva.data.batches import Fed, batches
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
