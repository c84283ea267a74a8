"""From one data set to train, val and test: who goes where, and the folder that comes of it."""

from deepdiva.data.partition.manifest import SplitManifest, read_manifest
from deepdiva.data.partition.plan import Partition, SplitWish, partition, repeat
from deepdiva.data.partition.write import How, write_split

__all__ = [
    "How",
    "Partition",
    "SplitManifest",
    "SplitWish",
    "partition",
    "read_manifest",
    "repeat",
    "write_split",
]
