"""`<out>/latest`: a symbolic link to the newest run, for people."""

from __future__ import annotations

import secrets
from contextlib import suppress
from pathlib import Path

from deepdiva.provenance.files import TEMPORARY_PREFIX

LINK_NAME = "latest"


def point_latest(out: Path, name: str) -> None:
    """Let `<out>/latest` point to `name`, at once; where links cannot be made there is none."""
    temporary = out / f"{TEMPORARY_PREFIX}{secrets.token_hex(8)}.tmp"
    with suppress(OSError):
        temporary.symlink_to(name, target_is_directory=True)
        with suppress(OSError):
            temporary.replace(out / LINK_NAME)
        temporary.unlink(missing_ok=True)
