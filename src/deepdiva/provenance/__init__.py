"""The gate: a run starts only if it could be started again."""

from deepdiva.provenance.footprint import FileEntry, Footprint, VerifiedData, take_footprint
from deepdiva.provenance.verify import verify

__all__ = ["FileEntry", "Footprint", "VerifiedData", "take_footprint", "verify"]
