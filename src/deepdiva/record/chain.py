"""The digest chain: what every step saw and gave, in one line each; no times, ids or paths.

    h_0 = 32 zero bytes
    h_k = SHA-256(h_(k-1), loss as little-endian float32, identities as little-endian uint64)

Two runs with equal heads took the same samples in the same order and got the same losses,
bit for bit; the first lines that differ say where they part.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

START = bytes(32)
"""The head of a chain with no step."""


Link = tuple[int, np.float32, bytes]
"""Step, loss and identities (eight bytes a sample, little-endian) of a step that waits to be written.

A plain tuple, since it is made in the loop; see `events.Scalar`.
"""


class WeightsNote(NamedTuple):
    """A digest of the weights that waits to be written."""

    epoch: int
    step: int
    sha256: str


def encode(head: bytes, pending: Iterable[Link | WeightsNote]) -> tuple[bytes, bytes]:
    """Return the new head and the lines of `pending`, which follow `head`."""
    lines: list[str] = []
    for note in pending:
        if isinstance(note, WeightsNote):
            lines.append(f'{{"epoch":{note.epoch},"step":{note.step},"weights":"{note.sha256}"}}\n')
            continue
        step, loss, identities = note
        bits = loss.astype("<f4").tobytes()
        head = hashlib.sha256(head + bits + identities).digest()
        batch = hashlib.sha256(identities).hexdigest()[:16]
        lines.append(
            f'{{"step":{step},"loss":"{bits[::-1].hex()}","batch":"{batch}","chain":"{head.hex()}"}}\n'
        )
    return head, "".join(lines).encode()


def last_head(lines: bytes) -> bytes | None:
    """Return the head after `lines`, whole lines of a chain; None where they are none.

    Example:
        >>> last_head(b"") == START
        True
    """
    try:
        for line in reversed(lines.splitlines()):
            note = json.loads(line)
            if "chain" in note:
                return bytes.fromhex(note["chain"])
    except (ValueError, TypeError):
        return None
    return START
