"""Digests of a long first look, kept as it goes on, so that a kill does not cost hours."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from deepdiva.errors import ResourceError
from deepdiva.provenance.files import make_folder
from deepdiva.provenance.places import place_for
from deepdiva.provenance.tree import Seen

BETWEEN = 5.0
"""Seconds between two writes; a look that takes less leaves no journal."""


class HashJournal:
    """What was hashed already of the data set at `root`, in a file of the state folder.

    An entry holds for a file of the same size, times and inode only.
    """

    def __init__(self, root: Path) -> None:
        self._place = place_for("hashing", root)
        self._waiting: list[str] = []
        self._written = time.monotonic()
        self._lock = threading.Lock()

    def digests_of(self, files: Mapping[str, Seen]) -> dict[str, str]:
        """Return the digests that an earlier look at these very files left."""
        found: dict[str, str] = {}
        with suppress(OSError):
            for line in self._place.read_text(errors="replace").splitlines():
                with suppress(ValueError, TypeError):  # a torn line
                    path, seen, digest = json.loads(line)
                    if files.get(path) == Seen(*seen):
                        found[path] = digest
        return found

    def add(self, path: str, seen: Seen, digest: str) -> None:
        """Take note of a file; it reaches the disk within seconds."""
        with self._lock:
            self._waiting.append(json.dumps([path, seen, digest]) + "\n")
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
                stream.writelines(self._waiting)
        self._waiting, self._written = [], time.monotonic()
