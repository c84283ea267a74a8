"""Find the data of a recorded run again."""

from __future__ import annotations

import json
from pathlib import Path

from deepdiva.errors import DataError

HINTS = "data/where.json"


def find_data(run: Path, *, typed: str, given: Path | None) -> Path:
    """Return the folder in which the data of `run` is looked for.

    Args:
        typed: The folder as it was typed when the run was asked for.
        given: The folder that the user names now; then it is looked for only there.

    Raises:
        DataError: it is in none of the places.
    """
    if given is not None:
        return given
    places = [Path(typed), *hints(run)]
    for place in places:
        if place.is_dir():
            return place
    raise DataError(
        f"the data of {run.name} was not found in {', '.join(map(str, places))}",
        expected="the data folder where it was when the run began",
        remedy="say where it is now with --data DIR",
        code="DATA-046",
    )


def hints(run: Path) -> list[Path]:
    """Return where the data lay on the machine of the run; a hint may be wrong."""
    try:
        hints = json.loads((run / HINTS).read_text())
    except (OSError, ValueError):
        return []
    root = hints.get("root") if isinstance(hints, dict) else None
    return [Path(root)] if isinstance(root, str) else []
