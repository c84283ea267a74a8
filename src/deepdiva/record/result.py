"""`result.json`: what a run found, inside the seal; equal runs have equal bytes.

`run.json` repeats these facts for scripts, beside others that may change later, and so lies
outside the seal.  What it says of them must be what stands here.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from deepdiva.provenance.files import write_atomically
from deepdiva.record.info import as_plain

FILE_NAME = "result.json"
FACTS = (
    "task",
    "seed",
    "determinism",
    "numeric_class",
    "data_sha256",
    "request_sha256",
    "weights_sha256",
    "best_weights_sha256",
    "best_epoch",
    "train",
    "val",
    "test",
    "steps",
)


def write_result(folder: Path, info: Mapping[str, Any]) -> None:
    """Write those facts of `info` that no later hand may change.

    Raises:
        ResourceError: the file cannot be written.
    """
    facts = {name: as_plain(info.get(name)) for name in FACTS}
    content = json.dumps(facts, indent=1, sort_keys=True, allow_nan=False) + "\n"
    write_atomically(folder / FILE_NAME, content.encode())


def read_result(folder: Path) -> dict[str, Any]:
    """Return the facts; those that are not there are null.

    Raises:
        OSError, ValueError: there are none.
    """
    facts = json.loads((folder / FILE_NAME).read_bytes())
    if not isinstance(facts, dict):
        raise TypeError(f"{FILE_NAME} holds no facts")
    return dict.fromkeys(FACTS) | facts


def differing(one: Mapping[str, Any], other: Mapping[str, Any]) -> Iterator[str]:
    """Give the names of the facts in which `one` and `other` differ."""
    return (name for name in FACTS if one.get(name) != other.get(name))
