"""Between which two steps two runs part, as their chains tell it; nothing is computed again."""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from deepdiva.errors import DataError
from deepdiva.record.chain import StepNote, WeightsNote, parse

FILE_NAME = "chain.jsonl"


class Moment(NamedTuple):
    """A point between two steps at which the weights were digested."""

    epoch: int
    step: int


@dataclass(frozen=True)
class Chain:
    """What a run wrote down of its steps."""

    steps: tuple[StepNote, ...]
    weights: dict[Moment, str]
    """Digest of the weights after so many steps; epoch 0 is before training."""


@dataclass(frozen=True, kw_only=True)
class Parting:
    """How far two chains agree, and the first things in which they do not."""

    steps: tuple[int, int]
    """Steps that each of the two took."""
    line: tuple[StepNote, StepNote] | None
    """The first step whose line differs, as each tells it."""
    weights: Moment | None
    """The first moment at which the digests of the weights differ."""
    agreed: int | None
    """Steps after which all that was written down is equal, the weights too; None where not
    even the weights before training are known to be equal."""

    @property
    def at(self) -> int | None:
        """The first step that is known to have come out differently; None where none is."""
        lines = [self.line[0].step] if self.line else []
        return min(lines + ([self.weights.step] if self.weights else []), default=None)


def read_chain(folder: Path) -> Chain:
    """Return the chain of the run in `folder`; a torn last line is left out.

    Raises:
        DataError: it is missing (VER-002), or a line of it is none (VER-001).
    """
    path = folder / FILE_NAME
    try:
        content = path.read_bytes()
        notes = parse(content[: content.rfind(b"\n") + 1])
    except (OSError, ValueError) as error:
        raise DataError(
            f"{path}: {error}",
            expected="the chain as its run wrote it",
            remedy="take a copy of the run that is whole",
            code="VER-002" if isinstance(error, OSError) else "VER-001",
        ) from error
    weights = {Moment(n.epoch, n.step): n.sha256 for n in notes if isinstance(n, WeightsNote)}
    return Chain(tuple(note for note in notes if isinstance(note, StepNote)), weights)


def find_parting(a: Chain, b: Chain) -> Parting:
    """Compare two chains.

    Steps that only one of the two took are no difference; `Parting.steps` tells of them.
    """
    line = next((pair for pair in zip(a.steps, b.steps, strict=False) if pair[0] != pair[1]), None)
    told = sorted(a.weights.keys() & b.weights.keys())
    weights = next((moment for moment in told if a.weights[moment] != b.weights[moment]), None)
    end = line[0].step if line else max(len(a.steps), len(b.steps)) + 1
    equal = [moment.step for moment in told if moment.step < end and (weights is None or moment < weights)]
    return Parting(
        steps=(len(a.steps), len(b.steps)),
        line=line,
        weights=weights,
        agreed=max(equal, default=None),
    )


def loss_of(note: StepNote) -> float:
    """Return the loss that a line tells; NaN where it tells none."""
    try:
        return float(struct.unpack(">f", bytes.fromhex(note.loss))[0])
    except struct.error:
        return math.nan
