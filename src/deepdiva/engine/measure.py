"""Measurements of steps, read from the device now and then instead of at every step."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import UInt64

from deepdiva.engine.learner import StepResult, merge_all
from deepdiva.engine.saving import EpochTotals
from deepdiva.errors import NumericError
from deepdiva.record import RunWriter

LONGEST_WAIT = 512
"""Steps after which measurements are read, so that the tensors they hold stay few."""


@dataclass(frozen=True)
class Taken:
    """One step as the loop saw it, its tensors not read yet."""

    epoch: int
    number: int
    """Optimizer steps taken, this one included."""
    learning_rate: float
    result: StepResult
    identities: UInt64[np.ndarray, " batch"]


@dataclass(frozen=True)
class Pace:
    """How training goes, for those who watch."""

    epoch: int
    step: int
    loss: float
    samples_per_second: float


class StepLog:
    """Collects steps, and writes many of them down at once.

    To read a number from a GPU waits for it; to read five hundred waits once.

    Args:
        writer: The record.
        every: Record the measurements of every so many-th step; the chain holds all of them.
        watch: Called after each reading.
    """

    def __init__(self, writer: RunWriter, every: int, watch: Callable[[Pace], None]) -> None:
        self._writer, self._every, self._watch = writer, every, watch
        self._waiting: list[Taken] = []
        self._samples, self._since = 0, time.perf_counter()

    def start_clock(self) -> None:
        """Measure the throughput from now on; what came before was not training."""
        self._samples, self._since = 0, time.perf_counter()

    def take(self, taken: Taken) -> None:
        """Keep one step until the next reading."""
        self._waiting.append(taken)
        self._samples += len(taken.identities)

    def due(self) -> bool:
        """Tell whether it is time to read."""
        return len(self._waiting) >= LONGEST_WAIT or self._writer.flush_due()

    def read(self, totals: EpochTotals) -> None:
        """Write all that waits into the record, add it to `totals`, and flush.

        Raises:
            NumericError: NUM-001, a loss is NaN or infinite; the record holds what came before it.
        """
        if self._waiting:
            losses = torch.stack([taken.result.loss for taken in self._waiting]).tolist()
            norms = torch.stack([taken.result.gradient_norm for taken in self._waiting]).tolist()
            for taken, loss, norm in zip(self._waiting, losses, norms, strict=True):
                self._write(taken, loss, norm, totals)
            self._tell_pace(self._waiting[-1], losses[-1])
            self._waiting.clear()
        self._writer.flush()

    def _write(self, taken: Taken, loss: float, norm: float, totals: EpochTotals) -> None:
        self._writer.chain_step(taken.number, np.float32(loss), taken.identities)
        if not math.isfinite(loss):
            self._waiting.clear()
            self._writer.flush()
            raise _not_finite(taken, loss, norm)
        totals.losses.append(loss)
        totals.weights.append(float(taken.result.weight))
        totals.metrics = (
            merge_all(totals.metrics, taken.result.metrics) if totals.metrics else taken.result.metrics
        )
        if taken.number % self._every == 0:
            self._write_numbers(taken, loss, norm)

    def _write_numbers(self, taken: Taken, loss: float, norm: float) -> None:
        numbers: dict[str, float | None] = {
            "loss": loss,
            "learning_rate": taken.learning_rate,
            "gradient_norm": norm,
        }
        for name, metric in taken.result.metrics.items():
            value = metric.compute()
            if not isinstance(value, Mapping):
                numbers[name] = value
        for name, number in numbers.items():
            self._writer.scalar("train", name, number, epoch=taken.epoch, step=taken.number, scope="step")

    def _tell_pace(self, latest: Taken, loss: float) -> None:
        speed = self._samples / max(time.perf_counter() - self._since, 1e-9)
        self._writer.system(epoch=latest.epoch, step=latest.number, samples_per_second=speed)
        self._watch(Pace(latest.epoch, latest.number, loss, speed))
        self.start_clock()


def mean_loss(totals: EpochTotals) -> float:
    """Return the mean loss over the samples of an epoch, weighted as they were trained on."""
    parts = (loss * weight for loss, weight in zip(totals.losses, totals.weights, strict=True))
    return math.fsum(parts) / math.fsum(totals.weights)


def _not_finite(taken: Taken, loss: float, norm: float) -> NumericError:
    samples = ", ".join(f"{identity:016x}" for identity in taken.identities[:4].tolist())
    return NumericError(
        f"the loss became {loss} at step {taken.number} of epoch {taken.epoch} (learning rate "
        f"{taken.learning_rate:.3g}, gradient norm {norm:.3g}, samples {samples} and so on)",
        expected="a finite loss at every step",
        remedy="lower --learning-rate, set --clip-gradient-norm 1, or look at those samples; "
        "the checkpoint before it is kept",
        code="NUM-001",
    )
