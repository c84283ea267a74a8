"""`run.json`: how a run stands, in the keys that scripts read; no path of this machine in it."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, get_args

from deepdiva.errors import DataError
from deepdiva.provenance.files import write_atomically

FILE_NAME = "run.json"
Status = Literal["running", "finished", "failed", "interrupted"]
STATUSES: tuple[Status, ...] = get_args(Status)
KEYS = (
    "id",
    "task",
    "status",
    "seed",
    "determinism",
    "numeric_class",
    "data_sha256",
    "weights_sha256",
    "best_weights_sha256",
    "best_epoch",
    "train",
    "val",
    "test",
    "steps",
    "seconds",
)
"""What every run tells, null where it does not know it yet; `--json` puts `run`, the folder, before."""


def write_info(folder: Path, info: Mapping[str, Any]) -> None:
    """Write `info` as the `run.json` of `folder`, with a null for what it does not hold.

    Raises:
        ResourceError: it cannot be written; the old one stays.
    """
    complete = dict.fromkeys(KEYS) | {str(key): as_plain(value) for key, value in info.items()}
    write_atomically(folder / FILE_NAME, (json.dumps(complete, indent=2, allow_nan=False) + "\n").encode())


def read_info(folder: Path) -> dict[str, Any]:
    """Return what the `run.json` of `folder` holds.

    Raises:
        DataError: there is none, or it is none (VER-003).
    """
    path = folder / FILE_NAME
    try:
        info = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise _no_run(folder, str(error)) from error
    if not isinstance(info, dict) or info.get("status") not in STATUSES:
        raise _no_run(folder, "it does not tell a status")
    return dict.fromkeys(KEYS) | info


def as_plain(value: Any) -> Any:
    """Return `value` in the words of JSON: NaN and infinity become null, NumPy's numbers plain ones.

    Example:
        >>> as_plain({"loss": float("nan"), "shape": (8, 8)})
        {'loss': None, 'shape': [8, 8]}
    """
    if isinstance(value, Mapping):
        return {str(key): as_plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [as_plain(inner) for inner in value]
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    return value


def _no_run(folder: Path, why: str) -> DataError:
    return DataError(
        f"{folder / FILE_NAME}: {why}",
        expected="a run folder, with the `run.json` that its run wrote",
        remedy="`deepdiva list --out FOLDER` shows the runs below FOLDER",
        code="VER-003",
    )
