"""Find the data of a run by what it is: the content of every file, wherever it lies by now."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from deepdiva.errors import DataError
from deepdiva.experiment.find_data import hints
from deepdiva.provenance.differences import between
from deepdiva.provenance.footprint import Footprint, find_footprint, load, save, take_footprint
from deepdiva.provenance.tree import is_ignored, look_at
from deepdiva.share import DATASET

PROBES = 5
"""Files by which a folder is recognized before all of it is read."""


def search_data(run: Path, *, typed: str, given: Sequence[Path] = ()) -> Path:
    """Return a folder that holds the very data of `run`; every file of it was read.

    Nothing is written there.

    Args:
        run: The run folder, with the footprint of its data.
        typed: The folder as it was typed when the run was asked for.
        given: Folders in and below which it is looked for; then it is looked for only there.
            Else a run out of a crate may bring it along.

    Raises:
        DataError: it is in none of the places (DATA-046), or what is there was changed
            (DATA-043); the footprint of the run cannot be trusted (DATA-060).
    """
    footprint = load(run / "data" / "footprint.json")
    packed = [run / DATASET] if (run / DATASET).is_dir() else []
    places = list(given) or list(dict.fromkeys([*packed, Path(typed), *hints(run)]))
    faults = []
    for folder in _candidates(places, footprint, below=bool(given)):
        fault = _fault(folder, footprint)
        if fault is None:
            return folder
        faults.append(f"{folder}: {fault}")
    raise _not_found(run, places, footprint, faults)


def adopt(run: Path, data: Path) -> None:
    """Give `data`, which `search_data` found, a footprint by the digests that `run` knows it by.

    Where it has one, that one is the user's and stays.  By SHA-256 any run makes it by itself.

    Raises:
        DataError: see `take_footprint`.
        ResourceError: neither the folder nor the state folder can be written.
    """
    algorithm = load(run / "data" / "footprint.json").algorithm
    if algorithm != "sha256" and find_footprint(data) is None:
        save(take_footprint(data, algorithm=algorithm), data)


def _candidates(places: Sequence[Path], footprint: Footprint, *, below: bool) -> Iterator[Path]:
    """Give the folders that hold some of the files by name."""
    paths = list(footprint.files)
    probes = paths[:: max(1, len(paths) // PROBES)][:PROBES]
    for place in places:
        for folder in _folders(place) if below else [place]:
            if any((folder / probe).is_file() for probe in probes):
                yield folder


def _folders(place: Path) -> Iterator[Path]:
    for folder, names, _ in os.walk(place):
        names[:] = sorted(name for name in names if not is_ignored(name))
        yield Path(folder)


def _fault(folder: Path, footprint: Footprint) -> str | None:
    """Return how the files in `folder` differ from the footprint; None where they do not."""
    try:
        sizes = {path: str(seen.size) for path, seen in look_at(folder).files.rows()}
        found = between({path: str(entry.size) for path, entry in footprint.table.rows()}, sizes)
        if not found:
            present = take_footprint(folder, algorithm=footprint.algorithm)
            if present.digest != footprint.digest:
                found = between(footprint.contents, present.contents)
    except DataError as error:
        return error.found
    return "\n".join(["it differs from the data of the run:", *found.lines()]) if found else None


def _not_found(run: Path, places: Sequence[Path], footprint: Footprint, faults: Sequence[str]) -> DataError:
    digest = f"the data with digest {footprint.digest[:12]}, {len(footprint.files):,} files"
    if faults:
        return DataError(
            "\n".join(faults),
            expected=f"{digest}, as {run.name} read it",
            remedy="name another folder with --data DIR; it is looked for below that, too",
            code="DATA-043",
        )
    return DataError(
        f"the data of {run.name} was not found in {', '.join(map(str, places))}",
        expected=digest,
        remedy="say with --data DIR where it is; it is looked for below that, too",
        code="DATA-046",
    )
