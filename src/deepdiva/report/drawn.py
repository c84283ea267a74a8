"""Whether all that a run recorded is in its TensorBoard file."""

from __future__ import annotations

from pathlib import Path

from deepdiva.provenance.files import write_atomically

MARK = "tensorboard/drawn"


def mark_drawn(folder: Path, size: int) -> None:
    """Note that the first `size` bytes of `events.jsonl` were drawn without a fault."""
    write_atomically(folder / MARK, f"{size}\n".encode())


def is_drawn(folder: Path) -> bool:
    """Tell whether nothing is left to draw of the run in `folder`."""
    try:
        return int((folder / MARK).read_text()) == (folder / "events.jsonl").stat().st_size
    except (OSError, ValueError):
        return False
