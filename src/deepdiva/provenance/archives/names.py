"""Which names a member of a crate may have: those that mean one place, the same one, on every machine."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator

DEEPEST = 100
"""Folders above a file; more is a mistake or an attack."""
LONGEST_NAME, LONGEST_PATH = 255, 4000
"""Bytes of one name and of a path; what file systems take."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_DRIVE = re.compile(r"[A-Za-z]:")
_CLIMBS = ("", ".", "..")


def fault_of(name: str) -> str | None:
    r"""Return what is wrong with `name` as a path below any folder; None where it can travel.

    Example:
        >>> fault_of("code/train.py")
        >>> fault_of("../train.py")
        'leads out of the folder'
    """
    if name.startswith("/"):
        return "is absolute"
    if "\\" in name:
        return "holds a backslash, which some systems take for a slash"
    if _DRIVE.match(name):
        return "begins with a drive letter"
    if _CONTROL.search(name):
        return "holds a control character"
    parts = name.split("/")
    if any(part in _CLIMBS for part in parts):
        return "leads out of the folder" if ".." in parts else "holds an empty name or a dot alone"
    return _length_fault(parts)


def _length_fault(parts: list[str]) -> str | None:
    try:
        lengths = [len(part.encode()) for part in parts]
    except UnicodeEncodeError:
        return "is not UTF-8"
    if len(parts) > DEEPEST or max(lengths) > LONGEST_NAME or sum(lengths) + len(parts) > LONGEST_PATH:
        return "is too deep or too long for a file system"
    return None


def twins(files: Iterable[str], folders: Iterable[str] = ()) -> Iterator[tuple[str, str]]:
    """Give each name with an earlier one that some file system takes for the same place.

    Names that differ in upper and lower case or in Unicode form only are twins, and so are a
    file and a folder of one name.  `folders` are those that are named themselves; the
    folders above files count without.
    """
    taken: dict[str, tuple[str, bool]] = {}
    for name in files:
        known = taken.get(_folded(name))
        if known is not None:
            yield name, known[0]
        taken[_folded(name)] = (name, True)
        yield from _above(name, taken)
    for name in folders:
        yield from _above(f"{name}/", taken)


def _above(name: str, taken: dict[str, tuple[str, bool]]) -> Iterator[tuple[str, str]]:
    """Take the folders above `name`, nearest first, up to one that was taken before with all above it."""
    folder = name.rpartition("/")[0]
    while folder:
        known = taken.get(_folded(folder))
        if known == (folder, False):
            return
        if known is not None:
            yield name, known[0]
        taken.setdefault(_folded(folder), (folder, False))
        folder = folder.rpartition("/")[0]


def _folded(name: str) -> str:
    if name.isascii():
        return name.lower()
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())
