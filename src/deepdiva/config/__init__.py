"""Frozen dataclasses to TOML and back, and the fingerprint of a request.  Knows no setting."""

from deepdiva.config.fingerprint import fingerprint
from deepdiva.config.table import as_table, from_table
from deepdiva.config.toml import as_toml, read_toml

__all__ = ["as_table", "as_toml", "fingerprint", "from_table", "read_toml"]
