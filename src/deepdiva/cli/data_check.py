"""`deepdiva data check DIR`: do the splits have anything in common?"""

from __future__ import annotations

import json
import shlex
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import tyro

from deepdiva.cli.words import read
from deepdiva.provenance.files import write_atomically
from deepdiva.provenance.verify import verify

if TYPE_CHECKING:
    from deepdiva.data.leakage import Leakage


@dataclass(frozen=True, kw_only=True)
class Words:
    """What stands after `data check`."""

    data: tyro.conf.Positional[Path]
    """Folder of the data set."""
    group_by: str | None = None
    """Column that tells the group of a sample, or a part of the paths such as `writer-12`; where none
    is named, the columns writer, page and source."""
    page: Path | None = None
    """Write a page that shows each pair side by side to this file, .html or .png."""
    allow_leakage: bool = False
    """Answer 0 although something was found."""
    json: bool = False
    """Print one JSON object, with all that was found."""


def main(words: list[str]) -> int:
    """Check, and answer 0, or 3 with the names of what is in two splits."""
    said = read(
        Words,
        words,
        verb="data check",
        does="Find what train, val and test have in common: equal and nearly equal samples, groups.",
        example="deepdiva data check data/digits --page leakage.html",
    )
    from deepdiva.data.leakage import check_leakage

    files = verify(said.data)
    found = check_leakage(files, group_by=said.group_by)
    for notice in (*files.notices, *found.warnings()):
        print(notice, file=sys.stderr)
    if said.page is not None:
        _write_page(said.page, files, found)
    print(
        json.dumps({"data": str(said.data)} | found.as_json()) if said.json else _sentence(said.data, found)
    )
    if not said.allow_leakage:
        found.refuse(_remedy(said))
    elif found.verdict == "leakage" and not said.json:
        print("\n".join(found.lines()))
    return 0


def _write_page(place: Path, files: Any, found: Leakage) -> None:
    from deepdiva.data.leakage.pictures import show_pairs
    from deepdiva.report.leakage_page import draw_page

    write_atomically(place, draw_page(found.as_json(), show_pairs(files, found), kind=place.suffix))
    print(f"the pairs stand side by side in {place}", file=sys.stderr)


def _remedy(said: Words) -> str:
    look = "" if said.page else f"look at them (`deepdiva data check {shlex.quote(str(said.data))} --page "
    look = f"{look}leakage.html`), " if look else ""
    return f"{look}take one of each pair out, then `deepdiva data footprint DIR --update`; or --allow-leakage"


def _sentence(data: Path, found: Leakage) -> str:
    samples = found.checked["samples"]
    counts = ", ".join(f"{count:,} {split}" for split, count in samples.items()) or "no split"
    head = f"{data}: {found.layout}, {counts}"
    if found.verdict == "leakage":
        parts = (
            (len(found.exact), "exact pairs"),
            (len(found.near), "near pairs"),
            (len(found.groups), "groups"),
        )
        told = ", ".join(f"{count} {what}" for count, what in parts if count)
        return f"{head}\nleakage: {told} across splits"
    return f"{head}\nclean: no sample and no group in two splits"
