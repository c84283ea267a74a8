"""Memory that a data set of so many files takes: listed, written as a footprint, read and compared.

    python benchmarks/simulated_listing.py FILES

Folders are real, the thousand files in each are made up when `os.scandir` is asked, so that
a million of them are listed in seconds.  Prints one JSON object; all but `files` are bytes.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

from deepdiva.provenance.file_table import FileTable
from deepdiva.provenance.footprint import Footprint, load, write
from deepdiva.provenance.tree import Listing, look_at

PER_FOLDER = 1000
REAL = os.scandir


class Made:
    """An entry of a folder that nobody wrote."""

    __slots__ = ("name", "number")

    def __init__(self, number: int) -> None:
        self.number, self.name = number, f"writer-{number % 7}-page-{number:06d}-line.png"

    def is_file(self, *, follow_symlinks: bool) -> bool:  # noqa: ARG002 - the name is the caller's
        """Tell that it is one, and no link."""
        return True

    def is_dir(self, *, follow_symlinks: bool) -> bool:  # noqa: ARG002 - the name is the caller's
        """Tell that it is none."""
        return False

    def is_symlink(self) -> bool:
        """Tell that it is none."""
        return False

    def stat(self, *, follow_symlinks: bool) -> os.stat_result:  # noqa: ARG002 - the name is the caller's
        """Return facts that differ from file to file."""
        time = 1_700_000_000_000_000_000 + self.number
        return os.stat_result(
            (0o100644, self.number, 1, 1, 0, 0, 500 + self.number, 0, 0, 0, 0.0, 0.0, 0.0, 0, time, time)
        )


class Folder:
    """What `os.scandir` gives: real entries at the root, made ones below."""

    def __init__(self, descriptor: int) -> None:
        with REAL(descriptor) as entries:
            self._entries: list[os.DirEntry[str] | Made] = list(entries)

    def __enter__(self) -> Iterator[os.DirEntry[str] | Made]:
        made: list[os.DirEntry[str] | Made] = [Made(number) for number in range(PER_FOLDER)]
        return iter(self._entries or made)

    def __exit__(self, *_: object) -> None:
        pass


def main(root: Path, files: int) -> dict[str, int]:
    """Return what was taken: by the table, and at the worst moment of listing and of all."""
    data = root / "set"
    for number in range(files // PER_FOLDER):
        (data / f"folder-{number:04d}").mkdir(parents=True)
    os.scandir = Folder  # type: ignore[assignment]
    tracemalloc.start()
    seen = look_at(data).files
    table, listing_peak = tracemalloc.get_traced_memory()
    whole = _peak_of_all(seen, root / "footprint.json")
    return {"files": len(seen), "table": table, "listing peak": listing_peak, "whole peak": whole}


def _peak_of_all(seen: Listing, place: Path) -> int:
    """Write a footprint of the files, read it and compare it; return the peak of memory."""
    footprint = Footprint(FileTable(seen.paths, seen.sizes, seen.mtimes, bytes(32 * len(seen))))
    write(footprint, place)
    known = load(place).table
    if (known.paths, known.sizes, known.mtimes) != (seen.paths, seen.sizes, seen.mtimes):
        raise RuntimeError("what was read is not what was written")
    return tracemalloc.get_traced_memory()[1]


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place:
        print(json.dumps(main(Path(place), int(sys.argv[1]))))
