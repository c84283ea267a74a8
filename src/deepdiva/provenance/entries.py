"""Files of a source tree as git would name them: mode, content, and one id for the whole tree.

All bytes are taken as they lie on disk.  What git does to them on their way into a commit
(line ends, filters, keywords) is left out, so that equal ids mean equal bytes.
"""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Literal, NamedTuple

from deepdiva.errors import GateRefused
from deepdiva.provenance.git import Algorithm
from deepdiva.provenance.tree import printable

if TYPE_CHECKING:
    from hashlib import _Hash

FILE, PROGRAM, LINK, SUBMODULE = "100644", "100755", "120000", "160000"
_CHUNK = 2**20


class Entry(NamedTuple):
    """One path of a tree: what `git ls-tree` tells."""

    mode: str
    """`100644` file, `100755` executable file, `120000` symbolic link, `160000` submodule."""
    object_id: str


class Content(NamedTuple):
    """What lies at a path on disk."""

    entry: Entry
    size: int
    """Bytes of the file, or of the link's target."""
    sha256: str


def algorithm_of(object_id: str) -> Algorithm:
    """Return the algorithm that makes ids of this length."""
    return "sha1" if len(object_id) == 40 else "sha256"


def look(root: Path, path: str, algorithm: Algorithm) -> Content | None:
    """Return what lies at `path` below `root`; None for nothing, a folder or something special.

    A link on the way counts as nothing, as it does for git: what is behind it belongs elsewhere.

    Raises:
        GateRefused: the file cannot be read (SRC-005), or changes while it is (SRC-006).
    """
    place = f"{root}/{path}"
    try:
        if is_behind_link(root, path):
            return None
        facts = os.lstat(place)
        if stat.S_ISLNK(facts.st_mode):
            return content_of(LINK, read_link(place), algorithm)
        return _read(root, path, facts, algorithm) if stat.S_ISREG(facts.st_mode) else None
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise _unreadable(path, error) from error


def content_of(mode: str, data: bytes, algorithm: Algorithm) -> Content:
    """Return `data` as the content of a path."""
    return Content(
        Entry(mode, object_id("blob", data, algorithm)), len(data), hashlib.sha256(data).hexdigest()
    )


def submodule_at(commit: str) -> Content:
    """Return a submodule that stands at `commit`: its content is the commit's id."""
    data = commit.encode()
    return Content(Entry(SUBMODULE, commit), len(data), hashlib.sha256(data).hexdigest())


def object_id(kind: Literal["blob", "tree"], data: bytes, algorithm: Algorithm) -> str:
    """Return git's id of `data`.

    Example:
        >>> object_id("tree", b"", "sha1")
        '4b825dc642cb6eb9a060e54bf8d69288fbee4904'
    """
    return _started(kind, len(data), algorithm, data).hexdigest()


def tree_id(entries: Mapping[str, Entry], algorithm: Algorithm) -> str:
    """Return git's id of the tree that holds `entries`, keyed by POSIX path.

    Example:
        >>> tree_id({}, "sha1")
        '4b825dc642cb6eb9a060e54bf8d69288fbee4904'
    """
    files: dict[bytes, tuple[str, str]] = {}
    folders: dict[str, dict[str, Entry]] = {}
    for path, entry in entries.items():
        name, slash, rest = path.partition("/")
        if slash:
            folders.setdefault(name, {})[rest] = entry
        else:
            files[os.fsencode(name)] = entry
    for name, inside in folders.items():  # git sorts a folder as if its name ended with a slash
        files[os.fsencode(name) + b"/"] = ("40000", tree_id(inside, algorithm))
    lines = (
        mode.encode() + b" " + name.removesuffix(b"/") + b"\0" + bytes.fromhex(digest)
        for name, (mode, digest) in sorted(files.items())
    )
    return object_id("tree", b"".join(lines), algorithm)


# -- Reading and writing without being led astray ------------------------------------


def is_behind_link(root: Path, path: str) -> bool:
    """Tell whether a folder on the way from `root` to `path` is a symbolic link."""
    place = os.fspath(root)
    for name in path.split("/")[:-1]:
        place = f"{place}/{name}"
        if os.path.islink(place):  # noqa: PTH114 - asked for every file; Path takes three times as long
            return True
    return False


def read_link(place: str | Path) -> bytes:
    """Return the target of the symbolic link at `place`, byte for byte."""
    return os.fsencode(os.readlink(place))  # noqa: PTH115 - Path would tidy `a//b` and `./a` up


def make_link(place: Path, target: bytes) -> None:
    """Make a symbolic link at `place` to `target`, byte for byte."""
    os.symlink(target, os.fsencode(place))  # noqa: PTH211 - Path would tidy `a//b` and `./a` up


def open_plain(root: Path, path: str) -> BinaryIO:
    """Open the plain file at `path` below `root` for reading.

    Raises:
        OSError: it is no plain file, or a link stands in its place or on the way.
    """
    place = f"{root}/{path}"
    if is_behind_link(root, path):
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), place)
    descriptor = os.open(place, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "not a plain file", place)
    return os.fdopen(descriptor, "rb")


def new_file(place: Path, *, program: bool) -> BinaryIO:
    """Make a file at `place`, where nothing may be yet, and open it for writing.

    Raises:
        OSError: something is there, or the file cannot be made.
    """
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    return os.fdopen(os.open(place, flags, 0o777 if program else 0o666), "wb")


def _read(root: Path, path: str, seen: os.stat_result, algorithm: Algorithm) -> Content:
    named = _started("blob", seen.st_size, algorithm)
    plain = hashlib.sha256()
    length = 0
    with open_plain(root, path) as stream:
        while chunk := stream.read(_CHUNK):
            named.update(chunk)
            plain.update(chunk)
            length += len(chunk)
    if length != seen.st_size:
        raise GateRefused(
            f"{printable(path)} changes while it is read",
            expected="source code that nobody writes to while a run starts",
            remedy="wait until the editor or the build has finished, and run again",
            code="SRC-006",
        )
    mode = PROGRAM if seen.st_mode & stat.S_IXUSR else FILE
    return Content(Entry(mode, named.hexdigest()), length, plain.hexdigest())


def _started(kind: str, size: int, algorithm: Algorithm, data: bytes = b"") -> _Hash:
    digest = hashlib.new(algorithm, f"{kind} {size}".encode() + b"\0", usedforsecurity=False)
    digest.update(data)
    return digest


def _unreadable(path: str, error: OSError) -> GateRefused:
    return GateRefused(
        f"{printable(path)} cannot be read: {error.strerror or error}",
        expected="source code that can be read, so that it can be recorded",
        remedy="change its permissions, or have git ignore it",
        code="SRC-005",
    )
