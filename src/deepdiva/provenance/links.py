"""The one sort of link in a data set that is followed: those that our own split recorded.

`data split --how symlink` writes where every link leads, and the digest of what lies there.
A link is followed only if it still leads there and finds that very content, so that a data
set from a stranger cannot bring in a file whose content he did not know before.

Standard library only, and every refusal an OSError: the readers of single files live with that.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

LINKS_NAME = "links.deepdiva.json"
FORMAT = "deepdiva links 1"
LARGEST_FILE = 2**30
"""Bytes; longer lists of links are not read."""


class Link(NamedTuple):
    """What was recorded of a link."""

    target: str
    """As the link itself says it."""
    sha256: str
    """Of what lies there, in hexadecimal."""


def write_links(links: Mapping[str, Link]) -> bytes:
    """Return the content of the list of links, by their paths below the root."""
    rows = [
        f'{json.dumps(path)}: {{"target": {json.dumps(link.target)}, "sha256": "{link.sha256}"}}'
        for path, link in sorted(links.items())
    ]
    return (f'{{\n"format": "{FORMAT}",\n"links": {{\n' + ",\n".join(rows) + "\n}\n}\n").encode()


@dataclass
class Links:
    """The links recorded for a data set; the list is read when the first link is met.

    Args:
        root: A descriptor of the open root folder.
    """

    root: int
    _known: Mapping[str, Link] | None = None

    @property
    def met(self) -> bool:
        """Whether a link was asked about."""
        return self._known is not None

    def look(self, path: str, folder: int) -> os.stat_result:
        """Return the facts of the file that the link at `path` leads to, without opening it.

        Args:
            path: Of the link, below the root.
            folder: A descriptor of the open folder that the link lies in.

        Raises:
            OSError: it is not recorded, leads elsewhere now, or there is no plain file.
        """
        facts = os.stat(self._recorded(path, folder).target, dir_fd=folder, follow_symlinks=False)
        if not stat.S_ISREG(facts.st_mode):
            raise OSError(errno.ELOOP, "what a link of our split leads to is no plain file")
        return facts

    def open(self, path: str, folder: int) -> int:
        """Return a descriptor to read what the link at `path` leads to.

        Raises:
            OSError: see `look`; or the content is not that of the day of the split.
        """
        link = self._recorded(path, folder)
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        descriptor = os.open(link.target, flags, dir_fd=folder)
        try:
            _require_content(descriptor, link.sha256)
        except BaseException:
            os.close(descriptor)
            raise
        return descriptor

    def _recorded(self, path: str, folder: int) -> Link:
        if self._known is None:
            self._known = _read_links(self.root)
        link = self._known.get(path)
        if link is None or os.readlink(path.rpartition("/")[2], dir_fd=folder) != link.target:
            raise OSError(errno.ELOOP, "Too many levels of symbolic links")
        return link


def _require_content(descriptor: int, sha256: str) -> None:
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        raise OSError(errno.ELOOP, "what a link of our split leads to is no plain file")
    digest = hashlib.sha256()
    while chunk := os.read(descriptor, 2**20):
        digest.update(chunk)
    if digest.hexdigest() != sha256:
        raise OSError(errno.ESTALE, "what a link of our split leads to has other content now")
    os.lseek(descriptor, 0, os.SEEK_SET)


def _read_links(root: int) -> dict[str, Link]:
    """Return the recorded links; none where there is no list that can be read."""
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        descriptor = os.open(LINKS_NAME, flags, dir_fd=root)
    except FileNotFoundError:
        return {}
    with os.fdopen(descriptor, "rb") as stream:
        facts = os.fstat(descriptor)
        if not stat.S_ISREG(facts.st_mode) or facts.st_size > LARGEST_FILE:
            return {}
        return _parse(stream.read())


def _parse(content: bytes) -> dict[str, Link]:
    try:
        facts = json.loads(content)
        if facts["format"] != FORMAT:
            return {}
        return {path: Link(str(row["target"]), str(row["sha256"])) for path, row in facts["links"].items()}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return {}
