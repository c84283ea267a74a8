"""`deepdiva data footprint DIR`: what identifies a data set; `--update` accepts what changed."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tyro

from deepdiva.cli.words import read
from deepdiva.errors import DeepDivaError
from deepdiva.provenance.differences import Differences, between
from deepdiva.provenance.footprint import Footprint, find_footprint, load, save, take_footprint
from deepdiva.provenance.verify import verify


@dataclass(frozen=True, kw_only=True)
class Words:
    """What stands after `data footprint`."""

    data: tyro.conf.Positional[Path]
    """Folder of the data set."""
    update: bool = False
    """Keep a new footprint in the place of the old one, after showing what differs."""
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
    if find_footprint(typed.data) is None:
        for notice in verify(typed.data).notices:
            print(notice, file=sys.stderr)
    place = _place(typed.data)
    recorded, present = load(place), take_footprint(typed.data)
    found = between(recorded.contents, present.contents)
    if typed.update:
        print(_table(found), file=sys.stderr if typed.json else sys.stdout)
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
    print(f"digest {facts['data_sha256']}")
    print(f"layout {told}")
    if found and not typed.update:
        print("`--update` accepts the changes: they make it another data set, with another digest")
    return 0


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
        "data_sha256": footprint.digest,
        "added": found.added,
        "removed": found.removed,
        "changed": found.changed,
    }
