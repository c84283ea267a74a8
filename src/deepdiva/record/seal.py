"""The seal of a finished run: every fact by its path and SHA-256, in `seal.json`.

Outside stay what may change later (tags, and `run.json`, whose facts `result.json` repeats),
what holds times or paths of this machine (`system.jsonl`, `log.txt`, the hints `where.json`),
and what is drawn from the rest.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from deepdiva.errors import ResourceError
from deepdiva.provenance.files import TEMPORARY_PREFIX, resource_error, write_atomically

FILE_NAME = "seal.json"
SEALED = (
    "arrays",
    "chain.jsonl",
    "checkpoints",
    "code",
    "data",
    "environment",
    "events.jsonl",
    "request.toml",
    "result.json",
    "stamp.json",
)
HINTS = ("code/where.json", "data/where.json", "environment/where.json")


def write_seal(folder: Path) -> None:
    """Write the table of all sealed files of the run in `folder`.

    Raises:
        ResourceError: a file cannot be read, or the table not written.
    """
    table = {path: _digest(folder / path) for path in sorted(_sealed_files(folder))}
    seal = {"algorithm": "sha256", "files": table}
    write_atomically(folder / FILE_NAME, (json.dumps(seal, indent=1) + "\n").encode())


def broken_seals(folder: Path) -> Iterator[tuple[str, str]]:
    """Give each path below `folder` that contradicts its seal, and what is wrong with it.

    A path is looked up among the files that are there, and never opened because the table names it.
    """
    try:
        table = _read_table(folder / FILE_NAME)
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        yield FILE_NAME, f"cannot be read as a seal ({type(error).__name__})"
        return
    found = set(_sealed_files(folder))
    yield from ((path, "is missing") for path in sorted(table.keys() - found))
    for path in sorted(found):
        place = folder / path
        if path not in table:
            yield path, "was added after the run was sealed"
        elif not (place.is_symlink() or place.is_file()):
            yield path, "is no file any more"
        elif _digest_or_fault(place) != table[path]:
            yield path, "is not what was sealed"


def seal_digest(folder: Path) -> str | None:
    """Return the SHA-256 of the seal itself, one digest for the whole record; None where there is none."""
    return _digest_or_fault(folder / FILE_NAME) if (folder / FILE_NAME).is_file() else None


def _read_table(place: Path) -> dict[str, Any]:
    seal = json.loads(place.read_bytes())
    if seal["algorithm"] != "sha256":
        raise ValueError
    return dict(seal["files"])


def _digest_or_fault(place: Path) -> str | None:
    try:
        return _digest(place)
    except ResourceError:
        return None


def _sealed_files(folder: Path) -> Iterator[str]:
    """Give the POSIX paths below `folder`; what a kill left half-written is no fact."""
    for name in SEALED:
        if (folder / name).is_file():
            yield name
        for parent, folders, files in os.walk(folder / name):
            links = [inner for inner in folders if (Path(parent) / inner).is_symlink()]
            for file in files + links:
                path = (Path(parent) / file).relative_to(folder).as_posix()
                if path not in HINTS and not file.startswith(TEMPORARY_PREFIX):
                    yield path


def _digest(path: Path) -> str:
    """Return the digest of the content; of a symbolic link, which is never followed, of its target."""
    try:
        if path.is_symlink():
            return hashlib.sha256(os.fsencode(path.readlink())).hexdigest()
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise resource_error(error, path) from error
