"""Judge the members of a zip by what its list says of them, before any of them is read."""

from __future__ import annotations

import stat
import zipfile
from collections.abc import Collection
from pathlib import Path
from typing import IO

from deepdiva.errors import DataError
from deepdiva.provenance.archives import zip_directory as directory
from deepdiva.provenance.archives.names import fault_of
from deepdiva.provenance.archives.refusals import SMALL, Limits, refuse, refuse_twins, too_much
from deepdiva.provenance.tree import printable

_ENCRYPTED, _UTF8 = 0x1, 0x800


def judge(archive: Path, listing: list[zipfile.ZipInfo], *, needs: Collection[str], limits: Limits) -> None:
    """Refuse a zip for what its list of members says.

    Raises:
        DataError: see `unpack.unpack`; nothing was read but the list.
    """
    for member in listing:
        fault = _fault_of(member)
        if fault is not None:
            refuse(archive, f"{printable(member.orig_filename)} {fault}")
        _refuse_much(archive, member, limits)
    if len(listing) > limits.members:
        raise too_much(archive, f"holds {len(listing):,} members, over {limits.members:,}")
    total, packed = (sum(getattr(m, size) for m in listing) for size in ("file_size", "compress_size"))
    if total > limits.total_bytes or (total > SMALL and total > limits.ratio * packed):
        raise too_much(archive, f"unpacks to {total:,} bytes from {packed:,}")
    files = [member.filename for member in listing if not member.is_dir()]
    folders = [member.filename.rstrip("/") for member in listing if member.is_dir()]
    refuse_twins(archive, files, folders)
    _refuse_without(archive, listing, needs)


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
    if size > limits.member_bytes or (size > SMALL and size > limits.ratio * packed):
        raise too_much(archive, f"{printable(member.filename)} unpacks to {size:,} bytes from {packed:,}")


def refuse_overlaps(
    archive: Path, content: IO[bytes], listing: list[zipfile.ZipInfo], end_of_members: int
) -> None:
    """Refuse members that share bytes: a small zip could hold the same large one many times.

    Raises:
        DataError: there are some (ARC-002).
        BadZipFile: a member is not where the list says.
    """
    end = end_of_members
    for member in sorted(listing, key=lambda one: one.header_offset, reverse=True):
        begin = directory.begin_of_content(content, member.header_offset)
        if begin + member.compress_size > end:
            raise too_much(archive, f"{printable(member.filename)} overlaps what follows it")
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
