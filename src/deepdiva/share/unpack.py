"""Take a crate of a stranger apart: every member is judged before the first byte is written.

A member may only be a plain file or a folder with a name that means one place below the
new folder.  Caps bound how many there are and what they hold.  Files are made new and never
through a link, in a staging folder that takes its real name when all of it is there.
"""

from __future__ import annotations

import stat
import struct
import zipfile
import zlib
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, NoReturn

from deepdiva.errors import ConfigError, DataError, ResourceError
from deepdiva.provenance.entries import new_file
from deepdiva.provenance.files import atomic_folder, free_bytes, resource_error
from deepdiva.provenance.tree import printable
from deepdiva.share import directory
from deepdiva.share.names import fault_of, twins

_CHUNK = 2**20
_SMALL = 2**20
"""Bytes; members below may be compressed as well as they can."""
_ENCRYPTED, _UTF8 = 0x1, 0x800
_DAMAGE = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, NotImplementedError, ValueError)


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What a crate may hold at most."""

    members: int = 1_000_000
    member_bytes: int = 2**36
    """Of one member, unpacked."""
    total_bytes: int = 2**38
    """Of all members, unpacked."""
    ratio: int = 200
    """Unpacked bytes for each packed one, of a member above a mebibyte and of all together."""


LIMITS = Limits()


def unpack(archive: Path, to: Path, *, needs: Collection[str] = (), limits: Limits = LIMITS) -> None:
    """Write the members of the zip at `archive` into the folder `to`, which must be new.

    Args:
        archive: It may come from a stranger.
        to: Stays absent when anything fails.
        needs: Names without which it is not what the caller is looking for.
        limits: What it may hold at most.

    Raises:
        ConfigError: `to` is there already (CFG-013).
        DataError: a member leads out, or is neither file nor folder (ARC-001); there is too much
            (ARC-002); two members have one name (ARC-003); the zip is damaged (ARC-004); or a
            needed member is missing (ARC-007).
        ResourceError: the zip cannot be read, or there is no room for what it holds.
    """
    with _opened(archive, limits) as content, zipfile.ZipFile(content) as members:
        listing = members.infolist()
        _judge_all(archive, listing, limits)
        _refuse_without(archive, listing, needs)
        _refuse_overlaps(archive, content, listing, members.start_dir)
        _refuse_without_room(to, listing)
        _refuse_occupied(to)
        with atomic_folder(to.absolute()) as staging:
            for member in listing:
                _write(archive, members, member, staging)
            _refuse_occupied(to)


@contextmanager
def _opened(archive: Path, limits: Limits) -> Iterator[IO[bytes]]:
    """Give the bytes of the zip after a first look; whatever they do to the reader is an error of ours."""
    try:
        content = archive.open("rb")
    except OSError as error:
        raise resource_error(error, archive) from error
    with content:
        try:
            directory.refuse_too_long(content, limits.members)
            yield content
        except directory.TooLong as error:
            raise _too_much(archive, str(error)) from error
        except _DAMAGE as error:
            raise _damaged(archive, str(error)) from error
        except OSError as error:
            raise resource_error(error, archive) from error


# -- Judging before writing ----------------------------------------------------------


def _judge_all(archive: Path, listing: list[zipfile.ZipInfo], limits: Limits) -> None:
    for member in listing:
        fault = _fault_of(member)
        if fault is not None:
            _refuse(archive, f"{printable(member.orig_filename)} {fault}")
        _refuse_much(archive, member, limits)
    if len(listing) > limits.members:
        raise _too_much(archive, f"holds {len(listing):,} members, over {limits.members:,}")
    total, packed = (sum(getattr(m, size) for m in listing) for size in ("file_size", "compress_size"))
    if total > limits.total_bytes or (total > _SMALL and total > limits.ratio * packed):
        raise _too_much(archive, f"unpacks to {total:,} bytes from {packed:,}")
    files = [member.filename for member in listing if not member.is_dir()]
    folders = [member.filename.rstrip("/") for member in listing if member.is_dir()]
    for name, other in twins(files, folders):
        _refuse_twins(archive, name, other)


def _fault_of(member: zipfile.ZipInfo) -> str | None:
    """Return why `member` must not be written, whatever it holds."""
    if member.orig_filename != member.filename:
        return "holds a zero byte"
    if not (member.flag_bits & _UTF8 or member.filename.isascii()):
        return "has a name that is neither ASCII nor marked as UTF-8"
    return fault_of(member.filename.removesuffix("/")) or _fault_of_kind(member)


def _fault_of_kind(member: zipfile.ZipInfo) -> str | None:
    kind = stat.S_IFMT(member.external_attr >> 16)
    if kind not in (0, stat.S_IFDIR if member.is_dir() else stat.S_IFREG):
        return "is a link or a special file"
    if member.is_dir() and member.file_size:
        return "is a folder with content"
    if member.flag_bits & _ENCRYPTED:
        return "is encrypted"
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return "is compressed in a way that is not read here"
    return None


def _refuse_much(archive: Path, member: zipfile.ZipInfo, limits: Limits) -> None:
    size, packed = member.file_size, member.compress_size
    if size > limits.member_bytes or (size > _SMALL and size > limits.ratio * packed):
        raise _too_much(archive, f"{printable(member.filename)} unpacks to {size:,} bytes from {packed:,}")


def _refuse_overlaps(
    archive: Path, content: IO[bytes], listing: list[zipfile.ZipInfo], end_of_members: int
) -> None:
    """Refuse members that share bytes: a small zip could hold the same large one many times."""
    end = end_of_members
    for member in sorted(listing, key=lambda one: one.header_offset, reverse=True):
        begin = directory.begin_of_content(content, member.header_offset)
        if begin + member.compress_size > end:
            raise _too_much(archive, f"{printable(member.filename)} overlaps what follows it")
        end = member.header_offset


def _refuse_without(archive: Path, listing: list[zipfile.ZipInfo], needs: Collection[str]) -> None:
    lacking = sorted(set(needs) - {member.filename for member in listing})
    if lacking:
        raise DataError(
            f"{archive} holds no {' and no '.join(lacking)}",
            expected="a crate of a run, as `deepdiva pack` writes it, with the run at its top",
            remedy="look into it with any program that opens zips",
            code="ARC-007",
        )


def _refuse_without_room(to: Path, listing: list[zipfile.ZipInfo]) -> None:
    needed, free = sum(member.file_size for member in listing), free_bytes(to)
    if needed > free:
        raise ResourceError(
            f"{to}: {needed:,} bytes are to be unpacked, {free:,} are free",
            expected="room for all of it",
            remedy="free space there, or unpack somewhere else",
            code="RES-001",
        )


def _refuse_occupied(to: Path) -> None:
    if to.exists() or to.is_symlink():
        raise ConfigError(
            f"{to} holds something already",
            expected="a folder that is new, so that nothing is overwritten or mixed in",
            remedy="choose another folder",
            code="CFG-013",
        )


# -- Writing ------------------------------------------------------------------------


def _write(archive: Path, members: zipfile.ZipFile, member: zipfile.ZipInfo, folder: Path) -> None:
    place = folder / member.filename
    if member.is_dir():
        place.mkdir(parents=True, exist_ok=True)
        return
    place.parent.mkdir(parents=True, exist_ok=True)
    left = member.file_size
    with members.open(member) as source, new_file(place, program=False) as file:
        while chunk := source.read(_CHUNK):
            left -= len(chunk)
            if left < 0:
                break
            file.write(chunk)
    if left:
        raise _damaged(archive, f"{printable(member.filename)} is not as long as announced")


# -- Refusing -----------------------------------------------------------------------


def _refuse(archive: Path, found: str) -> NoReturn:
    raise DataError(
        f"{archive}: {found}",
        expected="plain files and folders, by names that stay below one folder on every system",
        remedy="do not trust this archive; ask where it comes from",
        code="ARC-001",
    )


def _refuse_twins(archive: Path, name: str, other: str) -> NoReturn:
    raise DataError(
        f"{archive}: {printable(name)} and {printable(other)} are one place on some systems",
        expected="one member for each file, by names that differ in more than case",
        remedy="do not trust this archive; ask where it comes from",
        code="ARC-003",
    )


def _too_much(archive: Path, found: str) -> DataError:
    return DataError(
        f"{archive}: {found}",
        expected="a crate of ordinary size: see `deepdiva.share.Limits`",
        remedy="do not trust this archive; if you do, unpack it from Python with other limits",
        code="ARC-002",
    )


def _damaged(archive: Path, found: str) -> DataError:
    return DataError(
        f"{archive} cannot be read as a zip: {found}",
        expected="the whole file, as `deepdiva pack` wrote it",
        remedy="get it again, and compare its SHA-256",
        code="ARC-004",
    )
