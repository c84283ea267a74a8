"""Checkpoints: pairs of files that are either whole or not there.

`<name>.safetensors` holds the tensors; `<name>.json` holds its digest, everything else and
its own checksum.  The rename of the JSON file is the moment at which a checkpoint begins
to exist, so a kill at any other moment leaves the one before it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import safetensors.torch
from safetensors import SafetensorError
from torch import Tensor

from deepdiva.errors import CheckpointError
from deepdiva.provenance.files import make_folder, write_atomically

FORMAT = 1


@dataclass(frozen=True)
class Checkpoint:
    """What was saved at one moment."""

    tensors: Mapping[str, Tensor]
    facts: Mapping[str, Any]
    notices: tuple[str, ...] = ()
    """Newer checkpoints that could not be trusted, and why."""


def save_checkpoint(folder: Path, name: str, tensors: Mapping[str, Tensor], facts: Mapping[str, Any]) -> None:
    """Write a checkpoint into `folder`, and keep the one before it.

    Args:
        name: Digits and hyphens; sorts after the names of all checkpoints before it.
        tensors: CPU tensors in row-major order that share no memory.
        facts: Everything else, as JSON can hold it.

    Raises:
        ResourceError: the disk is full, or the folder cannot be written; what was there stays.
    """
    make_folder(folder)
    content = safetensors.torch.save(dict(tensors))
    body = {"format": FORMAT, "sha256": hashlib.sha256(content).hexdigest(), "facts": facts}
    write_atomically(folder / f"{name}.safetensors", content)
    write_atomically(folder / f"{name}.json", _with_checksum(body))
    _remove_all_but(folder, _newest_first(folder)[:2])


def load_checkpoint(folder: Path, *, strict: bool = False) -> Checkpoint | None:
    """Return the newest checkpoint of `folder` that is whole, or None if there never was one.

    Args:
        strict: Refuse if the newest one is damaged, instead of taking the one before it.

    Raises:
        CheckpointError: CKP-001 if `strict`, CKP-002 if there are some but none can be trusted.
    """
    candidates = _newest_first(folder)
    notices: list[str] = []
    for path in candidates:
        try:
            tensors, facts = _read(path)
            return Checkpoint(tensors, facts, tuple(notices))
        except _Damaged as damage:
            notices.append(f"checkpoint {path.stem} is not used: {damage}")
            if strict:
                break
    if not candidates:
        return None
    raise CheckpointError(
        "; ".join(notices),
        expected="a checkpoint whose digests agree with its bytes",
        remedy="resume without --strict-resume" if strict else "start a new run; this one cannot be resumed",
        code="CKP-001" if strict else "CKP-002",
    )


class _Damaged(Exception):
    """The reason why a checkpoint is passed over."""


def _newest_first(folder: Path) -> list[Path]:
    return sorted((p for p in folder.glob("*.json") if p.stem.replace("-", "").isdigit()), reverse=True)


def _read(path: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    try:
        body = json.loads(path.read_text())
        if body.pop("checksum") != _checksum(body):
            raise _Damaged(f"{path.name} contradicts its checksum")
        content = (path.parent / f"{path.stem}.safetensors").read_bytes()
        if hashlib.sha256(content).hexdigest() != body["sha256"]:
            raise _Damaged(f"{path.stem}.safetensors contradicts its digest")
        return safetensors.torch.load(content), body["facts"]
    except (OSError, ValueError, KeyError, TypeError, AttributeError, SafetensorError) as cause:
        raise _Damaged(f"{path.name} cannot be read ({type(cause).__name__})") from cause


def _with_checksum(body: dict[str, Any]) -> bytes:
    return json.dumps(body | {"checksum": _checksum(body)}, sort_keys=True, indent=1).encode()


def _checksum(body: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()


def _remove_all_but(folder: Path, keep: list[Path]) -> None:
    stems = {path.stem for path in keep}
    for path in folder.iterdir():
        if path.stem not in stems and path.suffix in (".json", ".safetensors"):
            path.unlink(missing_ok=True)
