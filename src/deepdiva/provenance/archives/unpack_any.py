"""Unpack whatever an archive turns out to be."""

from __future__ import annotations

from pathlib import Path

from deepdiva.provenance.archives.refusals import LIMITS, Limits, refuse_occupied
from deepdiva.provenance.archives.streams import kind_of, reading, unpacked
from deepdiva.provenance.archives.tars import unpack_tar
from deepdiva.provenance.archives.unpack import unpack
from deepdiva.provenance.entries import new_file
from deepdiva.provenance.files import atomic_folder

_CHUNK = 2**20


def unpack_any(archive: Path, to: Path, *, single: str, limits: Limits = LIMITS) -> None:
    """Write what the zip, tar or gzip at `archive` holds into the folder `to`, which must be new.

    Args:
        archive: It may come from a stranger.
        to: Stays absent when anything fails.
        single: Name of the one file that a gzip holds which is no tar.
        limits: What it may hold at most.

    Raises:
        ConfigError, DataError, ResourceError: see `unpack.unpack`.
    """
    kind = kind_of(archive, limits=limits)
    if kind == "zip":
        unpack(archive, to, limits=limits)
    elif kind == "gz":
        _unpack_single(archive, to, single, limits)
    else:
        unpack_tar(archive, to, limits=limits)


def _unpack_single(archive: Path, to: Path, single: str, limits: Limits) -> None:
    refuse_occupied(to)
    with (
        atomic_folder(to.absolute()) as staging,
        reading(archive),
        unpacked(archive, "gz", limits=limits) as stream,
        new_file(staging / single, program=False) as file,
    ):
        while chunk := stream.read(_CHUNK):
            file.write(chunk)
