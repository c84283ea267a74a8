"""Archives of strangers: every member is judged before the first byte is written."""

from deepdiva.provenance.archives.judge import LIMITS, Limits
from deepdiva.provenance.archives.unpack import unpack

__all__ = ["LIMITS", "Limits", "unpack"]
