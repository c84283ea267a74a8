"""Where things lie that belong neither to a data set nor to a run."""

from __future__ import annotations

import hashlib
import os
import sys
from pathlib import Path

from deepdiva.errors import ResourceError
from deepdiva.provenance.files import write_atomically

IGNORE_ALL = b"*\n"


def state_folder() -> Path:
    """Return the folder of caches and of footprints of read-only data; it may not exist yet.

    `$DEEPDIVA_HOME`, else the user-state folder of the platform.  What lies there can be
    deleted at any time: it is made again, at the price of a wait or of a notice.

    Raises:
        ResourceError: neither the variable nor a home folder is known (RES-008).
    """
    chosen = os.environ.get("DEEPDIVA_HOME")
    if chosen:
        return Path(chosen).expanduser().absolute()
    try:
        return _platform_folder() / "deepdiva"
    except RuntimeError as error:
        raise ResourceError(
            "this user has no home folder",
            expected="a folder for caches",
            remedy="set DEEPDIVA_HOME to a folder that can be written",
            code="RES-008",
        ) from error


def _platform_folder() -> Path:
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support"
    chosen = Path(os.environ.get("XDG_STATE_HOME", ""))
    return chosen if chosen.is_absolute() else Path.home() / ".local" / "state"


def place_for(kind: str, folder: Path) -> Path:
    """Return where something about `folder` is kept in the state folder, without suffix.

    Args:
        kind: Name of a folder there.
        folder: Told apart from others by its real path, which is not written down.
    """
    real = Path(os.path.realpath(folder))
    key = hashlib.sha256(os.fsencode(real)).hexdigest()[:16]
    return state_folder() / kind / f"{real.name[:60]}-{key}"


def mark_as_ours(folder: Path) -> None:
    """Write a `.gitignore` holding `*`, so that what we made never counts as uncommitted code.

    A `.gitignore` that is there already stays.

    Raises:
        ResourceError: the folder cannot be written.
    """
    mark = folder / ".gitignore"
    if not os.path.lexists(mark):
        write_atomically(mark, IGNORE_ALL)


def is_ours(folder: Path) -> bool:
    """Tell whether `mark_as_ours` marked `folder`."""
    try:
        return (folder / ".gitignore").read_bytes() == IGNORE_ALL
    except OSError:
        return False
