"""What this process was seen to read: notes, each with the line of code that asked.

They are taken by `listening`, in the main process and in those that read batches for it.
Nothing here decides what a read means: see `covered`.
"""

from __future__ import annotations

import time
from collections.abc import Container, Mapping, Sequence
from typing import Literal, NamedTuple

from deepdiva.provenance.callers import Caller, Line

Kind = Literal["file", "folder", "variable", "program", "host", "library"]
EVERY_VARIABLE = "*"
"""Name of a variable that stands for all of them: the environment was gone through."""
Known = Sequence[tuple[str, Container[str]]]
"""Folders, each ending with a separator, with the paths below it that need no note."""


class Subject(NamedTuple):
    """What was read."""

    kind: Kind
    name: str
    """Absolute path of a file or folder, links kept; else a name."""


class Reader(NamedTuple):
    """Who read it; of several, the least is kept, so that their order has no part in it."""

    others: bool
    """Whether no line of the researcher was on the way there."""
    line: Line
    found: bool
    """Whether it was there; only of variables."""


Notes = dict[Subject, Reader]


class Notebook:
    """The notes of one process."""

    def __init__(self) -> None:
        self.began = time.time_ns()
        self.made: set[str] = set()
        """Paths, and names of variables behind a `$`, that this process wrote before it read them."""
        self.version = 0
        """Goes up with every note that tells something new."""
        self._before: Notes = {}
        self._notes = self._before
        self._told: Notes = {}
        self._known: Known = ()

    def begin(self, known: Known) -> None:
        """Begin a run; what was read before it (the file of a task is imported before) counts for it."""
        self._notes, self._known = dict(self._before), known

    def end(self) -> None:
        """End the run."""
        self._notes, self._known = self._before, ()

    def begin_worker(self) -> None:
        """Begin in a process that reads batches for the main one, and may be a copy of it."""
        self._notes, self._told = {}, {}

    def note(self, kind: Kind, name: str, who: Caller, *, found: bool = True) -> None:
        """Note one read."""
        self.take({Subject(kind, name): Reader(who.theirs is None, who.theirs or who.at, found)})

    def take(self, notes: Mapping[Subject, Reader]) -> None:
        """Take over notes, such as those of a worker."""
        for subject, reader in notes.items():
            known = self._notes.get(subject)
            if not self.knows(subject.name) and (known is None or reader < known):
                self._notes[subject] = reader
                self.version += 1

    def heard(self) -> Notes:
        """Return all notes."""
        return dict(self._notes)

    def news(self) -> Notes:
        """Return the notes that are new since the last call."""
        fresh = {s: reader for s, reader in self.heard().items() if self._told.get(s) != reader}
        self._told |= fresh
        return fresh

    def knows(self, path: str) -> bool:
        """Tell whether `path` needs no note."""
        return any(path.startswith(folder) and path[len(folder) :] in files for folder, files in self._known)


NOTEBOOK = Notebook()
"""Of this process; there is one, as there is one environment and one audit hook."""
