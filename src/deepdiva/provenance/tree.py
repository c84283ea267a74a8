"""Look at a folder of data without trusting it: which files there are, and their bytes.

Nothing is opened through a link or by a path that could lead elsewhere: every step goes
from an open folder to a name in it.  The exception are links that our own split recorded:
see `links`.
"""

from __future__ import annotations

import os
import re
import unicodedata
from array import array
from bisect import bisect_left
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from operator import attrgetter
from pathlib import Path
from typing import NamedTuple

from deepdiva.errors import DataError
from deepdiva.provenance.columns import Columns, SortedPaths, encoded
from deepdiva.provenance.files import TEMPORARY_PREFIX
from deepdiva.provenance.links import LINKS_NAME, Links
from deepdiva.provenance.reading import INODE, Facts

OURS = frozenset({".gitignore", "footprint.json", "footprint.deepdiva.json", LINKS_NAME})
"""Names that are never data because we write them."""
LITTER = frozenset(
    {".DS_Store", ".Spotlight-V100", ".Trashes", ".fseventsd", "__MACOSX", "Thumbs.db", "desktop.ini"}
    | {"$RECYCLE.BIN", "System Volume Information", "lost+found", "@eaDir", ".ipynb_checkpoints"}
    | {".git", ".hg", ".svn"}
)
"""Names that are never data because file managers, file systems and version control make them."""
_LEFT_OUT = OURS | LITTER
AT_ONCE = 512
"""Files that are handed on together."""
DEEPEST = 100
"""Levels of folders below the root; more is a mistake or an attack."""

_FACTS = attrgetter("st_size", "st_mtime_ns", "st_ctime_ns", "st_ino")
_CONTROL = re.compile(r"[\x01-\x1f\x7f-\x9f]")
_NOT_UTF8 = re.compile(r"[\ud800-\udfff]")
_SUSPECT = (*'<>:"|?*\\', ".\0", " \0", "\0con", "\0prn", "\0aux", "\0nul", "\0com", "\0lpt")
"""Without one of these no name can match what follows, and they are found a hundred times faster."""
_NOT_WINDOWS = re.compile(r'[<>:"|?*\\]|[. ]\0|\0(?:con|prn|aux|nul|com\d|lpt\d)[.\0]', re.IGNORECASE)


class Seen(NamedTuple):
    """What the file system says about a file, without opening it."""

    size: int
    mtime_ns: int
    ctime_ns: int
    inode: int


@dataclass(eq=False)
class Listing(Columns[Seen]):
    """What was seen of files, by their POSIX paths below the root, in sorted order."""

    paths: SortedPaths
    sizes: array[int]
    mtimes: array[int]
    ctimes: array[int]
    inodes: array[int]

    @classmethod
    def of(cls, files: Mapping[str, Seen]) -> Listing:
        """Return `files` as a table."""
        if isinstance(files, Listing):
            return files
        paths = sorted(files)
        seen = [files[path] for path in paths]
        sizes, mtimes, ctimes, inodes = (array("q", [row[number] for row in seen]) for number in range(4))
        return cls(SortedPaths.of(paths), sizes, mtimes, ctimes, inodes)

    def at(self, row: int) -> Seen:
        """Return what was seen of the file in a row."""
        return Seen(self.sizes[row], self.mtimes[row], self.ctimes[row], self.inodes[row])

    def extend(self, other: Listing) -> None:
        """Append the rows of `other`, whose paths come after those that are here."""
        both = filter(None, (self.paths.joined, other.paths.joined))
        self.paths = SortedPaths(b"\0".join(both), len(self) + len(other))
        self.sizes += other.sizes
        self.mtimes += other.mtimes
        self.ctimes += other.ctimes
        self.inodes += other.inodes

    def slice(self, start: int, end: int) -> Listing:
        """Return the rows from `start` to before `end`."""
        return Listing(
            self.paths.slice(start, end),
            self.sizes[start:end],
            self.mtimes[start:end],
            self.ctimes[start:end],
            self.inodes[start:end],
        )


@dataclass
class Tree:
    """All files below a root."""

    files: Listing
    ignored: int = 0
    """How many files and folders the lists `OURS` and `LITTER` took out."""
    unportable: list[str] = field(default_factory=list)
    """Paths that cannot exist on Windows."""
    faults: list[tuple[str, str, str]] = field(default_factory=list)
    """Code, path and what is wrong with it, for whatever cannot be part of a data set."""


def is_ignored(name: str) -> bool:
    """Tell whether a file or folder of this name is left out: the one rule, for every reader of data."""
    return name in _LEFT_OUT or (name[0] == "." and name.startswith(("._", TEMPORARY_PREFIX)))


def look_at(root: Path, found: Callable[[Listing], object] | None = None) -> Tree:
    """Return all files below `root`, whatever the order in which the disk names them.

    Args:
        root: A folder.
        found: Is given the files part by part, in order, while others are still looked for;
            what it does with them counts only if nothing is raised here.

    Raises:
        DataError: there is no such folder (DATA-046), or it holds links (DATA-040, DATA-041),
            names that cannot travel (DATA-030 to DATA-033), special files (DATA-045) or what
            this user may not read (DATA-044).  All of them are named.
    """
    try:
        descriptor = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise DataError(
            f"{root}: {error.strerror}",
            expected="a folder that holds a data set",
            remedy="look for a typing error, or get data: `deepdiva data get digits --to data`",
            code="DATA-044" if isinstance(error, PermissionError) else "DATA-046",
        ) from error
    links = Links(os.dup(descriptor))
    walk = _Walk(Path(os.path.realpath(root)), links, found)
    try:
        walk.folder(descriptor, "", 0)
    finally:
        os.close(links.root)
    tree = walk.tree()
    if tree.faults:
        raise _refusal(root, sorted(tree.faults, key=lambda fault: fault[1]))
    return tree


class _Walk:
    """Fills a tree; faults are collected so that the user sees all of them at once."""

    def __init__(self, root: Path, links: Links, found: Callable[[Listing], object] | None) -> None:
        self._root, self._links, self._found = root, links, found
        self._paths, self._columns = bytearray(), [array("q") for _ in range(4)]
        self._tree = Tree(Listing(SortedPaths(b"", 0), *self._columns))

    def tree(self) -> Tree:
        """Return what was found."""
        self._tree.files.paths = SortedPaths(bytes(self._paths[:-1]), len(self._columns[0]))
        return self._tree

    def folder(self, descriptor: int, above: str, depth: int) -> None:
        """Take in the folder behind `descriptor`, which is closed at the end."""
        try:
            with os.scandir(descriptor) as entries:
                every = list(entries)
            names = [entry.name for entry in every]
            if not _LEFT_OUT.isdisjoint(names) or "\0." in "\0".join(["", *names]):
                every = [entry for entry in every if not is_ignored(entry.name)]
                self._tree.ignored += len(names) - len(every)
                names = [entry.name for entry in every]
            self._judge_names(above, names)
            files, folders = self._sort(descriptor, above, every)
            facts = self._ask(descriptor, above, files)
            names, done = [entry.name for entry in files], 0
            for folder in folders:  # a folder comes where its name with a slash stands among the files
                end = bisect_left(names, f"{folder}/", done)
                self._add(above, names, facts, done, end)
                self._enter(descriptor, folder, above, depth + 1)
                done = end
            self._add(above, names, facts, done, len(names))
        finally:
            os.close(descriptor)

    def _sort(
        self, descriptor: int, above: str, entries: list[os.DirEntry[str]]
    ) -> tuple[list[os.DirEntry[str]], list[str]]:
        """Return the files in order, and the names of the folders in order of their paths."""
        files = [entry for entry in entries if entry.is_file(follow_symlinks=False)]
        folders = []
        if len(files) < len(entries):
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    folders.append(entry.name)
                elif self._is_ours(descriptor, entry, above + entry.name):
                    files.append(entry)
                elif not entry.is_file(follow_symlinks=False):
                    self._tree.faults.append(self._judge_other(entry, above + entry.name))
        return sorted(files, key=attrgetter("name")), sorted(folders, key=lambda name: f"{name}/")

    def _ask(self, descriptor: int, above: str, files: list[os.DirEntry[str]]) -> list[Facts]:
        try:
            if self._links.met:
                return [_FACTS(self._look(descriptor, entry, above + entry.name)) for entry in files]
            return [_FACTS(entry.stat(follow_symlinks=False)) for entry in files]
        except OSError as error:
            fault = (
                "DATA-044",
                above + Path(error.filename or "").name,
                f"cannot be looked at: {error.strerror}",
            )
            self._tree.faults.append(fault)
            files.clear()
            return []

    def _add(self, above: str, names: list[str], facts: list[Facts], start: int, end: int) -> None:
        """Take in files of one folder; `above` is the folder with a slash, or nothing."""
        for first in range(start, end, AT_ONCE):
            last = min(end, first + AT_ONCE)
            self._add_part(above, names[first:last], facts[first:last])

    def _add_part(self, above: str, names: list[str], facts: list[Facts]) -> None:
        paths = encoded(above + f"\0{above}".join(names))
        try:
            columns = _columns(facts)
        except OverflowError:
            self._tree.faults.append(("DATA-062", above, "a file in it has a time after the year 2262"))
            return
        self._paths += paths + b"\0"
        for whole, part in zip(self._columns, columns, strict=True):
            whole.extend(part)
        if self._found is not None:
            self._found(Listing(SortedPaths(paths, len(names)), *columns))

    def _enter(self, above_descriptor: int, name: str, above: str, depth: int) -> None:
        path = above + name
        if depth > DEEPEST:
            self._tree.faults.append(("DATA-034", path, f"more than {DEEPEST} folders deep"))
            return
        flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
        try:
            descriptor = os.open(name, flags, dir_fd=above_descriptor)
        except OSError as error:
            self._tree.faults.append(("DATA-044", path, f"cannot be opened: {error.strerror}"))
            return
        self.folder(descriptor, f"{path}/", depth)

    def _is_ours(self, folder: int, entry: os.DirEntry[str], path: str) -> bool:
        """Tell whether this is a link that our split recorded, and leads to a file."""
        try:
            return entry.is_symlink() and bool(self._links.look(path, folder))
        except OSError:  # another link, or one that broke
            return False

    def _look(self, folder: int, entry: os.DirEntry[str], path: str) -> os.stat_result:
        return self._links.look(path, folder) if entry.is_symlink() else entry.stat(follow_symlinks=False)

    def _judge_other(self, entry: os.DirEntry[str], path: str) -> tuple[str, str, str]:
        if not entry.is_symlink():
            return "DATA-045", path, "neither a file nor a folder"
        place = self._root / path
        if Path(os.path.realpath(place)).is_relative_to(self._root):
            return "DATA-040", path, f"a link to {place.readlink()}"
        return "DATA-041", path, f"a link out of the folder, to {place.readlink()}"

    def _judge_names(self, above: str, names: list[str]) -> None:
        """Look at all names of a folder in one string, and one by one only where something is odd."""
        joined = "\0".join(names)
        if not joined.replace("\0", "").isprintable():
            self._blame("DATA-030", above, filter(_CONTROL.search, names), "control characters in the name")
            self._blame("DATA-031", above, filter(_NOT_UTF8.search, names), "a name that is not UTF-8")
        if not joined.isascii():
            self._blame_twins("DATA-032", above, names, unicodedata.normalize("NFC", joined).split("\0"))
        self._blame_twins("DATA-033", above, names, joined.casefold().split("\0"))
        if any(map(f"\0{joined}\0".casefold().__contains__, _SUSPECT)):
            self._tree.unportable += [above + name for name in names if _NOT_WINDOWS.search(f"\0{name}\0")]

    def _blame(self, code: str, above: str, names: filter[str], reason: str) -> None:
        self._tree.faults += [(code, above + name, reason) for name in names]

    def _blame_twins(self, code: str, above: str, names: list[str], folded: list[str]) -> None:
        if len(set(folded)) == len(folded):
            return
        meaning = {"DATA-032": "Unicode form", "DATA-033": "upper and lower case"}[code]
        first: dict[str, str] = {}
        for key, name in sorted(zip(folded, names, strict=True)):
            twin = first.setdefault(key, name)
            if twin is not name:
                self._tree.faults.append((code, above + name, f"differs from {twin!a} in {meaning} only"))


def _columns(facts: list[Facts]) -> tuple[array[int], array[int], array[int], array[int]]:
    sizes, mtimes, ctimes, inodes = zip(*facts, strict=True)
    if max(inodes) > INODE:
        inodes = tuple(inode & INODE for inode in inodes)
    return array("q", sizes), array("q", mtimes), array("q", ctimes), array("q", inodes)


def _refusal(root: Path, faults: list[tuple[str, str, str]]) -> DataError:
    lines = [f"  {code} {printable(path)}: {reason}" for code, path, reason in faults[:20]]
    if len(faults) > 20:
        lines.append(f"  ... and {len(faults) - 20} more")
    return DataError(
        f"{len(faults)} entries of {root} cannot be part of a data set:\n" + "\n".join(lines),
        expected="plain files and folders with portable names, readable by you, and no links",
        remedy="rename or remove them, copy in what a link points to, or change the permissions",
        code=faults[0][0],
    )


def printable(path: str) -> str:
    r"""Return `path` as it can be shown: as it is, or with whatever moves a terminal escaped.

    Example:
        >>> printable("train/a b.png")
        'train/a b.png'
        >>> printable("train/a\nb.png")
        "'train/a\\nb.png'"
    """
    if path.isprintable():
        return path
    try:
        path.encode()
    except UnicodeEncodeError:
        return repr(os.fsencode(path))
    return ascii(path)
