"""Which committed files may have other bytes on disk than in the commit, and still be clean.

Git can turn line ends, expand keywords and run filters on the way out of a commit.  Such
files are compared byte by byte; those of git-lfs are known by their pointers instead.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from deepdiva.provenance.entries import FILE, PROGRAM
from deepdiva.provenance.git import split_names
from deepdiva.provenance.repository import Repository, Tracked
from deepdiva.provenance.stamp import FileNote

_OFF = ("", "0", "no", "off", "false")
_CONVERTING = ("text", "crlf", "eol", "ident", "filter", "working-tree-encoding")
_POINTER = re.compile(
    rb"version https://git-lfs\.github\.com/spec/v1\n(?:ext-[^\n]*\n)*oid sha256:([0-9a-f]{64})\nsize (\d+)\n"
)
_LARGEST_POINTER = 1024


@dataclass(frozen=True)
class Conversions:
    """Clean files whose bytes on disk may not be those of the commit."""

    suspects: tuple[Tracked, ...]
    """To be compared byte by byte."""
    managed: tuple[FileNote, ...]
    """Managed by git-lfs, as their pointers describe them; not read."""


def find_conversions(repository: Repository, tracked: Collection[Tracked]) -> Conversions:
    """Return which of the clean files `tracked` git may have converted; none where nothing asks it to."""
    files = {file.path: file for file in tracked if file.mode in (FILE, PROGRAM)}
    by_setting = (repository.setting("core.autocrlf") or "false").lower() not in _OFF
    if not by_setting and not _has_attributes(repository, files):
        return Conversions((), ())
    attributes = _attributes(repository, files)
    suspects = {path: file for path, file in files.items() if _is_converted(attributes[path], by_setting)}
    lfs = [file for path, file in suspects.items() if attributes[path].get("filter") == "lfs"]
    managed = {note.path: note for file in lfs if (note := _read_pointer(repository, file)) is not None}
    return Conversions(tuple(f for f in suspects.values() if f.path not in managed), tuple(managed.values()))


def _attributes(repository: Repository, paths: Collection[str]) -> dict[str, dict[str, str]]:
    """Return the attributes of each path that can convert it, as far as they are set."""
    found: dict[str, dict[str, str]] = {path: {} for path in paths}
    given = b"".join(os.fsencode(path) + b"\0" for path in paths)
    words = split_names(repository.ask("check-attr", "-z", "--stdin", *_CONVERTING, given=given))
    for path, name, value in zip(words[::3], words[1::3], words[2::3], strict=True):
        if value != "unspecified":
            found[path][name] = value
    return found


def _is_converted(attributes: Mapping[str, str], by_setting: bool) -> bool:
    """Tell whether git converts a file of these attributes, at least where its content asks for it."""
    if any(attributes.get(name, "unset") != "unset" for name in ("filter", "ident", "working-tree-encoding")):
        return True
    line_ends = attributes.get("text", attributes.get("crlf"))
    return line_ends != "unset" and (by_setting or line_ends is not None or "eol" in attributes)


def _has_attributes(repository: Repository, paths: Collection[str]) -> bool:
    if any(path.rpartition("/")[2] == ".gitattributes" for path in paths):
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
