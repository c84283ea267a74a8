"""Take a zip of a stranger apart: every member is judged before the first byte is written.

A member may only be a plain file or a folder with a name that means one place below the
new folder.  Caps bound how many there are and what they hold.  Files are made new and never
through a link, in a staging folder that takes its real name when all of it is there.
"""

from __future__ import annotations

import zipfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from deepdiva.provenance.archives import zip_directory as directory
from deepdiva.provenance.archives.judge import judge, refuse_overlaps
from deepdiva.provenance.archives.refusals import (
    LIMITS,
    Limits,
    damaged,
    refuse_occupied,
    refuse_without_room,
    too_much,
)
from deepdiva.provenance.archives.streams import reading
from deepdiva.provenance.entries import new_file
from deepdiva.provenance.files import atomic_folder
from deepdiva.provenance.tree import printable

_CHUNK = 2**20


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
        refuse_without_room(to, sum(member.file_size for member in listing))
        refuse_occupied(to)
        with atomic_folder(to.absolute()) as staging:
            for member in listing:
                _write(archive, members, member, staging)
            refuse_occupied(to)


@contextmanager
def _opened(archive: Path, limits: Limits) -> Iterator[IO[bytes]]:
    """Give the bytes of the zip after a first look; whatever they do to the reader is an error of ours."""
    with reading(archive), archive.open("rb") as content:
        try:
            directory.refuse_too_long(content, limits.members)
        except directory.TooLong as error:
            raise too_much(archive, str(error)) from error
        yield content


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
        raise damaged(archive, f"{printable(member.filename)} is not as long as announced")
