"""Tell what is undeclared among the notes of a run, under names that say nothing of this machine."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from deepdiva.provenance.callers import INSTALLED, OWN_FOLDER
from deepdiva.provenance.covered import Ground, installed, source_of_bytecode
from deepdiva.provenance.inputs import Input, merged
from deepdiva.provenance.reads import Notes, Reader, Subject


class Judge:
    """Tells what is undeclared among the notes of one run; hashes each file once.

    Args:
        ground: What the run stands on.
        earlier: What an earlier part of the run, before it was resumed, had found.
    """

    def __init__(self, ground: Ground, earlier: Sequence[Input] = ()) -> None:
        self._ground, self._earlier = ground, earlier
        self._contents: dict[str, tuple[str, int]] = {}
        self._covered: dict[tuple[Subject, bool], bool] = {}
        self.places: dict[str, str] = {}
        """Name of each file, folder or program found, and where it lies on this machine."""

    def undeclared(self, notes: Notes) -> tuple[Input, ...]:
        """Return the undeclared inputs, sorted."""
        suspects = {s: reader for s, reader in notes.items() if not self._is_covered(s, reader)}
        brought = installed(
            {p for s in suspects for p in (s.name, os.path.realpath(s.name)) if INSTALLED.match(p)}
        )
        found = {
            entry
            for subject, reader in suspects.items()
            if not {subject.name, os.path.realpath(subject.name)} & brought
            for entry in self._entries(subject, reader)
        }
        return merged([*self._earlier, *found])

    def _is_covered(self, subject: Subject, reader: Reader) -> bool:
        key = subject, reader.others
        if key not in self._covered:
            self._covered[key] = self._look(subject, reader)
        return self._covered[key]

    def _look(self, subject: Subject, reader: Reader) -> bool:
        match subject.kind:
            case "file":
                return self._ground.covers_file(subject.name, others=reader.others)
            case "folder":
                return self._ground.covers_folder(subject.name)
            case "variable":
                return self._ground.covers_variable(subject.name)
            case "program" if os.sep in subject.name:
                return self._ground.holds(subject.name)
        return False

    def _entries(self, subject: Subject, reader: Reader) -> Iterator[Input]:
        by = f"{self._name(reader.line.file)}:{reader.line.number}"
        if subject.kind == "file":
            place = source_of_bytecode(os.path.realpath(subject.name))
            if os.path.isfile(place):  # noqa: PTH113 - a text; else nothing was opened
                yield Input("file", self._placed(place), by, *self._content(place))
        elif subject.kind == "folder":
            yield Input("folder", self._placed(os.path.realpath(subject.name)), by)
        elif subject.kind == "program":
            yield Input("program", Path(subject.name).name, by)
        else:
            yield Input(subject.kind, subject.name, by, found=reader.found)

    def _content(self, place: str) -> tuple[str, int]:
        """Return digest and size of a file; empty where it cannot be read any more."""
        if place not in self._contents:
            try:
                with Path(place).open("rb") as stream:
                    digest = hashlib.file_digest(stream, "sha256").hexdigest()
                    self._contents[place] = digest, os.fstat(stream.fileno()).st_size
            except OSError:
                self._contents[place] = "", -1
        return self._contents[place]

    def _placed(self, place: str) -> str:
        name = self._name(place)
        self.places[name] = place
        return name

    def _name(self, place: str) -> str:
        """Return `place` without what it says of this machine."""
        path = Path(place)
        if place.startswith(OWN_FOLDER):
            return f"deepdiva/{place.removeprefix(OWN_FOLDER)}"
        if path.is_relative_to(self._ground.data):
            return f"<data>/{path.relative_to(self._ground.data).as_posix()}"
        if path.is_relative_to(self._ground.root):
            return path.relative_to(self._ground.root).as_posix()
        if (match := INSTALLED.match(place)) is not None:
            return f"<packages>/{path.relative_to(match[1]).as_posix()}"
        home = _home()
        if home is not None and path.is_relative_to(home):
            return f"~/{path.relative_to(home).as_posix()}"
        return f".../{path.name}"


def _home() -> Path | None:
    try:
        home = Path.home().resolve()
    except RuntimeError:
        return None
    return home if len(home.parts) > 1 else None
