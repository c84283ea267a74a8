"""Compare a data folder with its footprint before anything is read from it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from deepdiva.errors import DataError
from deepdiva.provenance import original
from deepdiva.provenance.differences import Differences
from deepdiva.provenance.file_table import FileEntry, FileTable
from deepdiva.provenance.footprint import (
    FILE_NAME,
    Footprint,
    VerifiedData,
    find_footprint,
    footprint_of,
    load,
    save,
)
from deepdiva.provenance.hashing import NAMES, Digests, hash_files
from deepdiva.provenance.tree import Listing, Seen, Tree, look_at, printable
from deepdiva.provenance.waiting import Progress, shown


def verify(
    root: Path, *, deep: bool = False, algorithm: str = "sha256", progress: Progress | None = None
) -> VerifiedData:
    """Return the data at `root`, known to be what its footprint says.

    Where there is no footprint yet, one is taken, and a notice says so.

    Args:
        root: The folder of the data set, wherever it lies today.
        deep: Read every file again.  Otherwise those are read whose time changed; a file of
            the same size and time counts as unchanged.
        algorithm: Of a footprint that is taken now; one that is there says its own.
        progress: Is told the bytes read so far, and how many there are to read.

    Raises:
        DataChanged: files were added, removed (DATA-043) or changed (DATA-002); all are named.
        DataError: the folder or its footprint cannot be trusted; see `tree.look_at` and
            `footprint.load`.
    """
    tree = look_at(root)
    _refuse_empty(root, tree)
    place = find_footprint(root)
    if place is None:
        return _first_use(root, tree, algorithm, progress)
    footprint = load(place, again=True)
    touched = _compare(root, place, tree.files, footprint, deep, progress)
    notices = _touched_notice(root, touched) + _unportable_notice(tree)
    return VerifiedData(root=root, footprint=footprint, notices=notices)


def _compare(
    root: Path,
    place: Path,
    files: Listing,
    footprint: Footprint,
    deep: bool,
    progress: Progress | None,
) -> list[str]:
    """Raise where content differs; return the files of which only the time does."""
    known = footprint.table
    same = files.paths == known.paths and files.sizes == known.sizes
    if same and files.mtimes == known.mtimes and not deep:
        return []  # whole columns: a moment, whatever the number of files
    suspects = files if same and deep else _suspects(files, known.as_dict(), deep)
    with shown(f"reading {root}", progress) as report:
        digests = hash_files(root, suspects, algorithm=footprint.algorithm, progress=report)
    if not same or not _agree(digests, known):
        found = _differences(files.as_dict(), known.as_dict(), digests.as_dict())
        found.refuse(root, place, _digest_lines(found, footprint, digests))
    return _touched(files, known)


def _suspects(files: Listing, known: Mapping[str, FileEntry], deep: bool) -> dict[str, Seen]:
    """Return the files to read: those of equal size; of these, if not `deep`, those of another time."""
    return {
        path: seen
        for path, seen in files.rows()
        if (entry := known.get(path)) is not None
        and seen.size == entry.size
        and (deep or seen.mtime_ns != entry.mtime_ns)
    }


def _agree(digests: Digests, known: FileTable) -> bool:
    if digests.paths == known.paths:
        return digests.joined == known.digests
    return all(known[path].digest == digest for path, digest in digests.rows())


def _touched(files: Listing, known: FileTable) -> list[str]:
    """Return the files whose time differs; the paths are the same."""
    if files.mtimes == known.mtimes:
        return []
    rows = enumerate(zip(files.mtimes, known.mtimes, strict=True))
    return [files.paths[row] for row, (now, then) in rows if now != then]


def _differences(
    files: Mapping[str, Seen], known: Mapping[str, FileEntry], digests: Mapping[str, str]
) -> Differences:
    other_size = {path for path in files.keys() & known.keys() if files[path].size != known[path].size}
    other_content = {path for path, digest in digests.items() if digest != known[path].digest}
    return Differences(
        added=tuple(sorted(files.keys() - known.keys())),
        removed=tuple(sorted(known.keys() - files.keys())),
        changed=tuple(sorted(other_size | other_content)),
    )


def _digest_lines(found: Differences, footprint: Footprint, digests: Mapping[str, str]) -> str:
    """Tell expected and actual digest of the first changed file, to compare with other copies."""
    first = next((path for path in found.changed if path in digests), None)
    if first is None:
        return ""
    expected = footprint.files[first].digest
    name = NAMES[footprint.algorithm]
    return f"\n  {name} of {printable(first)}: {digests[first][:16]}..., was {expected[:16]}..."


def _first_use(root: Path, tree: Tree, algorithm: str, progress: Progress | None) -> VerifiedData:
    notices = []
    beside = root / FILE_NAME
    if original.is_original(beside):
        original.verify_original(root, beside, tree.files)
        notices.append(f"{beside} of the original DeepDIVA was verified and stays as it is")
    footprint = footprint_of(root, tree, algorithm=algorithm, progress=progress)
    place = save(footprint, root)
    notices.append(
        f"{root} had no footprint: took one of {len(footprint.files)} files, kept in {place}; "
        "from now on a difference refuses the run"
    )
    return VerifiedData(root=root, footprint=footprint, notices=tuple(notices) + _unportable_notice(tree))


def _refuse_empty(root: Path, tree: Tree) -> None:
    if not tree.files:
        raise DataError(
            f"{root} holds no file" + (f" but {tree.ignored} that are never data" if tree.ignored else ""),
            expected="a folder that holds a data set",
            remedy="look for a typing error, or get data: `deepdiva data get digits --to data`",
            code="DATA-047",
        )


def _touched_notice(root: Path, touched: list[str]) -> tuple[str, ...]:
    if not touched:
        return ()
    some = ", ".join(printable(path) for path in sorted(touched)[:3]) + (", ..." if len(touched) > 3 else "")
    have = "files have" if len(touched) > 1 else "file has"
    found = (
        f"{len(touched)} {have} another time than in the footprint but the same content, read again: {some}"
    )
    return (f"{found}; `deepdiva data footprint {root} --update` takes the times over",)


def _unportable_notice(tree: Tree) -> tuple[str, ...]:
    if not tree.unportable:
        return ()
    some = ", ".join(printable(path) for path in sorted(tree.unportable)[:3])
    return (f"{len(tree.unportable)} names are not portable to Windows: {some}",)
