"""What an archive may hold, and what is said of one that holds more or worse."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from deepdiva.errors import ConfigError, DataError, ResourceError
from deepdiva.provenance.archives.names import twins
from deepdiva.provenance.files import free_bytes
from deepdiva.provenance.tree import printable

SMALL = 2**20
"""Bytes; members below may be compressed as well as they can."""


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What an archive may hold at most."""

    members: int = 1_000_000
    member_bytes: int = 2**36
    """Of one member, unpacked."""
    total_bytes: int = 2**38
    """Of all members, unpacked."""
    ratio: int = 200
    """Unpacked bytes for each packed one, of a member above a mebibyte and of all together."""


LIMITS = Limits()


def refuse(archive: Path, found: str) -> NoReturn:
    """Refuse a member that must not be written (ARC-001)."""
    raise DataError(
        f"{archive}: {found}",
        expected="plain files and folders, by names that stay below one folder on every system",
        remedy="do not trust this archive; ask where it comes from",
        code="ARC-001",
    )


def refuse_twins(archive: Path, files: Iterable[str], folders: Iterable[str]) -> None:
    """Refuse members of which one would be written over the other on some system (ARC-003)."""
    for name, other in twins(files, folders):
        raise DataError(
            f"{archive}: {printable(name)} and {printable(other)} are one place on some systems",
            expected="one member for each file, by names that differ in more than case",
            remedy="do not trust this archive; ask where it comes from",
            code="ARC-003",
        )


def too_much(archive: Path, found: str) -> DataError:
    """Return the refusal of an archive that is over a cap (ARC-002)."""
    return DataError(
        f"{archive}: {found}",
        expected="an archive of ordinary size: see `deepdiva.provenance.archives.Limits`",
        remedy="do not trust this archive; if you do, unpack it from Python with other limits",
        code="ARC-002",
    )


def damaged(archive: Path, found: str) -> DataError:
    """Return the refusal of an archive that is not whole (ARC-004)."""
    return DataError(
        f"{archive} cannot be unpacked: {found}",
        expected="a whole zip, tar (plain, gzip, bzip2 or xz) or gzip",
        remedy="get it again, and compare its SHA-256",
        code="ARC-004",
    )


def refuse_without_room(to: Path, needed: int) -> None:
    """Refuse to unpack `needed` bytes where fewer are free (RES-001)."""
    free = free_bytes(to)
    if needed > free:
        raise ResourceError(
            f"{to}: {needed:,} bytes are to be unpacked, {free:,} are free",
            expected="room for all of it",
            remedy="free space there, or unpack somewhere else",
            code="RES-001",
        )


def refuse_occupied(to: Path) -> None:
    """Refuse to unpack where something is already (CFG-013)."""
    if to.exists() or to.is_symlink():
        raise ConfigError(
            f"{to} holds something already",
            expected="a folder that is new, so that nothing is overwritten or mixed in",
            remedy="choose another folder",
            code="CFG-013",
        )
