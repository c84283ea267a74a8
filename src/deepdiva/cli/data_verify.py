"""`deepdiva data verify DIR`: is this the data set that its footprint describes?"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tyro

from deepdiva.cli.words import read
from deepdiva.errors import DataError
from deepdiva.provenance.footprint import VerifiedData
from deepdiva.provenance.verify import verify


@dataclass(frozen=True, kw_only=True)
class Words:
    """What stands after `data verify`."""

    data: tyro.conf.Positional[Path]
    """Folder of the data set."""
    deep: bool = False
    """Read every file again, instead of comparing sizes and times."""
    json: bool = False
    """Print one JSON object."""


def main(words: list[str]) -> int:
    """Compare, and answer 0, or 4 with the names of the files that differ."""
    typed = read(
        Words,
        words,
        verb="data verify",
        does="Compare a data set with its footprint; where there is none yet, take it.",
        example="deepdiva data verify data/digits --deep",
    )
    facts: dict[str, Any] = {"data": str(typed.data), "deep": typed.deep}
    try:
        found = verify(typed.data, deep=typed.deep)
    except DataError as error:
        if typed.json:
            print(json.dumps(facts | {"verified": False, "code": error.code, "found": error.found}))
        raise
    facts |= {"verified": True, "notices": list(found.notices)} | about(found)
    for notice in found.notices:
        print(notice, file=sys.stderr)
    print(json.dumps(facts) if typed.json else _sentence(facts))
    return 0


def about(found: VerifiedData) -> dict[str, Any]:
    """Return what identifies a data set, and how large it is."""
    footprint = found.footprint
    return {
        "files": len(footprint.files),
        "bytes": sum(footprint.table.sizes),
        "data_sha256": footprint.digest,
        "algorithm": footprint.algorithm,
    }


def _sentence(facts: dict[str, Any]) -> str:
    how = "by content" if facts["deep"] else "by size and time"
    size = f"{facts['files']:,} files, {facts['bytes']:,} bytes"
    return f"{facts['data']} is what its footprint describes, {how}: {size}\ndigest {facts['data_sha256']}"
