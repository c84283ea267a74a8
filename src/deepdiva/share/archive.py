"""Write a zip whose bytes follow from its members alone.

Members are sorted and stored as they are: compressed bytes would differ between builds of
zlib.  Times, owners and modes are the same for all.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Protocol, runtime_checkable

from deepdiva.provenance.files import atomic_file

_TIME = (1980, 1, 1, 0, 0, 0)
"""The first moment that a zip can name."""
_UNIX, _PLAIN_FILE, _FOLDER = 3, 0o100644, 0o40755
_CHUNK = 2**20


class MemberChanged(Exception):
    """A member is not what it was when it was listed."""


@dataclass(frozen=True)
class Member:
    """What will stand under one name."""

    open: Callable[[], IO[bytes]]
    size: int
    """Bytes."""
    sha256: str
    """Of the content."""

    @classmethod
    def of(cls, content: bytes) -> Member:
        """Return `content` as a member."""
        return cls(lambda: io.BytesIO(content), len(content), hashlib.sha256(content).hexdigest())


def write_archive(path: Path, members: Mapping[str, Member]) -> None:
    """Write `members` by their names into a zip at `path`, which is whole or not there.

    A name that ends with a slash is a folder; the others need none.

    Raises:
        MemberChanged: a member has other bytes than listed; it is named.
        ResourceError: the zip cannot be written.
    """
    with atomic_file(path) as stream, zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(members):
            _write(archive, name, members[name])


def _write(archive: zipfile.ZipFile, name: str, member: Member) -> None:
    info = zipfile.ZipInfo(name, _TIME)
    mode = _FOLDER if info.is_dir() else _PLAIN_FILE
    info.create_system, info.external_attr, info.file_size = _UNIX, mode << 16, member.size
    digest = hashlib.sha256()
    try:
        source = member.open()
    except OSError as error:
        raise MemberChanged(name) from error
    with source, archive.open(info, "w") as place:
        for chunk in _at_most(source, member.size + 1):
            digest.update(chunk)
            place.write(chunk)
    if digest.hexdigest() != member.sha256:
        raise MemberChanged(name)


@runtime_checkable
class _Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


def _at_most(source: _Readable, size: int) -> Iterable[bytes]:
    """Yield what `source` holds, up to `size` bytes: a file that grows for ever has an end here."""
    while size > 0 and (chunk := source.read(min(_CHUNK, size))):
        size -= len(chunk)
        yield chunk
