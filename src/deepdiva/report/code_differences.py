"""In which files the code of two runs differs, line by line where the contents can be had.

A run folder holds what its commit did not; the rest is read from the repository, if one
that holds the commit is on this machine.  Nothing is fetched and nothing is executed.
"""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from deepdiva.errors import DeepDivaError
from deepdiva.provenance.commits import BlobReader, CommitReader, find_commit
from deepdiva.provenance.entries import FILE, LINK, PROGRAM, SUBMODULE, Entry, open_plain
from deepdiva.provenance.manifest import Manifest, read_manifest
from deepdiva.provenance.restore import CODE, WHOLE, places_of
from deepdiva.provenance.snapshot import FILES_FOLDER
from deepdiva.provenance.stamp import FileNote

LARGEST = 2**20
"""Bytes; of longer files only the digests are compared."""
MOST_LINES = 20_000


@dataclass(frozen=True, kw_only=True)
class FileChange:
    """What became of one file on the way from A to B."""

    path: str
    change: Literal["added", "removed", "changed"]
    a: str | None
    """Git's id of what A has there."""
    b: str | None
    hunks: str | None
    """Unified diff; None where there is none to show, and `note` says why."""
    note: str = ""


@dataclass(frozen=True)
class CodeDifferences:
    """All files that differ, sorted by path."""

    commits: tuple[str | None, str | None]
    files: tuple[FileChange, ...]
    notices: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.files) or self.commits[0] != self.commits[1]


def compare_code(a: Path, b: Path) -> CodeDifferences:
    """Compare the code of the runs in the folders `a` and `b`; what cannot be compared is told."""
    try:
        commits = tuple(read_manifest(run / CODE).state.commit for run in (a, b))
        with _opened(a) as side_a, _opened(b) as side_b:
            files = _compare(side_a, side_b)
            notices = () if side_a.is_whole and side_b.is_whole else tuple(_notices(commits))
        return CodeDifferences((commits[0], commits[1]), tuple(files), notices)
    except DeepDivaError as error:
        return CodeDifferences((None, None), (), (f"{error.found}: the code was not compared",))


class _Side:
    """The tree of one run."""

    def __init__(
        self, folder: Path, manifest: Manifest, reader: CommitReader | None, blobs: BlobReader | None
    ) -> None:
        self.folder, self.manifest, self.blobs = folder, manifest, blobs
        state = manifest.state
        self.is_whole = state.commit is None or reader is not None
        self.kept: dict[str, FileNote] = {note.path: note for note in state.kept}
        committed = {} if reader is None else reader.entries()
        added = {n.path: Entry(n.mode, n.object_id) for n in (*state.kept, *state.left_out)}
        self.gone = frozenset(state.deleted)
        self.entries = {p: e for p, e in committed.items() if p not in self.gone} | added

    def content(self, path: str) -> bytes | None:
        """Return what lies at `path`: b"" for nothing, None where it cannot be had or is too long."""
        entry = self.entries.get(path)
        if entry is None:
            return b"" if self.is_whole or path in self.gone else None
        if entry.mode == SUBMODULE:
            return f"commit {entry.object_id}\n".encode()
        if path in self.kept:
            return self._kept(self.kept[path])
        if self.blobs is None or any(n.path == path for n in self.manifest.state.left_out):
            return None
        content = b"".join(self.blobs.read(entry.object_id))
        return content if len(content) <= LARGEST else None

    def _kept(self, note: FileNote) -> bytes | None:
        """Return what the run folder keeps, if it is what the record says."""
        if note.mode == LINK:
            return self.manifest.targets[note.path].encode("utf-8", "surrogateescape")
        try:
            with open_plain(self.folder, f"{FILES_FOLDER}/{note.path}") as stream:
                content = stream.read(LARGEST + 1)
        except OSError:
            return None
        return content if hashlib.sha256(content).hexdigest() == note.sha256 else None


@contextmanager
def _opened(run: Path) -> Iterator[_Side]:
    """Give the tree of `run`: from a whole snapshot, else with its commit where that is on this machine."""
    folder = run.resolve() / (WHOLE if (run / WHOLE).is_dir() else CODE)
    manifest = read_manifest(folder)
    with ExitStack() as stack:
        reader, blobs = None, None
        if manifest.state.commit is not None:
            try:
                reader = stack.enter_context(find_commit(manifest.state.commit, places_of(run), None))
                blobs = stack.enter_context(reader.blobs())
            except DeepDivaError:
                reader = None
        yield _Side(folder, manifest, reader, blobs)


def _compare(a: _Side, b: _Side) -> list[FileChange]:
    paths = sorted({*a.entries, *b.entries, *a.gone, *b.gone})
    if not (a.is_whole and b.is_whole):
        # Of what no snapshot holds, nothing is known but the commit.
        paths = sorted({*a.kept, *b.kept, *a.gone, *b.gone})
    return [change for path in paths if (change := _change(path, a, b)) is not None]


def _notices(commits: Sequence[str | None]) -> Iterator[str]:
    if commits[0] != commits[1]:
        yield "a commit is in no repository here: only files that the runs keep were compared"


def _change(path: str, a: _Side, b: _Side) -> FileChange | None:
    ours, theirs = a.entries.get(path), b.entries.get(path)
    known = (a.is_whole and b.is_whole) or (path in a.gone) == (path in b.gone)
    if ours == theirs and known:
        return None
    contents = a.content(path), b.content(path)
    if contents[0] is not None and contents[0] == contents[1] and _modes(ours, theirs) == "":
        return None  # named in two ways, by SHA-1 and by SHA-256
    hunks, note = _hunks(path, *contents)
    return FileChange(
        path=path,
        change=_kind(path, a, b),
        a=ours.object_id if ours else None,
        b=theirs.object_id if theirs else None,
        hunks=hunks,
        note=", ".join(part for part in (note, _modes(ours, theirs)) if part),
    )


def _kind(path: str, a: _Side, b: _Side) -> Literal["added", "removed", "changed"]:
    """Tell what became of a path; one that a commit out of reach may hold counts as changed."""
    if path not in b.entries and (b.is_whole or path in b.gone):
        return "removed"
    if path not in a.entries and (a.is_whole or path in a.gone):
        return "added"
    return "changed"


def _modes(ours: Entry | None, theirs: Entry | None) -> str:
    names = {FILE: "a file", PROGRAM: "a program", LINK: "a link", SUBMODULE: "a submodule"}
    if ours is None or theirs is None or ours.mode == theirs.mode:
        return ""
    return f"was {names.get(ours.mode, ours.mode)}, is {names.get(theirs.mode, theirs.mode)}"


def _hunks(path: str, ours: bytes | None, theirs: bytes | None) -> tuple[str | None, str]:
    """Return the unified diff, or why there is none."""
    if ours is None or theirs is None:
        return None, "the contents are too long, or not on this machine"
    if ours == theirs:
        return None, ""
    lines = [_lines(content) for content in (ours, theirs)]
    if lines[0] is None or lines[1] is None:
        return None, "no text"
    if max(map(len, (lines[0], lines[1]))) > MOST_LINES:
        return None, f"more than {MOST_LINES:,} lines"
    diff = difflib.unified_diff(lines[0], lines[1], f"a/{path}", f"b/{path}", lineterm="")
    return "\n".join(diff) + "\n", ""


def _lines(content: bytes) -> list[str] | None:
    """Return the lines of a text; None where it is none."""
    try:
        return None if b"\0" in content else content.decode("utf-8").split("\n")
    except UnicodeDecodeError:
        return None
