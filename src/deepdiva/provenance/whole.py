"""Keep the whole source tree of a run, so that it can be restored without its repository.

    source/code.json     as in `code/`, but of every file, and of no commit
    source/files/        every file, verbatim, under its own path

`restore` takes the tree from there where the folder is.  It came out as the stamp says
before it was kept, and does so again whenever it is restored.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from deepdiva.errors import DataError
from deepdiva.provenance.code import Source
from deepdiva.provenance.entries import SUBMODULE, algorithm_of, look, submodule_at
from deepdiva.provenance.restore import Restored, restore
from deepdiva.provenance.snapshot import WHERE_FILE, keep_code
from deepdiva.provenance.stamp import FileNote
from deepdiva.provenance.tree import printable


def keep_whole(run_folder: Path, to: Path) -> tuple[str, ...]:
    """Write the source tree of the run at `run_folder` into the new folder `to`.

    Returns:
        A line for each thing that is named there but not held: submodules, files above the size limit.

    Raises:
        DataError: the tree cannot be restored (see `restore`), or changed meanwhile (SRC-013).
        ResourceError: `to` cannot be written.
    """
    with TemporaryDirectory(prefix="deepdiva-") as scratch:
        tree = Path(scratch) / "tree"
        restored = restore(run_folder, tree)
        state = restored.code
        whole = replace(state, commit=None, deleted=(), kept=tuple(_notes(restored, tree)))
        keep_code(Source(tree, "tree"), whole, to)
    (to / WHERE_FILE).unlink()  # a hint at the scratch folder
    submodules = (path for path, entry in restored.entries.items() if entry.mode == SUBMODULE)
    lines = (f"submodule {printable(path)}, commit {restored.entries[path].object_id}" for path in submodules)
    return tuple(sorted({*restored.missing, *lines}))


def _notes(restored: Restored, tree: Path) -> Iterator[FileNote]:
    large = {note.path for note in restored.code.left_out}
    for path, entry in sorted(restored.entries.items()):
        if entry.mode == SUBMODULE:
            found = submodule_at(entry.object_id)
        elif path in large:
            continue  # named beside, held by the commit at most
        else:
            content = look(tree, path, algorithm_of(entry.object_id))
            if content is None or content.entry != entry:
                raise _changed(path)
            found = content
        yield FileNote(
            path=path, mode=entry.mode, size=found.size, sha256=found.sha256, object_id=entry.object_id
        )


def _changed(path: str) -> DataError:
    return DataError(
        f"{printable(path)} changed while it was packed",
        expected="a scratch folder that nobody else writes to",
        remedy="pack again",
        code="SRC-013",
    )
