"""Read the `footprint.json` that the original DeepDIVA (2018 to 2020) left beside a data set.

It is a tree of nodes `{"files": [...], "folders": [...], "path": ...}` with a SHA-1 and a
full path, as typed then, for every file.  It is verified and never overwritten.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from deepdiva.errors import DataError
from deepdiva.provenance.differences import between
from deepdiva.provenance.hashing import hash_files
from deepdiva.provenance.tree import Listing, is_ignored

DERIVED = frozenset({"analytics.csv", "differences_footprint.json"})
"""Files that the original wrote into the data folder by itself, before or after its footprint."""
LARGEST_FILE = 2**28
"""Bytes; the original kept every path in full, so a longer file names more than a million files."""
_KEYS = {"files", "folders", "path"}


def is_original(place: Path) -> bool:
    """Tell whether the file at `place` is a footprint of the original, by its keys."""
    try:
        if not place.is_file():  # a pipe of that name would be read for ever
            return False
        with place.open("rb") as stream:
            if b'"format"' in stream.read(64):
                return False
        facts = json.loads(_content(place))
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(facts, dict) and facts.keys() >= _KEYS and "format" not in facts


def verify_original(root: Path, place: Path, files: Listing) -> None:
    """Compare `files`, found at `root`, with the original's footprint at `place`.

    Times, the order of entries and the place where the data lay then do not count.

    Raises:
        DataChanged: files were added, removed or changed since then (DATA-043).
        DataError: the footprint is damaged (DATA-060).
    """
    recorded = load_original(place)
    present = {path: seen for path, seen in files.rows() if path not in DERIVED}
    known = {path: seen for path, seen in present.items() if path in recorded}
    digests = hash_files(root, known, algorithm="sha1").as_dict()
    between(recorded, dict.fromkeys(present, "new") | digests).refuse(root, place)


def load_original(place: Path) -> dict[str, str]:
    """Return path below the root to SHA-1, as the original recorded them.

    Raises:
        DataError: the footprint is damaged (DATA-060).
    """
    try:
        facts = json.loads(_content(place))
        pairs = dict(_walk(facts, os.path.normpath(facts["path"])))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise DataError(
            f"{place} cannot be trusted: {type(error).__name__} {error}",
            expected="a complete footprint as the original DeepDIVA wrote it",
            remedy="get it back from where the data came from, or move it away and take a new one",
            code="DATA-060",
        ) from error
    return {path: digest for path, digest in pairs.items() if not _is_left_out(path)}


def _content(place: Path) -> bytes:
    with place.open("rb") as stream:
        content = stream.read(LARGEST_FILE + 1)
    if len(content) > LARGEST_FILE:
        raise ValueError(f"longer than {LARGEST_FILE:,} bytes")
    return content


def _walk(node: Mapping[str, Any], top: str) -> Iterator[tuple[str, str]]:
    for file in node["files"]:
        path = os.path.relpath(os.path.normpath(file["file_name"]), top)
        if path.startswith(("..", "/")):
            raise ValueError(f"{file['file_name']!a} lies outside {top!a}")
        yield path, str(file["file_hash"])
    for folder in node["folders"]:
        yield from _walk(folder, top)


def _is_left_out(path: str) -> bool:
    return path in DERIVED or any(is_ignored(name) for name in path.split("/"))
