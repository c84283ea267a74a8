"""Find data of which nothing is known but its digest: no list of files is at hand."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from deepdiva.errors import DataError, Inconclusive
from deepdiva.provenance.file_table import FileEntry
from deepdiva.provenance.footprint import Footprint, find_footprint, load, take_footprint
from deepdiva.provenance.hashing import hash_files
from deepdiva.provenance.tree import is_ignored, look_at
from deepdiva.provenance.waiting import shown


def search_digest(digest: str | None, *, typed: Sequence[Path], given: Sequence[Path] = ()) -> Path:
    """Return a folder whose files, every one of them read, have the root digest `digest`.

    Nothing is written there.  Below a folder that is given, footprints that lie beside their
    data are looked at first; where none has the digest, the files themselves are read, each once.

    Args:
        digest: Root digest of the footprint; None takes the first folder that is there.
        typed: Where the data may lie as the request words it.
        given: Folders in and below which it is looked for; then it is looked for only there.

    Raises:
        Inconclusive: it is in none of the places (REP-006).
    """
    places = [place for place in given or typed if place.is_dir()]
    if digest is None:
        found = next(iter(places), None)
    elif given:
        found = _below(places, digest)
    else:
        found = next((place for place in places if _has(place, digest)), None)
    if found is not None:
        return found
    what = "the data" if digest is None else f"data with digest {digest[:12]}"
    raise Inconclusive(
        f"{what} was not found in {', '.join(map(str, given or typed))}",
        expected="the very data that the request asks for",
        remedy="say with --data DIR where it is; it is looked for below that, too",
        code="REP-006",
    )


def _below(places: Sequence[Path], digest: str) -> Path | None:
    kept = (folder for place in places for folder in _folders(place) if _keeps(folder, digest))
    found = next((folder for folder in kept if _has(folder, digest)), None)
    return found or next((folder for place in places for folder in _read_below(place, digest)), None)


def _folders(place: Path) -> Iterator[Path]:
    for folder, names, _ in os.walk(place):
        names[:] = sorted(name for name in names if not is_ignored(name))
        yield Path(folder)


def _keeps(folder: Path, digest: str) -> bool:
    """Tell whether a footprint that was taken of `folder` has the digest."""
    try:
        place = find_footprint(folder)
        return place is not None and load(place).digest == digest
    except DataError:
        return False


def _has(folder: Path, digest: str) -> bool:
    """Tell whether the files in `folder`, hashed as its footprint says, have the digest."""
    try:
        place = find_footprint(folder)
        algorithm = "sha256" if place is None else load(place).algorithm
        return take_footprint(folder, algorithm=algorithm).digest == digest
    except DataError:
        return False


def _read_below(place: Path, digest: str) -> Iterator[Path]:
    """Give the folders in and below `place` whose files have the digest; each file is read once."""
    known: dict[Path, str] = {}
    for folder in _folders(place):
        try:
            if _footprint(folder, known).digest == digest:
                yield folder
        except DataError:  # a link or a device somewhere below: no data set, but one may lie deeper
            continue


def _footprint(folder: Path, known: dict[Path, str]) -> Footprint:
    files = look_at(folder).files
    rest = {path: seen for path, seen in files.items() if folder / path not in known}
    with shown(f"reading {folder}") as report:
        known |= {folder / path: sha for path, sha in hash_files(folder, rest, progress=report).items()}
    entries = {
        path: FileEntry(seen.size, seen.mtime_ns, known[folder / path])
        for path, seen in sorted(files.items())
    }
    return Footprint(entries)
