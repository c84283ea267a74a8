"""One measurement, one line of `events.jsonl`; equal runs differ in `time` alone.

    {"split":"val","metric":"accuracy","scope":"epoch","epoch":3,"step":51,"value":0.98,
     "time":1767225600.25,"checksum":"1c291ca3"}

The checksum is the CRC-32 of the bytes before `,"time":`.  A value that is not finite is
null and has a `reason`; an array is named by `array` and `sha256` instead of a value.
"""

from __future__ import annotations

import functools
import json
import math
import re
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

Scope = Literal["step", "epoch"]

ARRAY_PATH = re.compile(r"arrays/[A-Za-z0-9_][A-Za-z0-9_.-]*\.npz")
"""The only places that an event may name."""


@dataclass(frozen=True, kw_only=True)
class Event:
    """A measurement as the record tells it."""

    split: str
    metric: str
    scope: Scope
    """Whether it speaks of one step or of a whole epoch."""
    epoch: int
    """0 is before training."""
    step: int
    """Optimizer steps done since the beginning of the run."""
    time: float
    """Seconds since 1970, UTC; for people and pictures, never for order."""
    value: float | None = None
    reason: str | None = None
    """Why there is no value."""
    array: str | None = None
    """POSIX path of the array below the run folder."""
    sha256: str | None = None
    """Of the file of the array."""

    @property
    def name(self) -> str:
        """`<split>/<metric>`, as measurements are called everywhere."""
        return f"{self.split}/{self.metric}"


Scalar = tuple[str, str, str, int, int, float | None, float]
"""Split, metric, scope, epoch, step, value and time of a measurement that waits to be written.

A plain tuple: to make one costs a fifth of what a named one costs, and it is made in the loop.
"""


class ArrayNote(NamedTuple):
    """An array, already on disk, that waits to be named."""

    split: str
    metric: str
    epoch: int
    step: int
    array: str
    sha256: str
    time: float


def encode(pending: Iterable[Scalar | ArrayNote]) -> bytes:
    """Return the lines of `pending`, in its order."""
    return "".join(
        [_array_line(p) if isinstance(p, ArrayNote) else _scalar_line(p) for p in pending]
    ).encode()


def parse(line: bytes) -> Event | None:
    """Return what `line` tells; None where it is torn or was changed."""
    body, _, tail = line.rpartition(b',"time":')
    try:
        fields = json.loads(line)
        if fields["checksum"] != f"{zlib.crc32(body):08x}" or not tail:
            return None
        return _event(fields)
    except (ValueError, KeyError, TypeError, RecursionError):
        return None


def _scalar_line(scalar: Scalar) -> str:
    split, metric, scope, epoch, step, value, time = scalar
    if value is not None and math.isfinite(value):
        told = float.__repr__(float(value))
    else:
        told = f'null,"reason":"{_reason(value)}"'
    return _signed(f'{_beginning(split, metric, scope)}{epoch},"step":{step},"value":{told}', time)


def _array_line(note: ArrayNote) -> str:
    split, metric, epoch, step, array, sha256, time = note
    begin = _beginning(split, metric, "epoch")
    return _signed(f'{begin}{epoch},"step":{step},"array":{json.dumps(array)},"sha256":"{sha256}"', time)


def _signed(body: str, time: float) -> str:
    return f'{body},"time":{time:.6f},"checksum":"{zlib.crc32(body.encode()):08x}"}}\n'


@functools.lru_cache(maxsize=1024)
def _beginning(split: str, metric: str, scope: str) -> str:
    return f'{{"split":{json.dumps(split)},"metric":{json.dumps(metric)},"scope":"{scope}","epoch":'


def _reason(value: float | None) -> str:
    if value is None:
        return "undefined"
    if math.isnan(value):
        return "not a number"
    return "infinite" if value > 0 else "negative infinite"


def _event(fields: dict[str, Any]) -> Event | None:
    """Check the types of `fields`: a checksum proves no good will."""
    words = [fields["split"], fields["metric"]]
    words += [fields[key] for key in ("reason", "array", "sha256") if key in fields]
    counts, value = [fields["epoch"], fields["step"]], fields.get("value")
    if not (
        all(isinstance(word, str) for word in words)
        and all(type(count) is int for count in counts)
        and (value is None or type(value) in (int, float))
        and fields["scope"] in ("step", "epoch")
        and ("array" not in fields or ARRAY_PATH.fullmatch(fields["array"]))
    ):
        return None
    del fields["checksum"]
    fields["time"] = float(fields["time"])
    return Event(**fields | {"value": None if value is None else float(value)})
