"""Digests of a long first look, kept as it goes on, so that a kill does not cost hours."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from deepdiva.errors import ResourceError
from deepdiva.provenance.file_table import DIGEST_SIZES
from deepdiva.provenance.files import make_folder
from deepdiva.provenance.places import place_for
from deepdiva.provenance.tree import Listing, Seen

BETWEEN = 5.0
"""Seconds between two writes; a look that takes less leaves no journal."""


class HashJournal:
    """What was hashed already of the data set at `root`, in a file of the state folder.

    An entry holds for a file of the same size, times and inode only.  Every algorithm has a
    journal of its own.
    """

    def __init__(self, root: Path, algorithm: str = "sha256") -> None:
        place = place_for("hashing", root)
        self._place = place if algorithm == "sha256" else place.with_name(f"{place.name}.{algorithm}")
        self._digits = 2 * DIGEST_SIZES[algorithm]
        self._waiting: list[tuple[Listing, bytes]] = []
        self._written = time.monotonic()
        self._lock = threading.Lock()

    def begun(self) -> bool:
        """Tell whether an earlier look left something."""
        return self._place.exists()

    def digests_of(self, files: Mapping[str, Seen]) -> dict[str, str]:
        """Return the digests that an earlier look at these very files left."""
        found: dict[str, str] = {}
        with suppress(OSError), self._place.open(errors="replace") as lines:
            for line in lines:
                with suppress(ValueError, TypeError, RecursionError):  # a torn line
                    path, seen, digest = json.loads(line)
                    if files.get(path) == Seen(*seen) and len(bytes.fromhex(digest)) * 2 == self._digits:
                        found[path] = digest
        return found

    def add(self, files: Listing, digests: bytes) -> None:
        """Take note of files with their digests, one after the other; they reach the disk within seconds."""
        with self._lock:
            self._waiting.append((files, digests))
            if time.monotonic() - self._written >= BETWEEN:
                self._write()

    def remove(self) -> None:
        """Forget everything: the look is complete."""
        with suppress(OSError):
            self._place.unlink(missing_ok=True)

    def _write(self) -> None:
        """Append what is waiting; a journal that cannot be written only makes a second look longer."""
        with suppress(OSError, ResourceError):
            make_folder(self._place.parent)
            with self._place.open("a") as stream:
                for files, digests in self._waiting:
                    stream.writelines(self._lines(files, digests))
        self._waiting, self._written = [], time.monotonic()

    def _lines(self, files: Listing, digests: bytes) -> Iterator[str]:
        digits = digests.hex()
        for row, (path, seen) in enumerate(files.rows()):
            yield json.dumps([path, seen, digits[row * self._digits : (row + 1) * self._digits]]) + "\n"
