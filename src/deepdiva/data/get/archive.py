"""Get a data set that lies in an archive at some address, as it is."""

from __future__ import annotations

import re
import secrets
from pathlib import Path

from deepdiva.data.get.address import file_name, refuse_odd_address, shown_address
from deepdiva.data.get.checksum import sha256_of
from deepdiva.data.get.download import Fetched, fetch
from deepdiva.data.landing import GottenData, land, refuse_odd_name
from deepdiva.provenance.archives import unpack_any
from deepdiva.provenance.archives.names import fault_of
from deepdiva.provenance.files import TEMPORARY_PREFIX
from deepdiva.provenance.footprint import find_footprint
from deepdiva.provenance.tree import is_ignored
from deepdiva.provenance.verify import verify

_SUFFIXES = re.compile(r"\.(zip|tar|tgz|tbz2?|txz|tar\.(gz|bz2|xz)|gz)$", re.IGNORECASE)


def get_archive(address: str, to: Path, *, sha256: str, name: str | None = None) -> GottenData:
    """Unpack the zip, tar or gzip at `address` into the new folder `to`/`name`, and take its footprint.

    Where everything in it lies in one folder, that folder's content becomes the data set.  Its
    layout is not looked at.

    Args:
        address: https, http or file.
        to: Folder in which the data set gets its own.
        sha256: Of the archive.
        name: Of the folder; by default the archive's, without suffixes.

    Raises:
        ConfigError: an argument cannot be (CFG-030 to CFG-032).
        DataError: the archive cannot be had (ARC-005), is another one or damaged (ARC-004),
            unsafe (ARC-001, ARC-003) or too large (ARC-002); it holds what cannot be data (see
            `tree.look_at`) or contradicts the footprint it brings; `to`/`name` holds anything
            else (DATA-048, or see `verify`).
        ResourceError: a folder cannot be written.
    """
    refuse_odd_address(address)
    name = _name_of(address) if name is None else name
    refuse_odd_name(name)
    folder = to / name
    checksum = sha256_of(sha256)
    fetched = fetch(address, checksum)
    digest, made = land(folder, lambda staging: _fill(staging, fetched, file_name(address)))
    return GottenData(
        folder=folder,
        data_sha256=digest,
        counts={},
        classes=0,
        made=made,
        facts={"from": shown_address(address), "archive_sha256": fetched.sha256},
    )


def _name_of(address: str) -> str:
    """Return the name of the archive without its suffixes.

    Example:
        >>> _name_of("https://example.org/words.v2.tar.gz"), _name_of("file:///a/table.csv.gz")
        ('words.v2', 'table')
    """
    archive = file_name(address)
    bare = _SUFFIXES.sub("", archive)
    single = archive.lower().endswith(".gz") and not re.search(r"\.tar\.gz$", archive, re.IGNORECASE)
    return Path(bare).stem if single else bare


def _fill(staging: Path, fetched: Fetched, archive: str) -> None:
    """Unpack into a folder of its own first: only then it is known what lies at the top."""
    inner = staging / f"{TEMPORARY_PREFIX}{secrets.token_hex(8)}"
    single = archive[:-3] if archive.lower().endswith(".gz") else archive
    unpack_any(fetched.place, inner, single="data" if fault_of(single) else single)
    top = _only_folder(inner) or inner
    for entry in list(top.iterdir()):
        entry.rename(staging / entry.name)
    if top != inner:
        top.rmdir()
    _remove_litter(inner)
    (staging / ".gitignore").unlink(missing_ok=True)  # ours comes in its place
    if find_footprint(staging) is not None:  # the archive brings one: it must be true
        verify(staging, deep=True)


def _only_folder(place: Path) -> Path | None:
    entries = [entry for entry in place.iterdir() if not is_ignored(entry.name)]
    return entries[0] if len(entries) == 1 and entries[0].is_dir() else None


def _remove_litter(inner: Path) -> None:
    """Remove the emptied folder, and what file managers put beside the one at the top."""
    for path in sorted(inner.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    inner.rmdir()
