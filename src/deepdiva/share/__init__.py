"""Hand a run to others: one zip that holds all of it, and a signature that says who made it."""

from deepdiva.share.open_crate import open_crate
from deepdiva.share.pack import DATASET, Packed, pack
from deepdiva.share.unpack import Limits, unpack

__all__ = ["DATASET", "Limits", "Packed", "open_crate", "pack", "unpack"]
