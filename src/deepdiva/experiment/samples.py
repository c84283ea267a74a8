"""Names for the samples of a batch that differs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from deepdiva.engine.blame import Blame
from deepdiva.provenance.footprint import Footprint
from deepdiva.randomness import identity


def name_samples(blame: Blame, prints: Sequence[Footprint]) -> list[Mapping[str, Any]]:
    """Return each sample that differs with its position, and the file it has on either side.

    Args:
        prints: Footprints of the data of A and of B.
    """
    names = [_names(footprint, set(blame.samples[n])) for n, footprint in enumerate(prints)]
    rows: list[Mapping[str, Any]] = []
    for number, position in enumerate(blame.positions):
        files = [_file(blame.samples[n][number:], names[n]) for n in (0, 1)]
        rows.append({"position": position, "a": files[0], "b": files[1], "file": _fate(files, prints)})
    return rows


def _names(footprint: Footprint, wanted: set[int]) -> dict[int, str]:
    return {number: path for path in footprint.files if (number := identity(path)) in wanted}


def _file(rest: Sequence[int], names: Mapping[int, str]) -> str | None:
    """Return the file of the first of `rest`; its identity where no file has it; None past the end."""
    return names.get(rest[0], f"{rest[0]:016x}") if rest else None


def _fate(files: Sequence[str | None], prints: Sequence[Footprint]) -> str:
    """Tell whether the bytes of the file are the same on both sides."""
    entries = [footprint.files.get(file or "") for file, footprint in zip(files, prints, strict=True)]
    if entries[0] is None or entries[1] is None:
        return "unknown"
    return "same" if entries[0].digest == entries[1].digest else "changed"
