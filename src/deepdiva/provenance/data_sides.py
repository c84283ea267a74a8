"""Read what is compared as data: a folder, a footprint, or the footprint that a run keeps.

Nothing is written, neither into the data nor into the state folder.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from deepdiva.errors import ConfigError, DataError
from deepdiva.provenance import original
from deepdiva.provenance.files import resource_error
from deepdiva.provenance.footprint import FILE_NAME, Footprint, find_footprint, load
from deepdiva.provenance.hashing import hash_files
from deepdiva.provenance.moves import Content
from deepdiva.provenance.tree import look_at
from deepdiva.provenance.waiting import Progress, shown


@dataclass(frozen=True, kw_only=True)
class Side:
    """The files of one side of a comparison."""

    files: Mapping[str, Content]
    algorithm: str
    """Of the digests."""
    how: str
    """Where the digests come from, for people."""
    is_original: bool = False
    """Written by the original DeepDIVA, which wrote files of its own into the data, too."""


def read_sides(
    a: Path, b: Path, *, deep: bool = False, progress: Progress | None = None
) -> tuple[Side, Side]:
    """Return both sides, their contents known by the same algorithm.

    Args:
        a: A data folder; a footprint, ours or of the original DeepDIVA; or a run folder, whose
            own footprint of its data is meant.
        b: The other.
        deep: Read every file of a folder, instead of those alone that differ in size or time from
            the footprint of the folder.
        progress: Is told the bytes read so far, and how many there are to read.

    Raises:
        ConfigError: two footprints are by different algorithms (CFG-038).
        DataError: a run kept no footprint (DATA-074); a file is none (DATA-075); or see
            `tree.look_at` and `footprint.load`.
    """
    fixed = _read_fixed(a), _read_fixed(b)
    kept = _load_kept(a, fixed[0], deep), _load_kept(b, fixed[1], deep)
    algorithms = [side.algorithm for side in fixed if side is not None]
    if len({*algorithms}) > 1:
        raise _incomparable(a, b, algorithms)
    algorithms += [footprint.algorithm for footprint in kept if footprint is not None]
    algorithm = next(iter(algorithms), "sha256")
    ours = fixed[0] or _read_folder(a, algorithm, kept[0], progress)
    theirs = fixed[1] or _read_folder(b, algorithm, kept[1], progress)
    if ours.is_original or theirs.is_original:
        return _without_derived(ours), _without_derived(theirs)
    return ours, theirs


def _read_fixed(place: Path) -> Side | None:
    """Return what a footprint says; None for a folder that has to be looked at."""
    if _is_file(place / "run.json"):
        if not _is_file(place / "data" / FILE_NAME):
            raise DataError(
                f"the run {place} keeps no footprint of its data",
                expected=f"data/{FILE_NAME} in the folder of a run that began",
                remedy="name the data folder itself",
                code="DATA-074",
            )
        return _of_footprint(load(place / "data" / FILE_NAME), "as the run recorded them")
    if not _is_file(place):
        return None
    if original.is_original(place):
        files = {
            path: Content(digest, None) for path, digest in sorted(original.load_original(place).items())
        }
        how = "as the original DeepDIVA recorded them"
        return Side(files=files, algorithm="sha1", how=how, is_original=True)
    _refuse_other_file(place)
    return _of_footprint(load(place), "as the footprint says")


def _is_file(place: Path) -> bool:
    """Tell whether there is a plain file, also where one may not look."""
    return os.path.isfile(place)  # noqa: PTH113, its counterpart raises


def _refuse_other_file(place: Path) -> None:
    """Refuse what nobody could take for a footprint, before advice on damaged ones would mislead."""
    try:
        with place.open("rb") as stream:
            head = stream.read(64)
    except OSError as error:
        raise resource_error(error, place) from error
    if b'"format"' not in head:
        raise DataError(
            f"{place} is a file, but no footprint",
            expected="a data folder, a footprint of DeepDIVA, a run folder or a crate",
            remedy=f"name a folder, or the {FILE_NAME} in it",
            code="DATA-075",
        )


def _of_footprint(footprint: Footprint, how: str) -> Side:
    files = {path: Content(entry.digest, entry.size) for path, entry in footprint.files.items()}
    return Side(files=files, algorithm=footprint.algorithm, how=how)


def _load_kept(root: Path, side: Side | None, deep: bool) -> Footprint | None:
    """Return the footprint of a folder where it may spare reading files."""
    place = None if side is not None or deep else find_footprint(root)
    return None if place is None else load(place)


def _read_folder(root: Path, algorithm: str, footprint: Footprint | None, progress: Progress | None) -> Side:
    """Read the files whose digest of this algorithm no footprint knows."""
    tree = look_at(root)
    entries = footprint.files if footprint is not None and footprint.algorithm == algorithm else {}
    known = {
        path: entry.digest
        for path, seen in tree.files.items()
        if (entry := entries.get(path)) and entry[:2] == (seen.size, seen.mtime_ns)
    }
    rest = {path: seen for path, seen in tree.files.items() if path not in known}
    with shown(f"reading {root}", progress) as report:
        digests = known | dict(hash_files(root, rest, algorithm=algorithm, progress=report))
    files = {path: Content(digests[path], seen.size) for path, seen in sorted(tree.files.items())}
    how = "every file was read"
    if known:
        how = "by its footprint" + (f"; {len(rest):,} of other size or time were read" if rest else "")
    return Side(files=files, algorithm=algorithm, how=how)


def _without_derived(side: Side) -> Side:
    """Leave out what the original DeepDIVA wrote into a data folder by itself."""
    files = {path: content for path, content in side.files.items() if path not in original.DERIVED}
    return replace(side, files=files)


def _incomparable(a: Path, b: Path, algorithms: list[str]) -> ConfigError:
    return ConfigError(
        f"{a} knows contents by {algorithms[0]}, {b} by {algorithms[1]}",
        expected="two footprints of one algorithm: the digest of one does not tell that of the other",
        remedy="name the data folder in the place of either; it is then read by the algorithm of the other",
        code="CFG-038",
    )
