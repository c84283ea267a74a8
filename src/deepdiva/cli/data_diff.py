"""`deepdiva data diff A B`: which files came, went, changed or moved between two data sets."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import tyro

from deepdiva.cli.data_diff_page import print_moves
from deepdiva.cli.words import read
from deepdiva.provenance.data_sides import Side, read_sides
from deepdiva.provenance.moves import Content, Moves, compare, totals

_ARCHIVES = (b"PK", b"\x1f\x8b")
"""How a crate begins; a footprint is text."""


@dataclass(frozen=True, kw_only=True)
class Words:
    """What stands after `data diff`."""

    a: tyro.conf.Positional[Path]
    """A data folder, a footprint file (one of the original DeepDIVA too), a run folder or a crate."""
    b: tyro.conf.Positional[Path]
    """The other."""
    deep: bool = False
    """Read every file of a folder, instead of trusting its footprint where sizes and times are equal."""
    json: bool = False
    """Print one JSON object."""


def main(words: list[str]) -> int:
    """Compare, and answer 0 whether they are equal or not."""
    typed = read(
        Words,
        words,
        verb="data diff",
        does="Tell which files were added, removed, changed, moved or renamed from data set A to B. "
        "Nothing is written.",
        example="deepdiva data diff data/digits runs/latest",
    )
    with _opened(typed.a) as place_a, _opened(typed.b) as place_b:
        a, b = read_sides(place_a, place_b, deep=typed.deep)
    found = compare(a.files, b.files)
    if typed.json:
        print(json.dumps(_facts(typed, a, b, found)))
    else:
        print_moves((str(typed.a), a), (str(typed.b), b), found)
    return 0


@contextmanager
def _opened(place: Path) -> Iterator[Path]:
    """Give `place`, and for a crate the run folder that was in it; that is gone at the end."""
    if not _is_crate(place):
        yield place
        return
    from deepdiva.share import open_crate

    with TemporaryDirectory(prefix="deepdiva-") as scratch:
        yield open_crate(place, Path(scratch) / "run")


def _is_crate(place: Path) -> bool:
    try:
        if not place.is_file():
            return False
        with place.open("rb") as stream:
            return stream.read(2) in _ARCHIVES
    except OSError:  # told by whoever reads it next
        return False


def _facts(typed: Words, a: Side, b: Side, found: Moves) -> dict[str, Any]:
    return {
        "a": str(typed.a),
        "b": str(typed.b),
        "equal": not found,
        "algorithm": a.algorithm,
        "files": {"a": len(a.files), "b": len(b.files)},
        "added": list(found.added),
        "removed": list(found.removed),
        "changed": list(found.changed),
        "moved": [list(pair) for pair in found.moved],
        "folders": [folder._asdict() for folder in found.folders],
        "contents": {
            "a": _contents(found.removed)
            | _contents({path: was for path, (was, _) in found.changed.items()}),
            "b": _contents(found.added) | _contents({path: now for path, (_, now) in found.changed.items()}),
        },
        "totals": {top: total._asdict() for top, total in totals(a.files, b.files, found).items()},
    }


def _contents(files: Mapping[str, Content]) -> dict[str, dict[str, Any]]:
    return {path: content._asdict() for path, content in files.items()}
