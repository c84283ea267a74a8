"""`ABOUT.json`, which lies in a data set that we made and says how it was made.

It is part of the data set and of its footprint.  It names files and checksums, but no place
that a file came from: the same data set has the same digest whatever the mirror.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

FILE_NAME = "ABOUT.json"
FORMAT = "deepdiva data set 1"
LARGEST = 2**20
"""Bytes; a longer file is none of ours."""


def write_about(folder: Path, recipe: Mapping[str, Any], facts: Mapping[str, Any]) -> None:
    """Write how the data set in `folder` was made.

    Args:
        folder: Of the data set.
        recipe: What decides about its content; two data sets of one recipe are equal.
        facts: What else is worth knowing.
    """
    content = {"format": FORMAT, "recipe": recipe, **facts}
    (folder / FILE_NAME).write_text(json.dumps(content, indent=2, sort_keys=True, ensure_ascii=True) + "\n")


def read_about(folder: Path) -> dict[str, Any] | None:
    """Return what `write_about` wrote into `folder`; None where there is no such thing."""
    place = folder / FILE_NAME
    try:
        if not place.is_file() or place.stat().st_size > LARGEST:
            return None
        found = json.loads(place.read_bytes())
    except (OSError, ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) and found.get("format") == FORMAT else None
