"""Keep in a run folder what no commit holds: enough to bring the code back byte for byte.

    code/code.json       commit, branch, remote, and every file kept, left out or deleted
    code/files/          those files, verbatim, under their own paths
    code/changes.patch   the changes to committed files up to 1 MiB, for people and for `git apply`
    code/where.json      where the repository lies on this machine: a hint, outside every digest

Outside git, and before the first commit, `files/` holds the whole tree.  Targets of
symbolic links stand in `code.json`: nothing in a run folder leads out of it.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from deepdiva.errors import DeepDivaError, GateRefused
from deepdiva.provenance.code import Source, guarding, remote_address
from deepdiva.provenance.entries import FILE, LINK, PROGRAM, is_behind_link, new_file, open_plain, read_link
from deepdiva.provenance.files import make_folder, resource_error, write_atomically
from deepdiva.provenance.repository import Repository
from deepdiva.provenance.stamp import CodeState, FileNote
from deepdiva.provenance.tree import printable

FORMAT = "deepdiva code 1"
CODE_FILE, FILES_FOLDER, PATCH_FILE, WHERE_FILE = "code.json", "files", "changes.patch", "where.json"

_LARGEST_IN_PATCH = 2**20
_PATHS_AT_ONCE = 500


def keep_code(source: Source, state: CodeState, folder: Path) -> None:
    """Write into `folder`, a run's `code/`, what `state` says that `source` adds to its commit.

    Raises:
        GateRefused: a file is no longer what `state` says (SRC-006).
        ResourceError: the folder cannot be written.
    """
    make_folder(folder)
    targets = {}
    for note in state.kept:
        if note.mode == LINK:
            targets[note.path] = _target(source.root, note)
        elif note.mode in (FILE, PROGRAM):
            _copy(source.root, note, folder / FILES_FOLDER)
    write_atomically(folder / CODE_FILE, as_json(_facts(state, targets)))
    write_atomically(folder / WHERE_FILE, as_json(_places(source)))
    if source.kind == "git" and state.commit is not None:
        write_atomically(folder / PATCH_FILE, b"".join(_patches(Repository(source.root), state)))


def as_json(facts: object) -> bytes:
    """Return `facts` as they are written: sorted, indented, and in ASCII whatever the names."""
    return (json.dumps(facts, indent=1, sort_keys=True) + "\n").encode()


def _facts(state: CodeState, targets: dict[str, str]) -> dict[str, Any]:
    facts = asdict(state) | {"format": FORMAT}
    for note in facts["kept"]:
        if note["path"] in targets:
            note["target"] = targets[note["path"]]
    return facts


def source_of(run_folder: Path, *, exempt: Sequence[Path]) -> Source | None:
    """Return the source tree of a run where it lies on this machine, whatever folder one works in.

    None where it is gone, or no longer what it was; the run's stamp tells whether its content is.
    """
    hints = read_places(run_folder / "code")
    root, entry = hints.get("repository", hints.get("folder")), hints.get("entry")
    if root is None or not root.is_dir() or (entry is not None and not entry.is_file()):
        return None
    source = guarding(root, entry, exempt)
    return source if source.root == root and (source.kind == "git") == ("repository" in hints) else None


def read_places(code_folder: Path) -> dict[str, Path]:
    """Return the hints of a run by name; a hint may be wrong, or a stranger's."""
    try:
        facts = json.loads((code_folder / WHERE_FILE).read_bytes())
        return {
            name: Path(place)
            for name, place in facts.items()
            if isinstance(place, str) and "\0" not in place and Path(place).is_absolute()
        }
    except (OSError, ValueError, AttributeError, RecursionError):
        return {}


def _places(source: Source) -> dict[str, str]:
    """Return where to look first; the shared part of a repository outlives a linked working tree."""
    entry = {} if source.entry is None else {"entry": str(source.entry)}
    if source.kind == "tree":
        return {"folder": str(source.root)} | entry
    repository = Repository(source.root)
    origin = repository.setting("remote.origin.url") or ""
    near = {"origin": origin} if remote_address(origin) is None and Path(origin).is_absolute() else {}
    return (
        {"repository": str(source.root), "shared": str(repository.path_inside("").resolve())} | near | entry
    )


def _target(root: Path, note: FileNote) -> str:
    try:
        target = read_link(root / note.path)
    except OSError as error:
        raise _moved_on(note) from error
    if is_behind_link(root, note.path) or hashlib.sha256(target).hexdigest() != note.sha256:
        raise _moved_on(note)
    return os.fsdecode(target)


def _copy(root: Path, note: FileNote, folder: Path) -> None:
    place = folder / note.path
    make_folder(place.parent)
    try:
        found = copy_plain(root, note.path, place, program=note.mode == PROGRAM)
    except OSError as error:
        if error.filename is not None and str(error.filename).startswith(str(root)):
            raise _moved_on(note) from error
        raise resource_error(error, place) from error
    if found != note.sha256:
        raise _moved_on(note)


def copy_plain(root: Path, path: str, place: Path, *, program: bool) -> str:
    """Copy the file at `path` below `root` to `place`, which is new; return the SHA-256 of what was copied.

    Raises:
        OSError: there is no such plain file (a link, or a file behind one, is none), or
            `place` cannot be made.
    """
    with open_plain(root, path) as original, new_file(place, program=program) as copy:
        digest = hashlib.sha256()
        while chunk := original.read(2**20):
            digest.update(chunk)
            copy.write(chunk)
    return digest.hexdigest()


def _patches(repository: Repository, state: CodeState) -> Iterator[bytes]:
    sizes = {note.path: note.size for note in (*state.kept, *state.left_out)}
    paths = [
        path for path in sorted({*state.changed, *state.deleted}) if sizes.get(path, 0) <= _LARGEST_IN_PATCH
    ]
    flags = (
        "--binary --full-index --no-color --no-ext-diff --no-textconv --no-renames --ignore-submodules=dirty"
    )
    prefixes = "--src-prefix=a/ --dst-prefix=b/"
    for start in range(0, len(paths), _PATHS_AT_ONCE):
        some: Sequence[str] = paths[start : start + _PATHS_AT_ONCE]
        yield repository.ask(
            "--literal-pathspecs", "diff", *flags.split(), *prefixes.split(), str(state.commit), "--", *some
        )


def _moved_on(note: FileNote) -> DeepDivaError:
    return GateRefused(
        f"{printable(note.path)} is no longer what it was when the run started",
        expected="source code that nobody writes to while a run starts",
        remedy="wait until the editor or the build has finished, and run again",
        code="SRC-006",
    )
