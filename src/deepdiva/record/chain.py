"""The digest chain: what every step saw and gave, in one line each; no times, ids or paths.

    batch = SHA-256(identities of the samples in order, as little-endian uint64)
    h_0 = 32 zero bytes
    h_k = SHA-256(h_(k-1), loss as little-endian float32, batch)

Two runs with equal heads took the same samples in the same order and got the same losses,
bit for bit; the first lines that differ say where they part.  A line holds all that its own
head was made from, so a line that was edited later contradicts itself or the one after it.
"""

from __future__ import annotations

import hashlib
import json
import struct
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np

START = bytes(32)
"""The head of a chain with no step."""


Link = tuple[int, np.float32, bytes]
"""Step, loss and identities (eight bytes a sample, little-endian) of a step that waits to be written.

A plain tuple, since it is made in the loop; see `events.Scalar`.
"""


class WeightsNote(NamedTuple):
    """A digest of the weights, beside the chain."""

    epoch: int
    step: int
    sha256: str


class StepNote(NamedTuple):
    """One step, as its line tells it."""

    step: int
    loss: str
    """Bits of the float32 in hexadecimal, highest first."""
    batch: str
    """Digest of its samples in order."""
    chain: str
    """Head of the chain after it."""


def encode(head: bytes, pending: Iterable[Link | WeightsNote]) -> tuple[bytes, bytes]:
    """Return the new head and the lines of `pending`, which follow `head`."""
    lines: list[str] = []
    for note in pending:
        if isinstance(note, WeightsNote):
            lines.append(f'{{"epoch":{note.epoch},"step":{note.step},"weights":"{note.sha256}"}}\n')
            continue
        step, loss, identities = note
        bits = loss.astype("<f4").tobytes()
        batch = hashlib.sha256(identities).digest()
        head = hashlib.sha256(head + bits + batch).digest()
        lines.append(
            f'{{"step":{step},"loss":"{bits[::-1].hex()}","batch":"{batch.hex()}","chain":"{head.hex()}"}}\n'
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


def parse(lines: bytes) -> list[StepNote | WeightsNote]:
    """Return what `lines` of a chain tell.

    Raises:
        ValueError: a line is none of a chain; the message tells its number.
    """
    return [_parse_line(line, number) for number, line in enumerate(lines.splitlines(), start=1)]


def loss_bits(value: float) -> str:
    """Return the bits of `value` as float32, as a line tells them.

    Example:
        >>> loss_bits(1.0)
        '3f800000'
    """
    return struct.pack(">f", value).hex()


def contradictions(notes: Iterable[StepNote | WeightsNote]) -> Iterator[str]:
    """Recompute the chain, and tell the first line that does not follow from the lines before it."""
    head, step = START, 0
    for number, note in enumerate(notes, start=1):
        if isinstance(note, WeightsNote):
            if note.step != step:
                yield f"line {number} tells weights of step {note.step}, after step {step}"
                return
            continue
        loss, batch = bytes.fromhex(note.loss)[::-1], bytes.fromhex(note.batch)
        head, step = hashlib.sha256(head + loss + batch).digest(), step + 1
        if (note.step, note.chain) != (step, head.hex()):
            yield f"line {number} (step {note.step}) does not follow from its loss, samples and line before"
            return


def _parse_line(line: bytes, number: int) -> StepNote | WeightsNote:
    try:
        fields = json.loads(line)
        step = _whole(fields["step"])
        if "weights" in fields:
            return WeightsNote(_whole(fields["epoch"]), step, _hexadecimal(fields["weights"]))
        return StepNote(step, *(_hexadecimal(fields[key]) for key in ("loss", "batch", "chain")))
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ValueError(f"line {number} is no line of a chain") from error


def _whole(value: object) -> int:
    if type(value) is not int:
        raise TypeError
    return value


def _hexadecimal(value: object) -> str:
    if not isinstance(value, str) or bytes.fromhex(value).hex() != value:
        raise ValueError
    return value
