"""Compare two tables of files, and tell what came, went, changed, and what only lies elsewhere.

Nothing is opened here: the differences of two tables are a fact about them, and applying them to
the first gives the second.
"""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple


class Content(NamedTuple):
    """What is in a file."""

    digest: str
    """In hexadecimal."""
    size: int | None
    """Bytes; None where nobody wrote it down."""


class FolderMove(NamedTuple):
    """A folder that lies elsewhere as a whole: each of its files, and nothing else beside them."""

    old: str
    new: str
    files: int


@dataclass(frozen=True, kw_only=True)
class Moves:
    """How to come from the files of A to those of B; every path is told once."""

    added: Mapping[str, Content]
    removed: Mapping[str, Content]
    changed: Mapping[str, tuple[Content, Content]]
    """Path to what it was in A and is in B."""
    moved: tuple[tuple[str, str], ...]
    """Path in A and path in B of the same content; both are gone, or new, on the other side."""
    folders: tuple[FolderMove, ...]
    """What `moved` says of whole folders."""

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.changed or self.moved)

    @property
    def moved_alone(self) -> tuple[tuple[str, str], ...]:
        """The pairs of `moved` that no folder took with it."""
        renamed = {(folder.old, folder.new) for folder in self.folders}
        return tuple(pair for pair in self.moved if renamed.isdisjoint(_folders_of(*pair)))


def compare(a: Mapping[str, Content], b: Mapping[str, Content]) -> Moves:
    """Return what became of the files of `a` in `b`: tables of POSIX path to content.

    A file that is gone and a new one of the same digest are one file that moved.  Among several
    of the same digest, those are paired whose paths agree longest from the end.
    """
    gone = {path: a[path] for path in sorted(a.keys() - b.keys())}
    new = {path: b[path] for path in sorted(b.keys() - a.keys())}
    moved = _pair(gone, new)
    here, there = {old for old, _ in moved}, {path for _, path in moved}
    return Moves(
        added={path: content for path, content in new.items() if path not in there},
        removed={path: content for path, content in gone.items() if path not in here},
        changed={
            path: (a[path], b[path])
            for path in sorted(a.keys() & b.keys())
            if a[path].digest != b[path].digest
        },
        moved=moved,
        folders=_whole_folders(a, b, moved),
    )


def _pair(gone: Mapping[str, Content], new: Mapping[str, Content]) -> tuple[tuple[str, str], ...]:
    shared = {content.digest for content in gone.values()} & {content.digest for content in new.values()}
    left = {path: content.digest for path, content in gone.items() if content.digest in shared}
    right = {path: content.digest for path, content in new.items() if content.digest in shared}
    pairs: list[tuple[str, str]] = []
    for length in range(max((path.count("/") + 1 for path in left), default=0), -1, -1):
        waiting: dict[tuple[str, str], deque[str]] = defaultdict(deque)
        for path, digest in right.items():
            waiting[digest, _tail(path, length)].append(path)
        for path, digest in list(left.items()):
            if same := waiting.get((digest, _tail(path, length))):
                pairs.append((path, same.popleft()))
                del left[path], right[pairs[-1][1]]
    return tuple(sorted(pairs))


def _tail(path: str, length: int) -> str:
    """Return the last names of a path, `length` of them.

    Example:
        >>> _tail("train/cat/1.png", 2), _tail("train/cat/1.png", 0)
        ('cat/1.png', '')
    """
    return "/".join(path.split("/")[-length:]) if length else ""


def _whole_folders(
    a: Iterable[str], b: Iterable[str], moved: Iterable[tuple[str, str]]
) -> tuple[FolderMove, ...]:
    """Return the uppermost folders all of whose files went into one folder that holds no others."""
    together = Counter(pair for old, new in moved for pair in _folders_of(old, new))
    if not together:
        return ()
    in_a, in_b = _counts(a), _counts(b)
    whole = {(old, new): files for (old, new), files in together.items() if files == in_a[old] == in_b[new]}
    return tuple(
        FolderMove(old, new, files)
        for (old, new), files in sorted(whole.items())
        if whole.keys().isdisjoint(_folders_of(old, new))
    )


def _folders_of(old: str, new: str) -> list[tuple[str, str]]:
    """Return the folders above a file, or a folder, whose renaming alone explains that it moved.

    Example:
        >>> _folders_of("train/cat/1.png", "val/cat/1.png"), _folders_of("a/1.png", "a/2.png")
        ([('train/cat', 'val/cat'), ('train', 'val')], [])
    """
    found = []
    ours, theirs = old.split("/"), new.split("/")
    while len(ours) > 1 and len(theirs) > 1 and ours[-1] == theirs[-1]:
        del ours[-1], theirs[-1]
        found.append(("/".join(ours), "/".join(theirs)))
    return found


def _counts(paths: Iterable[str]) -> Counter[str]:
    """Count the files below every folder."""
    counts: Counter[str] = Counter()
    for path in paths:
        above = path
        while "/" in above:
            above = above.rpartition("/")[0]
            counts[above] += 1
    return counts


class Total(NamedTuple):
    """What happened below one name at the top of a data set."""

    a: int
    """Files in A."""
    b: int
    """Files in B."""
    added: int
    removed: int
    changed: int
    moved_out: int
    """Moved from here to another top folder, or within this one."""
    moved_in: int


def totals(a: Iterable[str], b: Iterable[str], found: Moves) -> dict[str, Total]:
    """Count by top folder (`train/`; of files at the top: the empty name), sorted."""
    columns = [
        Counter(map(_top, paths))
        for paths in (
            a,
            b,
            found.added,
            found.removed,
            found.changed,
            [old for old, _ in found.moved],
            [new for _, new in found.moved],
        )
    ]
    return {top: Total(*(column[top] for column in columns)) for top in sorted({*columns[0], *columns[1]})}


def _top(path: str) -> str:
    top, slash, _ = path.partition("/")
    return top + slash if slash else ""
