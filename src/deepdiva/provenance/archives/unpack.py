"""Take a crate of a stranger apart: every member is judged before the first byte is written.

A member may only be a plain file or a folder with a name that means one place below the
new folder.  Caps bound how many there are and what they hold.  Files are made new and never
through a link, in a staging folder that takes its real name when all of it is there.
"""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from deepdiva.errors import ConfigError, DataError, ResourceError
from deepdiva.provenance.archives import zip_directory as directory
from deepdiva.provenance.archives.judge import LIMITS, Limits, judge, refuse_overlaps, too_much
from deepdiva.provenance.entries import new_file
from deepdiva.provenance.files import atomic_folder, free_bytes, resource_error
from deepdiva.provenance.tree import printable

_CHUNK = 2**20
_DAMAGE = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, NotImplementedError, ValueError)


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
        judge(archive, listing, needs=needs, limits=limits)
        refuse_overlaps(archive, content, listing, members.start_dir)
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
            raise too_much(archive, str(error)) from error
        except _DAMAGE as error:
            raise _damaged(archive, str(error)) from error
        except OSError as error:
            raise resource_error(error, archive) from error


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


def _damaged(archive: Path, found: str) -> DataError:
    return DataError(
        f"{archive} cannot be read as a zip: {found}",
        expected="the whole file, as `deepdiva pack` wrote it",
        remedy="get it again, and compare its SHA-256",
        code="ARC-004",
    )
