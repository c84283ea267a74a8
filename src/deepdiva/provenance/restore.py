"""Bring back the source tree of a run, byte for byte, into a new folder.

The commit gives what it holds, the run folder gives the rest; a run out of a crate holds
the whole tree (see `whole`), and needs no commit.  The run folder may come from a stranger:
every path in it is checked, nothing is written through a link, nothing is executed, and at
the end the restored tree is read again and compared with the stamp.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from deepdiva.errors import ConfigError, DataError
from deepdiva.provenance.commits import CommitReader, find_commit, first_place
from deepdiva.provenance.entries import (
    FILE,
    LINK,
    PROGRAM,
    SUBMODULE,
    Entry,
    algorithm_of,
    look,
    make_link,
    new_file,
    tree_id,
)
from deepdiva.provenance.files import atomic_folder
from deepdiva.provenance.manifest import Manifest, read_manifest, refuse_clashes, safe_path
from deepdiva.provenance.repository import find_repository
from deepdiva.provenance.snapshot import FILES_FOLDER, copy_plain, read_places
from deepdiva.provenance.stamp import CodeState, FileNote
from deepdiva.provenance.tree import printable

CODE, WHOLE = "code", "source"
"""Folders of a run that hold a snapshot: of what its commit lacks, and of everything."""


@dataclass(frozen=True)
class Restored:
    """What was brought back."""

    code: CodeState
    files: int
    """Files and links written."""
    missing: tuple[str, ...]
    """What could not be: files too large for the snapshot, submodules whose commit is not here."""
    entries: Mapping[str, Entry]
    """Every path of the tree, and what git would name there."""


def restore(run_folder: Path, to: Path, *, places: Sequence[Path] = ()) -> Restored:
    """Write the source tree of the run at `run_folder` into the new folder `to`.

    The commit is looked for in `places`, then where it lay when the run started, then in the
    repository around the working directory, then at the remote address.  Nothing is left
    behind when something fails.

    Raises:
        ConfigError: `to` holds something already (CFG-013).
        DataError: the snapshot is damaged (SRC-010, SRC-011), the commit is nowhere
            (SRC-012), or what came out is not what ran (SRC-013).
        ResourceError: `to` cannot be written.
    """
    target = _vacant(to)
    name = WHOLE if (run_folder / WHOLE).is_dir() else CODE
    state, manifest = read_manifest(run_folder / CODE).state, read_manifest(run_folder / name)
    if manifest.state.tree != state.tree:
        raise _other_bytes("the tree as a whole")
    places = [*places, *places_of(run_folder)]
    with ExitStack() as stack:
        commit = manifest.state.commit
        remote = manifest.state.remote
        reader = None if commit is None else stack.enter_context(find_commit(commit, places, remote))
        staging = stack.enter_context(atomic_folder(target))
        restored = _Restoration(run_folder.resolve(), name, manifest, reader, places).into(staging)
        if target.is_dir():
            target.rmdir()  # it is empty; the staging folder takes its place
        return replace(restored, code=state)


def _vacant(to: Path) -> Path:
    """Return `to` if nothing is there, or an empty folder."""
    target = to.absolute()
    if not os.path.lexists(target) or (
        target.is_dir() and not target.is_symlink() and not any(target.iterdir())
    ):
        return target
    raise ConfigError(
        f"{to} holds something already",
        expected="a folder that is new or empty, so that nothing is overwritten or mixed in",
        remedy="choose another folder for --to",
        code="CFG-013",
    )


def places_of(run_folder: Path) -> list[Path]:
    """Return where the commit may lie on this machine; the hints of the run are no more than that."""
    hints = read_places(run_folder / "code")
    around = find_repository(Path.cwd())
    places = [hints[name] for name in ("repository", "shared", "origin") if name in hints]
    return places + ([around.root] if around is not None else [])


@dataclass(frozen=True)
class _Restoration:
    """One tree on its way from a commit and a snapshot to a folder."""

    run: Path
    name: str
    """Of the folder of `run` that holds the snapshot."""
    manifest: Manifest
    reader: CommitReader | None
    places: list[Path]

    def into(self, folder: Path) -> Restored:
        """Write everything, then read it again."""
        state = self.manifest.state
        committed = self._committed()
        kept = {note.path: Entry(note.mode, note.object_id) for note in state.kept}
        large = {note.path: Entry(note.mode, note.object_id) for note in state.left_out}
        entries = committed | kept | large
        with _distrust():
            refuse_clashes(entries)
        here = {p: e for p, e in entries.items() if p not in large or committed.get(p) == e}

        if self.reader is not None:
            write_entries(self.reader, {p: e for p, e in here.items() if p not in kept}, folder)
        self._write_kept(kept, folder)
        refuse_other_bytes(here, folder)
        if tree_id(entries, algorithm_of(state.tree)) != state.tree:
            raise _other_bytes("the tree as a whole")
        lacking = _fill_submodules(here, self.places, folder)
        return Restored(
            code=state,
            files=sum(entry.mode != SUBMODULE for entry in here.values()),
            missing=(*(_large_line(note) for note in state.left_out), *lacking),
            entries=entries,
        )

    def _committed(self) -> dict[str, Entry]:
        """Return what of the commit belongs to the tree."""
        if self.reader is None:
            return {}
        gone = set(self.manifest.state.deleted)
        return {path: entry for path, entry in safe_entries(self.reader).items() if path not in gone}

    def _write_kept(self, kept: Mapping[str, Entry], folder: Path) -> None:
        for path, (mode, _) in kept.items():
            if mode in (FILE, PROGRAM):
                self._copy(path, mode, folder)
        for path, (mode, _) in kept.items():
            if mode == LINK:
                make_link(_make_parent(folder, path), os.fsencode(self.manifest.targets[path]))
            elif mode == SUBMODULE:
                _make_parent(folder, path).mkdir()

    def _copy(self, path: str, mode: str, folder: Path) -> None:
        kept = f"{self.name}/{FILES_FOLDER}/{path}"
        try:
            copy_plain(self.run, kept, _make_parent(folder, path), program=mode == PROGRAM)
        except OSError as error:
            if not str(error.filename).startswith(f"{self.run}/{self.name}/"):
                raise
            raise DataError(
                f"{printable(kept)} of the run cannot be read: {error.strerror}",
                expected="every file that code.json names",
                remedy="copy the run folder again as a whole",
                code="SRC-011",
            ) from error


def write_entries(reader: CommitReader, entries: Mapping[str, Entry], folder: Path) -> None:
    """Write `entries` of a commit below `folder`; links last, so that nothing is written through them."""
    with reader.blobs() as blobs:
        for path, (mode, object_id) in entries.items():
            if mode in (FILE, PROGRAM):
                with new_file(_make_parent(folder, path), program=mode == PROGRAM) as place:
                    place.writelines(blobs.read(object_id))
        for path, (mode, object_id) in entries.items():
            if mode == LINK:
                make_link(_make_parent(folder, path), b"".join(blobs.read(object_id)))
            elif mode == SUBMODULE:
                _make_parent(folder, path).mkdir(exist_ok=True)


def refuse_other_bytes(entries: Mapping[str, Entry], folder: Path) -> None:
    """Read everything below `folder` again.

    Raises:
        DataError: something is not what `entries` says (SRC-013).
    """
    for path, entry in entries.items():
        if entry.mode == SUBMODULE:
            continue
        found = look(folder, path, algorithm_of(entry.object_id))
        if found is None or found.entry != entry:
            raise _other_bytes(printable(path))


def _fill_submodules(entries: Mapping[str, Entry], places: Sequence[Path], folder: Path) -> list[str]:
    """Write the files of each submodule whose commit is on this machine; tell which are not."""
    lacking = []
    for path, (mode, commit) in entries.items():
        if mode != SUBMODULE:
            continue
        inner = [place / between / path for between in ("", "modules", ".git/modules") for place in places]
        found = first_place(commit, inner)
        if found is None:
            lacking.append(f"submodule {printable(path)}, commit {commit}")
            continue
        reader = CommitReader(found, commit)
        below = safe_entries(reader)
        write_entries(reader, below, folder / path)
        refuse_other_bytes(below, folder / path)
        lacking += _fill_submodules(below, inner, folder / path)
    return lacking


def safe_entries(reader: CommitReader) -> dict[str, Entry]:
    """Return all paths of the commit, none of which leads out of the folder it is written to.

    Raises:
        DataError: one does (SRC-010).
    """
    with _distrust():
        entries = {safe_path(path): entry for path, entry in reader.entries().items()}
        refuse_clashes(entries)
        return entries


@contextmanager
def _distrust() -> Iterator[None]:
    """Turn what a hostile tree gives away into an error of ours."""
    try:
        yield
    except ValueError as error:
        raise DataError(
            f"the tree cannot be restored: {error}",
            expected="paths that stay inside the folder they are restored to",
            remedy="do not trust this run; ask where it comes from",
            code="SRC-010",
        ) from error


def _make_parent(folder: Path, path: str) -> Path:
    place = folder / path
    place.parent.mkdir(parents=True, exist_ok=True)
    return place


def _large_line(note: FileNote) -> str:
    return f"{printable(note.path)}, {note.size:,} bytes, SHA-256 {note.sha256}"


def _other_bytes(what: str) -> DataError:
    return DataError(
        f"{what} came out other than it ran",
        expected="the bytes that the stamp of the run names",
        remedy="the run folder was changed or damaged: get it again from where it was made",
        code="SRC-013",
    )
