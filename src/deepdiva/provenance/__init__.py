"""The gate: a run starts only if it could be started again."""

from deepdiva.provenance.code import Source, find_source
from deepdiva.provenance.file_table import FileEntry
from deepdiva.provenance.footprint import Footprint, VerifiedData, take_footprint
from deepdiva.provenance.gate import check
from deepdiva.provenance.stamp import CodeState, Environment, Level, NumericClass, Stamp
from deepdiva.provenance.verify import verify

__all__ = [
    "CodeState",
    "Environment",
    "FileEntry",
    "Footprint",
    "Level",
    "NumericClass",
    "Source",
    "Stamp",
    "VerifiedData",
    "check",
    "find_source",
    "take_footprint",
    "verify",
]
