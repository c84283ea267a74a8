"""Look at checkpoints without torch: their digests, and the digest of the weights in them.

How they are written stands in `engine.checkpoint` and `engine.weights`; the tests compare both.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

_LARGEST_HEADER = 100 * 2**20
_TORCH_NAMES = {
    "F64": "float64", "F32": "float32", "F16": "float16", "BF16": "bfloat16", "BOOL": "bool",
    "I64": "int64", "I32": "int32", "I16": "int16", "I8": "int8", "U8": "uint8",
    "U16": "uint16", "U32": "uint32", "U64": "uint64", "C64": "complex64",
    "F8_E4M3": "float8_e4m3fn", "F8_E5M2": "float8_e5m2",
}  # fmt: skip
"""What safetensors calls a type to what torch calls it."""


@dataclass(frozen=True)
class Saved:
    """A checkpoint whose files agree with their own digests."""

    facts: dict[str, Any]
    tensors: Path


def newest(folder: Path) -> Path | None:
    """Return the JSON file of the newest checkpoint in `folder`; None where there is none."""
    return max((path for path in folder.glob("*.json") if _is_name(path.stem)), default=None)


def read_saved(place: Path) -> Saved:
    """Return the checkpoint whose JSON file is `place`.

    Raises:
        OSError, ValueError, KeyError, TypeError: it is damaged or contradicts its digests.
    """
    body = json.loads(place.read_bytes())
    checksum = body.pop("checksum")
    if hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest() != checksum:
        raise ValueError("contradicts its own checksum")
    tensors = place.with_suffix(".safetensors")
    with tensors.open("rb") as stream:
        if hashlib.file_digest(stream, "sha256").hexdigest() != body["sha256"]:
            raise ValueError(f"contradicts {tensors.name}")
    return Saved(dict(body["facts"]), tensors)


def weights_digest(tensors: Path, prefix: str = "") -> str:
    """Return the digest of the weights whose names begin with `prefix`, which is left out.

    SHA-256 over sorted name, dtype, shape and little-endian bytes.

    Raises:
        OSError, ValueError, KeyError, TypeError: it is no file of safetensors, or has a type that
            is not known here.
    """
    digest = hashlib.sha256()
    with tensors.open("rb") as stream:
        size = int.from_bytes(stream.read(8), "little")
        if size > _LARGEST_HEADER:
            raise ValueError("the header is too long")
        header = json.loads(stream.read(size))
        names = sorted(name for name in header if name.startswith(prefix) and name != "__metadata__")
        for name in names:
            entry = header[name]
            shape = tuple(entry["shape"])
            title = f"{name.removeprefix(prefix)} torch.{_TORCH_NAMES[entry['dtype']]} {shape}\n"
            digest.update(title.encode())
            start, end = entry["data_offsets"]
            _feed(digest, stream, 8 + size + start, end - start)
    return digest.hexdigest()


def _feed(digest: Any, stream: IO[bytes], start: int, length: int) -> None:
    stream.seek(start)
    while length > 0:
        chunk = stream.read(min(length, 2**22))
        if not chunk:
            raise ValueError("the file ends too early")
        digest.update(chunk)
        length -= len(chunk)


def _is_name(stem: str) -> bool:
    return stem.replace("-", "").isdigit()
