"""Make a run folder out of a crate again."""

from __future__ import annotations

from pathlib import Path

from deepdiva.provenance.archives.refusals import LIMITS, Limits
from deepdiva.provenance.archives.unpack import unpack

_NEEDED = ("code/code.json", "request.toml", "run.json", "seal.json", "source/code.json", "stamp.json")


def open_crate(path: Path, to: Path, *, limits: Limits = LIMITS) -> Path:
    """Unpack the crate at `path` into the new folder `to`, and return it: a run folder.

    Nothing in it is believed yet: `record.verify` tells whether the record agrees with
    itself.  The code lies in `source/`, from where `provenance.restore` takes it; the data,
    where it was packed, in `dataset/`.

    Raises:
        ConfigError, DataError, ResourceError: see `unpack.unpack`; nothing is left behind then.
    """
    unpack(path, to, needs=_NEEDED, limits=limits)
    return to
