"""Write a source tree anew, with some of the changes that lead to another."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from deepdiva.experiment.cause.changes import Change
from deepdiva.experiment.cause.hunks import apply_hunks
from deepdiva.provenance.entries import (
    LINK,
    PROGRAM,
    is_behind_link,
    make_link,
    new_file,
    open_plain,
    read_link,
)


def lay_out(tree: Path, ours: Path, theirs: Path, changes: Sequence[Change]) -> None:
    """Write `ours` to `tree`, with `changes` towards `theirs`.

    All of it is written, so that nothing compiled before is taken for what it is now.

    Raises:
        OSError: the changes do not fit one another, or would lead through a link.
    """
    shutil.rmtree(tree, ignore_errors=True)
    shutil.copytree(ours, tree, symlinks=True)
    _swap(tree, theirs, [change for change in changes if change.hunk is None])
    parts = [change for change in changes if change.hunk is not None]
    for path in dict.fromkeys(change.path for change in parts):
        some = [change for change in parts if change.path == path]
        with open_plain(tree, path) as stream:
            text = stream.read()
        hunks = [change.hunk for change in some if change.hunk]
        _write(tree, path, apply_hunks(text, hunks), program=some[0].a == PROGRAM)


def _swap(tree: Path, theirs: Path, files: Sequence[Change]) -> None:
    for change in files:
        if change.a is not None:
            _remove(tree, change.path)
    for change in files:
        if change.b == LINK:
            make_link(_parent(tree, change.path), read_link(theirs / change.path))
        elif change.b is not None:
            with open_plain(theirs, change.path) as stream:
                _write(tree, change.path, stream.read(), program=change.b == PROGRAM)


def _remove(tree: Path, path: str) -> None:
    _refuse_link(tree, path)
    (tree / path).unlink()
    for folder in (tree / path).relative_to(tree).parents[:-1]:  # git knows no empty folders
        with suppress(OSError):
            (tree / folder).rmdir()


def _write(tree: Path, path: str, content: bytes, *, program: bool) -> None:
    place = _parent(tree, path)
    place.unlink(missing_ok=True)
    with new_file(place, program=program) as stream:
        stream.write(content)


def _parent(tree: Path, path: str) -> Path:
    _refuse_link(tree, path)
    (tree / path).parent.mkdir(parents=True, exist_ok=True)
    return tree / path


def _refuse_link(tree: Path, path: str) -> None:
    if is_behind_link(tree, path):
        raise OSError(f"{path} would lie behind a link")
