"""Make a run folder, or open one again to go on.

    <out>/<UTC time>-<slug>-<first digits of the request's digest>/

The name sorts by time, and no two runs ever share one.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

from deepdiva.errors import ConfigError
from deepdiva.provenance import Source, Stamp
from deepdiva.provenance.files import make_folder, resource_error, write_atomically
from deepdiva.provenance.keep import keep
from deepdiva.provenance.places import mark_as_ours
from deepdiva.record import seal
from deepdiva.record.info import read_info, write_info
from deepdiva.record.latest import point_latest
from deepdiva.record.lock import RunLock
from deepdiva.record.writer import RunWriter

FORMAT = 1
"""Of the run folder; a reader of a later one may not know how to read an older one's."""
LONGEST_SLUG = 60


def create_run(
    out: Path, *, slug: str, request_toml: str, stamp: Stamp, source: Source, about: Mapping[str, Any]
) -> RunWriter:
    """Make a new run folder below `out`, with all that the run stands on, and return its writer.

    Args:
        out: Made where it is missing, and then marked as none of the user's code.
        slug: What the run is called: its name or its task.
        request_toml: Every setting in full.
        stamp: Proof that the gate was passed.
        source: The source tree that the stamp speaks of.
        about: Further facts for `run.json`, such as `task`.

    Raises:
        ResourceError: the folder cannot be made or written; nothing is left behind then.
    """
    _make_out(out)
    folder = _make_folder(out, f"{_slug(slug)}-{stamp.request_sha256[:8]}")
    try:
        lock = RunLock(folder)
        info = _first_info(folder.name, stamp, about)
        write_info(folder, info)
        write_atomically(folder / "request.toml", request_toml.encode())
        keep(stamp, source, folder)
        writer = RunWriter(folder, lock, info)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    point_latest(out, folder.name)
    return writer


def reopen_run(folder: Path) -> RunWriter:
    """Open a run that did not finish; `RunWriter.rewind` it before anything is written.

    Raises:
        DataError: `folder` is no run.
        ConfigError: the run is finished, and its record closed (CFG-021).
        ResourceError: another process writes into it, or it cannot be written.
    """
    read_info(folder)  # before the lock, which would make a file in what is no run
    lock = RunLock(folder)
    try:
        info = _unfinished_info(folder) | {"status": "running"}
        (folder / seal.FILE_NAME).unlink(missing_ok=True)
        write_info(folder, info)
        return RunWriter(folder, lock, info)
    except BaseException:
        lock.release()
        raise


def _make_out(out: Path) -> None:
    make_folder(out)
    if not any(out.iterdir()):
        mark_as_ours(out)


def _make_folder(out: Path, name: str) -> Path:
    now = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    for attempt in count(1):
        folder = out / (f"{now}-{name}" if attempt == 1 else f"{now}-{name}-{attempt}")
        try:
            folder.mkdir()
            return folder
        except FileExistsError:
            continue
        except OSError as error:
            raise resource_error(error, folder) from error
    raise AssertionError


def _first_info(identifier: str, stamp: Stamp, about: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "id": identifier,
        "status": "running",
        "seed": stamp.seed,
        "determinism": stamp.numeric_class.level,
        "numeric_class": stamp.numeric_class.name,
        "data_sha256": stamp.data.footprint.digest,
        "request_sha256": stamp.request_sha256,
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
        "ended": None,
        "seconds": None,
        **about,
    }


def _slug(text: str) -> str:
    """Return `text` in small letters, digits and hyphens, at most `LONGEST_SLUG` of them.

    Example:
        >>> _slug("Büro: zweite Probe!")
        'b-ro-zweite-probe'
    """
    words = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
    return words[:LONGEST_SLUG].strip("-") or "run"


def _unfinished_info(folder: Path) -> dict[str, Any]:
    info = read_info(folder)
    if info["status"] != "finished":
        return info
    raise ConfigError(
        f"{folder}: this run is finished",
        expected="a run that was interrupted or failed",
        remedy=f"`deepdiva run {folder}/request.toml` repeats it in a folder of its own",
        code="CFG-021",
    )
