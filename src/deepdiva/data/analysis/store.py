"""What was found in single files, kept by content in the state folder; a killed analysis goes on from it.

One line holds a block of files and its own checksum: a torn or edited line is read as if it
were not there.  The store of a data folder may be deleted at any time.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from deepdiva.data.analysis.block import Block, from_line
from deepdiva.errors import ResourceError
from deepdiva.provenance.files import make_folder
from deepdiva.provenance.places import place_for


class Store:
    """The lines kept for the data set at `root`."""

    def __init__(self, root: Path) -> None:
        place = place_for("analysis", root)
        self._place = place.with_name(f"{place.name}.lines")

    def blocks(self) -> Iterator[Block]:
        """Yield what is kept, one block in memory at a time."""
        with suppress(OSError), self._place.open("rb") as lines:
            for line in lines:
                block = from_line(line)
                if block is not None:
                    yield block

    def add(self, line: bytes) -> None:
        """Keep a line; where that is not possible, the next analysis takes longer and that is all."""
        with suppress(OSError, ResourceError):
            make_folder(self._place.parent)
            with self._place.open("ab", buffering=0) as stream:
                stream.write(line)

    def clear(self) -> None:
        """Forget everything."""
        with suppress(OSError):
            self._place.unlink(missing_ok=True)
