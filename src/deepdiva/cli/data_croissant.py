"""`deepdiva data croissant DIR`: describe a data set in Croissant, for search engines and other tools."""

from __future__ import annotations

import datetime
import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path

import tyro

from deepdiva.cli.words import read
from deepdiva.errors import ConfigError
from deepdiva.provenance.files import write_atomically
from deepdiva.provenance.verify import verify

STANDARD_OUTPUT = Path("-")


@dataclass(frozen=True, kw_only=True)
class Words:
    """What stands after `data croissant`."""

    data: tyro.conf.Positional[Path]
    """Folder of the data set."""
    to: Path | None = None
    """File to write, in a folder above the data so that readers find it; `-` prints it, with paths from the
    data folder. If not given: beside the data folder, as <name>.croissant.json."""
    name: str = ""
    """Name of the data set; that of its folder if not given."""
    description: str = ""
    """What it is, in a sentence or two."""
    license: str = ""
    """Address or SPDX name of its license, such as CC-BY-4.0."""
    url: str = ""
    """Address of its page."""
    creator: tuple[str, ...] = ()
    """Who made it."""
    cite: str = ""
    """How to cite it."""
    published: datetime.date | None = None
    """When it was published, YYYY-MM-DD."""
    json: bool = False
    """Print one JSON object."""


def main(words: list[str]) -> int:
    """Write the metadata, and say what is missing in them."""
    typed = read(
        Words,
        words,
        verb="data croissant",
        does="Describe a data set in Croissant 1.0 (JSON-LD), which `mlcroissant validate` accepts and "
        "`mlcroissant.Dataset` reads. What ABOUT.json in the folder tells need not be told again.",
        example="deepdiva data croissant data/digits --license CC-BY-4.0 --creator 'E. Alpaydin' "
        "--published 1998-07-01",
    )
    root = Path(os.path.realpath(typed.data))
    to = typed.to or root.with_name(f"{root.name}.croissant.json")
    _refuse_inside(to, root, typed.data)
    from deepdiva.data.croissant import Known, describe, serialize
    from deepdiva.data.layouts import find_layout

    files = verify(typed.data)
    known = Known(
        name=typed.name or root.name,
        description=typed.description,
        license=typed.license,
        url=typed.url,
        creators=typed.creator,
        cite=typed.cite,
        published=typed.published.isoformat() if typed.published else "",
    )
    layout = find_layout(files)
    above, away = _way(to, root)
    facts, notices = describe(files, layout, known, above=above)
    for notice in [*files.notices, *away, *notices]:
        print(notice, file=sys.stderr)
    content = serialize(facts)
    if to == STANDARD_OUTPUT:
        print(content.decode(), end="")
        return 0
    _write(to, content)
    samples = {entry["name"]: entry["description"] for entry in facts["recordSet"]}
    if typed.json:
        told = {"data": str(typed.data), "written": str(to), "data_sha256": files.footprint.digest}
        print(json.dumps(told | {"record_sets": list(samples), "notices": [*away, *notices]}))
        return 0
    print(f"wrote {to}: {layout}")
    print(f"check it: mlcroissant validate --jsonld {to}")
    return 0


def _way(to: Path, root: Path) -> tuple[str, list[str]]:
    """Return the path from the metadata to the data, and a notice where there is none."""
    if to == STANDARD_OUTPUT:
        return "", []
    folder = Path(os.path.realpath(to)).parent
    if root.is_relative_to(folder):
        return f"{root.relative_to(folder).as_posix()}/", []
    notice = (
        f"{to} lies in no folder above {root}: paths in it begin in the data folder; "
        "readers that want samples need it there"
    )
    return "", [notice]


def _refuse_inside(to: Path, root: Path, data: Path) -> None:
    if to != STANDARD_OUTPUT and Path(os.path.realpath(to)).is_relative_to(root):
        raise ConfigError(
            f"{to} would lie in {data}, and be a file more in the data set",
            expected="a file beside the data folder or above it",
            remedy=f"say --to {root.with_name(f'{root.name}.croissant.json')}, or --to - to print it",
            code="CFG-037",
        )


def _write(to: Path, content: bytes) -> None:
    """Write the file, but not over anything that says something else."""
    if to.is_file() and to.read_bytes() == content:
        return
    if os.path.lexists(to):
        raise ConfigError(
            f"{to} is there and holds something else",
            expected="a new file, or the very same metadata",
            remedy="look at it, then delete it or name another file with --to",
            code="CFG-039",
        )
    write_atomically(to, content)
