"""Small git repositories to look at, and a way to say what lies in a folder."""

# Names that are no UTF-8 are handled as bytes, which Path does not take.
# ruff: noqa: PTH114, PTH115, PTH116, PTH118, PTH123

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from deepdiva.provenance.code import Source, find_source, read_code_state
from deepdiva.provenance.restore import Restored, restore
from deepdiva.provenance.snapshot import keep_code

Listing = dict[bytes, tuple[str, bytes]]


@dataclass(frozen=True)
class Project:
    """A repository of a researcher, with room beside it for a run and for what is restored from it."""

    root: Path
    room: Path

    def git(self, *words: str, within: str = "") -> str:
        """Run git as its owner would."""
        command = ["git", "-c", "protocol.file.allow=always", "-C", str(self.root / within), *words]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    def write(self, path: str | bytes, content: bytes = b"", *, program: bool = False) -> Path:
        """Make a file, with the folders above it."""
        place = Path(os.fsdecode(os.path.join(os.fsencode(self.root), os.fsencode(path))))
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
        place.chmod(0o755 if program else 0o644)
        return place

    def commit(self) -> str:
        """Commit everything, and return the commit."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "-m", "work")
        return self.git("rev-parse", "HEAD").strip()

    def source(self, *exempt: str) -> Source:
        """Return the source that guards `idea.py`."""
        return find_source(self.root / "idea.py", exempt=[self.root / path for path in exempt])

    def round_trip(self, *exempt: str) -> Restored:
        """Keep the code in a run, and restore it."""
        source = self.source(*exempt)
        keep_code(source, read_code_state(source), self.room / "run" / "code")
        return restore(self.room / "run", self.room / "restored")

    @property
    def restored(self) -> Listing:
        """What `round_trip` brought back."""
        return listing(self.room / "restored")


def listing(root: Path, *, without: tuple[bytes, ...] = (b".git",)) -> Listing:
    """Return every file and link below `root`: mode, and content or target."""
    found: Listing = {}
    top = os.fsencode(root)
    for folder, folders, names in os.walk(top):
        links = [name for name in folders if os.path.islink(os.path.join(folder, name))]
        folders[:] = [name for name in folders if name not in without]
        for name in [*names, *links]:
            place = os.path.join(folder, name)
            if name not in without:
                found[os.path.relpath(place, top)] = _content(place)
    return found


def _content(place: bytes) -> tuple[str, bytes]:
    if os.path.islink(place):
        return "link", os.readlink(place)
    with open(place, "rb") as stream:
        return "program" if os.access(place, os.X_OK) and os.stat(
            place
        ).st_mode & 0o100 else "file", stream.read()


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Return a repository with one commit of a few files."""
    made = Project(root=tmp_path / "project", room=tmp_path / "room")
    made.root.mkdir()
    made.room.mkdir()
    made.git("init", "--quiet", "--initial-branch=main")
    made.write("idea.py", b"print('idea')\n")
    made.write("run.sh", b"#!/bin/sh\n", program=True)
    made.write("package/part.py", b"part = 1\n")
    made.write("package/data.bin", bytes(range(256)))
    made.write("package/empty", b"")
    (made.root / "link").symlink_to("package/part.py")
    made.commit()
    return made
