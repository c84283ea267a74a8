"""Archives of strangers: every member is judged before the first byte is written."""

from deepdiva.provenance.archives.refusals import LIMITS, Limits
from deepdiva.provenance.archives.tars import pick, unpack_tar
from deepdiva.provenance.archives.unpack import unpack
from deepdiva.provenance.archives.unpack_any import unpack_any

__all__ = ["LIMITS", "Limits", "pick", "unpack", "unpack_any", "unpack_tar"]
