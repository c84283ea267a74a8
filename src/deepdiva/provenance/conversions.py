"""Which committed files may have other bytes on disk than in the commit, and still be clean.

Git can turn line ends, expand keywords and run filters on the way out of a commit.  Such
files are compared byte by byte; those of git-lfs are known by their pointers instead.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection
from pathlib import Path

from deepdiva.provenance.entries import FILE, PROGRAM
from deepdiva.provenance.git import split_names
from deepdiva.provenance.repository import Repository, Tracked
from deepdiva.provenance.stamp import FileNote

_OFF = (None, "", "0", "no", "off", "false")
_POINTER = re.compile(
    rb"version https://git-lfs\.github\.com/spec/v1\n(?:ext-[^\n]*\n)*oid sha256:([0-9a-f]{64})\nsize (\d+)\n"
)
_LARGEST_POINTER = 1024


def converted_files(repository: Repository, tracked: Collection[Tracked]) -> list[Tracked]:
    """Return the tracked files that git may have converted; none where nothing asks git to."""
    files = [file for file in tracked if file.mode in (FILE, PROGRAM)]
    autocrlf = repository.setting("core.autocrlf")
    if (autocrlf and autocrlf.lower()) in _OFF and not _has_attributes(repository, files):
        return []
    return files


def lfs_files(repository: Repository, files: Collection[Tracked]) -> dict[str, FileNote]:
    """Return those of `files` that git-lfs manages, by path, as their pointers describe them."""
    if not files:
        return {}
    given = b"".join(os.fsencode(file.path) + b"\0" for file in files)
    answer = split_names(repository.ask("check-attr", "-z", "--stdin", "filter", given=given))
    managed = {path for path, value in zip(answer[::3], answer[2::3], strict=True) if value == "lfs"}
    notes = (_read_pointer(repository, file) for file in files if file.path in managed)
    return {note.path: note for note in notes if note is not None}


def _has_attributes(repository: Repository, files: Collection[Tracked]) -> bool:
    if any(file.path.rpartition("/")[2] == ".gitattributes" for file in files):
        return True
    chosen = repository.setting("core.attributesFile")
    home = os.environ.get("XDG_CONFIG_HOME") or "~/.config"
    places = [
        repository.root / ".gitattributes",
        repository.path_inside("info/attributes"),
        Path(chosen or f"{home}/git/attributes").expanduser(),
        Path("/etc/gitattributes"),
    ]
    return any(place.exists() for place in places)


def _read_pointer(repository: Repository, file: Tracked) -> FileNote | None:
    if int(repository.ask("cat-file", "-s", file.object_id)) > _LARGEST_POINTER:
        return None
    found = _POINTER.match(repository.ask("cat-file", "blob", file.object_id))
    if found is None:
        return None
    return FileNote(
        path=file.path,
        mode=file.mode,
        size=int(found[2]),
        sha256=found[1].decode(),
        object_id=file.object_id,
    )
