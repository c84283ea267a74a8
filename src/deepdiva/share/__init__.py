"""Hand a run to others: one zip that holds all of it, and a signature that says who made it."""

from deepdiva.provenance.archives.refusals import Limits
from deepdiva.provenance.archives.unpack import unpack
from deepdiva.share.keys import new_key
from deepdiva.share.open_crate import open_crate
from deepdiva.share.pack import DATASET, Packed, pack
from deepdiva.share.statement import Statement, attest, broken_subjects, verify_statement
from deepdiva.share.verify_crate import verify_crate

__all__ = [
    "DATASET",
    "Limits",
    "Packed",
    "Statement",
    "attest",
    "broken_subjects",
    "new_key",
    "open_crate",
    "pack",
    "unpack",
    "verify_crate",
    "verify_statement",
]
