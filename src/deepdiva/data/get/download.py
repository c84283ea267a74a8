"""Files from afar, each kept under its checksum in the state folder and checked before every use."""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from deepdiva.data.get.address import file_name, refuse_odd_address, shown_address
from deepdiva.data.get.checksum import Checksum, digests_of
from deepdiva.data.get.transfer import forget, transfer
from deepdiva.errors import DataError
from deepdiva.provenance.files import make_folder, resource_error, sync_folder
from deepdiva.provenance.places import state_folder
from deepdiva.provenance.waiting import shown


class Fetched(NamedTuple):
    """A file that is what its checksum says."""

    place: Path
    sha256: str
    size: int
    cached: bool
    """True where it was here already and no network was needed."""


def fetch(address: str, checksum: Checksum) -> Fetched:
    """Return the file at `address`, from the state folder where it is kept since an earlier time.

    A file of this machine is copied and never touched.

    Raises:
        ConfigError: the address is of a kind that is not read here (CFG-031).
        DataError: the file cannot be had (ARC-005), is too long (ARC-002) or is another one (ARC-004).
        ResourceError: the state folder cannot be written.
    """
    refuse_odd_address(address)
    folder = state_folder() / "downloads"
    make_folder(folder)
    kept = folder / f"{checksum.algorithm}-{checksum.digest}"
    part = folder / f"{kept.name}-{hashlib.sha256(address.encode()).hexdigest()[:16]}.part"
    try:
        with _alone(kept):
            return _kept(kept, checksum) or _arrived(address, part, kept, checksum)
    except OSError as error:
        raise resource_error(error, kept) from error


@contextmanager
def _alone(kept: Path) -> Iterator[None]:
    """Wait while another process fetches the same file: then it is here."""
    descriptor = os.open(kept.with_name(f"{kept.name}.lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _kept(kept: Path, checksum: Checksum) -> Fetched | None:
    """Return the file that is kept, if it still is what it was."""
    if not kept.exists():
        return None
    found = _digests(kept, checksum, "checking what is here already")
    if found[checksum.algorithm] == checksum.digest:
        return Fetched(kept, found["sha256"], kept.stat().st_size, cached=True)
    kept.unlink()
    return None


def _arrived(address: str, part: Path, kept: Path, checksum: Checksum) -> Fetched:
    begun = part.exists()
    with shown(f"fetching {file_name(address)}", in_bytes=True) as progress:
        transfer(address, part, progress)
    found = _digests(part, checksum, f"checking {file_name(address)}")
    if found[checksum.algorithm] != checksum.digest:
        forget(part)
        if begun:  # what was here from an earlier try may have been of another file
            return _arrived(address, part, kept, checksum)
        raise _another(address, checksum, found)
    part.replace(kept)
    forget(part)
    sync_folder(kept.parent)
    return Fetched(kept, found["sha256"], kept.stat().st_size, cached=False)


def _digests(place: Path, checksum: Checksum, what: str) -> dict[str, str]:
    with shown(what, in_bytes=True) as progress:
        return dict(digests_of(place, {checksum.algorithm, "sha256"}, progress))


def _another(address: str, checksum: Checksum, found: dict[str, str]) -> DataError:
    also = "" if checksum.algorithm == "sha256" else f" (SHA-256 {found['sha256']})"
    return DataError(
        f"{file_name(address)} from {shown_address(address)} is another file: "
        f"its {checksum.algorithm} is {found[checksum.algorithm]}{also}",
        expected=f"{checksum}",
        remedy="get it from another place (--mirror); where you trust this very file, say so by its SHA-256: "
        "--checksum FILE=sha256:HEX, or --sha256 HEX for an address",
        code="ARC-004",
    )
