"""Put a data set that we make into its place: whole, with a footprint, over nothing else."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from deepdiva.data.splits import SplitName
from deepdiva.errors import ConfigError, DataError
from deepdiva.provenance.archives.names import fault_of
from deepdiva.provenance.files import atomic_folder
from deepdiva.provenance.footprint import save, take_footprint
from deepdiva.provenance.places import mark_as_ours
from deepdiva.provenance.verify import verify
from deepdiva.provenance.waiting import shown
from deepdiva.randomness import LARGEST_SEED


@dataclass(frozen=True, kw_only=True)
class GottenData:
    """A data set that lies ready."""

    folder: Path
    data_sha256: str
    """The identity of the data set: the root digest of its footprint."""
    counts: Mapping[SplitName, int]
    """Samples of each split; empty where nobody looked into the data."""
    classes: int
    made: bool
    """False where the same data set lay there already."""
    facts: Mapping[str, Any] = field(default_factory=dict)
    """Where it comes from and what was checked; plain values."""


def land(folder: Path, write: Callable[[Path], None]) -> tuple[str, bool]:
    """Make `folder` with what `write` puts into it, a mark and a footprint; return digest and whether new.

    Args:
        folder: Where the same data set lies there already, it stays as it is.
        write: Is given an empty folder, which takes its real name when all is there.

    Raises:
        DataError: `folder` is there and holds anything else (DATA-048, or see `verify`).
        ResourceError: the folder cannot be written.
    """
    with atomic_folder(folder) as staging:
        write(staging)
        mark_as_ours(staging)
        with shown(f"taking the footprint of {folder}") as progress:
            footprint = take_footprint(staging, progress=progress)
        save(footprint, staging)
        made = not os.path.lexists(folder)
        if not made:
            _refuse_other(folder, footprint.digest)
    return footprint.digest, made


def _refuse_other(folder: Path, digest: str) -> None:
    present = verify(folder, deep=True).footprint.digest
    if present != digest:
        raise occupied(folder, f"another data set: its digest is {present[:12]}", f"digest {digest[:12]}")


def occupied(folder: Path, found: str, wanted: str) -> DataError:
    """Return the refusal to write over something else."""
    return DataError(
        f"{folder} holds {found}",
        expected=f"nothing there, or the very data set that is asked for: {wanted}",
        remedy="choose another folder with --to, or move that one away",
        code="DATA-048",
    )


def refuse_odd_seed(seed: int) -> None:
    """Refuse a seed outside [0, 2**63) (CFG-004)."""
    if not 0 <= seed <= LARGEST_SEED:
        raise ConfigError(
            f"seed = {seed}",
            expected="a whole number from 0 to 2**63 - 1",
            remedy="choose another --seed",
            code="CFG-004",
        )


def refuse_odd_name(name: str) -> None:
    """Refuse what cannot be the name of the folder of a data set (CFG-032)."""
    fault = (
        "holds a slash" if "/" in name else fault_of(name) or (name.startswith(".") and "begins with a dot")
    )
    if fault:
        raise ConfigError(
            f"{name!r} cannot be the name of a data set: it {fault}",
            expected="the name of a folder",
            remedy="choose another name; for an archive with --name",
            code="CFG-032",
        )
