"""Take a tar of a stranger apart, and single files out of one."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from deepdiva.provenance.archives.refusals import (
    LIMITS,
    Limits,
    damaged,
    refuse,
    refuse_occupied,
    refuse_twins,
    refuse_without_room,
    too_much,
)
from deepdiva.provenance.archives.streams import packing_of, reading, unpacked
from deepdiva.provenance.archives.tar_members import Member, TarMembers
from deepdiva.provenance.entries import new_file
from deepdiva.provenance.files import atomic_folder
from deepdiva.provenance.tree import printable

_CHUNK = 2**20


def unpack_tar(archive: Path, to: Path, *, limits: Limits = LIMITS) -> None:
    """Write the members of the tar at `archive` into the folder `to`, which must be new.

    A tar has no list: it is read twice, the first time to judge every member.

    Args:
        archive: It may come from a stranger; plain, or compressed by gzip, bzip2 or xz.
        to: Stays absent when anything fails.
        limits: What it may hold at most.

    Raises:
        ConfigError: `to` is there already (CFG-013).
        DataError: as `unpack.unpack` has them (ARC-001 to ARC-004).
        ResourceError: the tar cannot be read, or there is no room for what it holds.
    """
    listing = _judged(archive, limits)
    refuse_without_room(to, sum(member.size for member in listing))
    refuse_occupied(to)
    with atomic_folder(to.absolute()) as staging:
        with _opened(archive, limits) as members:
            for announced, member in zip(listing, members, strict=True):
                if member != announced:
                    raise damaged(archive, "it changed while it was read")
                _write(members, member, staging)
        refuse_occupied(to)


def pick(archive: Path, names: Collection[str], *, limits: Limits = LIMITS) -> dict[str, bytes]:
    """Return the content of those of `names` that are files of the tar at `archive`.

    Nothing is written; reading ends where all of them were found.

    Raises:
        DataError: a member before that is one that `unpack_tar` refuses.
        ResourceError: the tar cannot be read.
    """
    found: dict[str, bytes] = {}
    with _opened(archive, limits) as members:
        for member in members:
            _refuse(archive, member, limits)
            if member.name in names and not member.folder:
                refuse_twins(archive, [*found, member.name], ())
                found[member.name] = b"".join(iter(lambda: members.read(_CHUNK), b""))
            if len(found) == len(names):
                break
    return found


@contextmanager
def _opened(archive: Path, limits: Limits) -> Iterator[TarMembers]:
    packing = packing_of(archive)
    with reading(archive), unpacked(archive, packing, limits=limits) as stream:
        yield TarMembers(stream)


def _judged(archive: Path, limits: Limits) -> list[Member]:
    listing: list[Member] = []
    with _opened(archive, limits) as members:
        for member in members:
            _refuse(archive, member, limits)
            listing.append(member)
            if len(listing) > limits.members:
                raise too_much(archive, f"holds over {limits.members:,} members")
    files = [member.name for member in listing if not member.folder]
    refuse_twins(archive, files, [member.name for member in listing if member.folder])
    return listing


def _refuse(archive: Path, member: Member, limits: Limits) -> None:
    if member.fault is not None:
        refuse(archive, f"{printable(member.name)} {member.fault}")
    if member.size > min(limits.member_bytes, limits.total_bytes):
        raise too_much(archive, f"{printable(member.name)} unpacks to {member.size:,} bytes")


def _write(members: TarMembers, member: Member, folder: Path) -> None:
    place = folder / member.name
    if member.folder:
        place.mkdir(parents=True, exist_ok=True)
        return
    place.parent.mkdir(parents=True, exist_ok=True)
    with new_file(place, program=False) as file:
        while chunk := members.read(_CHUNK):
            file.write(chunk)
