"""Look at a folder of data without trusting it: which files there are, and their bytes.

Nothing is opened through a link or by a path that could lead elsewhere: every step goes
from an open folder to a name in it.  The exception are links that our own split recorded:
see `links`.
"""

from __future__ import annotations

import errno
import os
import re
import unicodedata
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import NamedTuple

from deepdiva.errors import DataError
from deepdiva.provenance.files import TEMPORARY_PREFIX
from deepdiva.provenance.links import LINKS_NAME, Links

OURS = frozenset({".gitignore", "footprint.json", "footprint.deepdiva.json", LINKS_NAME})
"""Names that are never data because we write them."""
LITTER = frozenset(
    {".DS_Store", ".Spotlight-V100", ".Trashes", ".fseventsd", "__MACOSX", "Thumbs.db", "desktop.ini"}
    | {"$RECYCLE.BIN", "System Volume Information", "lost+found", "@eaDir", ".ipynb_checkpoints"}
    | {".git", ".hg", ".svn"}
)
"""Names that are never data because file managers, file systems and version control make them."""
_LEFT_OUT = OURS | LITTER
DEEPEST = 100
"""Levels of folders below the root; more is a mistake or an attack."""

_CONTROL = re.compile(r"[\x01-\x1f\x7f-\x9f]")
_NOT_UTF8 = re.compile(r"[\ud800-\udfff]")
_NOT_WINDOWS = re.compile(r'[<>:"|?*\\]|[. ]\0|\0(?:con|prn|aux|nul|com\d|lpt\d)[.\0]', re.IGNORECASE)


class Seen(NamedTuple):
    """What the file system says about a file, without opening it."""

    size: int
    mtime_ns: int
    ctime_ns: int
    inode: int

    @classmethod
    def of(cls, facts: os.stat_result) -> Seen:
        """Return what `facts` say."""
        return cls(facts.st_size, facts.st_mtime_ns, facts.st_ctime_ns, facts.st_ino)


@dataclass
class Tree:
    """All files below a root."""

    files: dict[str, Seen] = field(default_factory=dict)
    """By POSIX path below the root."""
    ignored: int = 0
    """How many files and folders the lists `OURS` and `LITTER` took out."""
    unportable: list[str] = field(default_factory=list)
    """Paths that cannot exist on Windows."""
    faults: list[tuple[str, str, str]] = field(default_factory=list)
    """Code, path and what is wrong with it, for whatever cannot be part of a data set."""


def is_ignored(name: str) -> bool:
    """Tell whether a file or folder of this name is left out: the one rule, for every reader of data."""
    return name in _LEFT_OUT or (name[0] == "." and name.startswith(("._", TEMPORARY_PREFIX)))


def look_at(root: Path) -> Tree:
    """Return all files below `root`, whatever the order in which the disk names them.

    Raises:
        DataError: there is no such folder (DATA-046), or it holds links (DATA-040, DATA-041),
            names that cannot travel (DATA-030 to DATA-033), special files (DATA-045) or what
            this user may not read (DATA-044).  All of them are named.
    """
    tree = Tree()
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
    try:
        _Walk(tree, Path(os.path.realpath(root)), links).folder(descriptor, "", 0)
    finally:
        os.close(links.root)
    if tree.faults:
        raise _refusal(root, sorted(tree.faults, key=lambda fault: fault[1]))
    return tree


class _Walk:
    """Fills a tree; faults are collected so that the user sees all of them at once."""

    def __init__(self, tree: Tree, root: Path, links: Links) -> None:
        self._tree, self._root, self._links = tree, root, links

    def folder(self, descriptor: int, above: str, depth: int) -> None:
        """Take in the folder behind `descriptor`, which is closed at the end."""
        folders = []
        try:
            with os.scandir(descriptor) as entries:
                every = list(entries)
            kept = [entry for entry in every if not is_ignored(entry.name)]
            self._tree.ignored += len(every) - len(kept)
            self._judge_names(above, [entry.name for entry in kept])
            for entry in kept:
                if entry.is_file(follow_symlinks=False):
                    facts = entry.stat(follow_symlinks=False)
                    self._tree.files[above + entry.name] = Seen.of(facts)
                elif entry.is_dir(follow_symlinks=False):
                    folders.append(entry.name)
                else:
                    self._take_other(descriptor, entry, above + entry.name)
            for name in folders:
                self._enter(descriptor, name, above, depth + 1)
        finally:
            os.close(descriptor)

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

    def _take_other(self, folder: int, entry: os.DirEntry[str], path: str) -> None:
        try:
            if entry.is_symlink():
                self._tree.files[path] = Seen.of(self._links.look(path, folder))
                return
        except OSError:  # no link of ours, or one that broke
            pass
        self._tree.faults.append(self._judge_other(entry, path))

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
        if _NOT_WINDOWS.search(f"\0{joined}\0"):
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


class TreeReader:
    """Opens files below a root, folder by folder and never through a link but those in `links`.

    Keeps the folder of the last file open: names in sorted order cost one step each.
    """

    def __init__(self, root: Path) -> None:
        self._root = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        self._links = Links(self._root)
        self._above, self._folder = "", self._root

    def __enter__(self) -> TreeReader:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def open(self, path: str) -> int:
        """Return a descriptor to read the file at `path`, a POSIX path below the root.

        Raises:
            OSError: there is no such file, or a link stands in the way.
        """
        above, _, name = path.rpartition("/")
        if above != self._above:
            self._change_to(above)
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        try:
            return os.open(name, flags, dir_fd=self._folder)
        except OSError as error:
            if error.errno != errno.ELOOP:
                raise
            return self._links.open(path, self._folder)

    def close(self) -> None:
        """Give the descriptors back."""
        if self._folder != self._root:
            os.close(self._folder)
        os.close(self._root)

    def _change_to(self, above: str) -> None:
        descriptor = os.dup(self._root)
        flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
        for name in filter(None, above.split("/")):
            try:
                below = os.open(name, flags, dir_fd=descriptor)
            finally:
                os.close(descriptor)
            descriptor = below
        if self._folder != self._root:
            os.close(self._folder)
        self._above, self._folder = above, descriptor
