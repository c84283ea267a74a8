"""`deepdiva data footprint DIR`: what identifies a data set; `--update` accepts what changed."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tyro

from deepdiva.cli.words import read
from deepdiva.errors import DataError, DeepDivaError
from deepdiva.provenance.differences import Differences, between
from deepdiva.provenance.footprint import Footprint, find_footprint, load, save, take_footprint
from deepdiva.provenance.hashing import Algorithm
from deepdiva.provenance.verify import verify


@dataclass(frozen=True, kw_only=True)
class Words:
    """What stands after `data footprint`."""

    data: tyro.conf.Positional[Path]
    """Folder of the data set."""
    update: bool = False
    """Keep a new footprint in the place of the old one, after showing what differs."""
    hash: Algorithm | None = None
    """What contents are known by: sha256 (the default of a first footprint), blake3 (several times
    faster on large files) or sha1 (to compare with old lists; it can be forged). The digest of the
    data set depends on it."""
    json: bool = False
    """Print one JSON object."""


def main(words: list[str]) -> int:
    """Show the footprint and how the files differ from it now."""
    typed = read(
        Words,
        words,
        verb="data footprint",
        does="Show what identifies a data set and what changed since; take a new footprint with --update.",
        example="deepdiva data footprint data/digits --update",
    )
    place = find_footprint(typed.data)
    if place is None:
        recorded = present = _first(typed)
        place = _place(typed.data)
    else:
        recorded = load(place)
        _refuse_other_hash(typed, recorded)
        present = take_footprint(typed.data, algorithm=recorded.algorithm)
    same = present.digest == recorded.digest
    found = Differences() if same else between(recorded.contents, present.contents)
    if typed.update:
        print(_table(found), file=sys.stderr if typed.json else sys.stdout)
        if typed.hash not in (None, present.algorithm):
            present = take_footprint(typed.data, algorithm=str(typed.hash))
        place = save(present, typed.data)
    facts = _facts(typed, place, present if typed.update else recorded, found)
    layout, told = (
        (None, "is not looked for while files differ") if found and not typed.update else _layout(typed.data)
    )
    if typed.json:
        print(json.dumps(facts | {"layout": layout}))
        return 0
    if not typed.update:
        print(_table(found))
    print(f"{'new footprint' if typed.update else 'footprint'} {facts['kept']}: {facts['files']:,} files")
    print(f"digest {facts['data_sha256']}, contents by {facts['algorithm']}")
    print(f"layout {told}")
    if found and not typed.update:
        print("`--update` accepts the changes: they make it another data set, with another digest")
    return 0


def _first(typed: Words) -> Footprint:
    """Take the footprint that is missing."""
    found = verify(typed.data, algorithm=typed.hash or "sha256")
    for notice in found.notices:
        print(notice, file=sys.stderr)
    return found.footprint


def _refuse_other_hash(typed: Words, recorded: Footprint) -> None:
    if typed.hash not in (None, recorded.algorithm) and not typed.update:
        raise DataError(
            f"the footprint of {typed.data} is by {recorded.algorithm}, not by {typed.hash}",
            expected="--hash for a first footprint, or together with --update",
            remedy="leave --hash out, or say --update to take a new footprint; the data set then has "
            "another digest",
            code="DATA-061",
        )


def _place(data: Path) -> Path:
    place = find_footprint(data)
    if place is None:
        raise RuntimeError("a footprint just kept cannot be found")
    return place


def _table(found: Differences) -> str:
    return "\n".join(found.lines()) if found else "no file was added, removed or changed"


def _layout(data: Path) -> tuple[dict[str, Any] | None, str]:
    """Return which layout the data set has, for a program and in words; what is wrong stops nothing here."""
    from deepdiva.data.layouts import find_layout  # costs a second that `--help` need not wait for

    try:
        found = find_layout(verify(data))
    except DeepDivaError as error:
        return None, f"unknown: {error}"
    facts = {"samples": len(found.samples), "classes": len(found.classes), "splits": list(found.splits)}
    return {"name": found.name, **facts, "notices": list(found.notices)}, "\n".join(
        [str(found), *(f"  {notice}" for notice in found.notices)]
    )


def _facts(typed: Words, place: Path, footprint: Footprint, found: Differences) -> dict[str, Any]:
    return {
        "data": str(typed.data),
        "kept": str(place),
        "updated": typed.update,
        "files": len(footprint.files),
        "algorithm": footprint.algorithm,
        "data_sha256": footprint.digest,
        "added": found.added,
        "removed": found.removed,
        "changed": found.changed,
    }
