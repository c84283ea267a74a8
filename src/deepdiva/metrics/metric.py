"""The shape of a metric: a dataclass of counts, fed batch by batch, read once."""

from __future__ import annotations

import dataclasses
from typing import Any, Protocol, TypeVar, runtime_checkable

import numpy as np
from torch import Tensor


@runtime_checkable
class Metric(Protocol):
    """Counts over samples.  Every field of the dataclass is a tensor that adds up.

    Counts stay on the device of the outputs, so that taking a batch into account never
    waits for it.
    """

    def update(self, outputs: Any, targets: Any) -> None:
        """Take one batch into account."""

    def compute(self) -> float | np.ndarray | None:
        """Return the value over all batches seen so far; None where it is undefined."""


M = TypeVar("M", bound=Metric)


def merge(total: M, part: M) -> M:
    """Return the metric of both sets of samples together: every count added up."""
    counts = {f.name: getattr(total, f.name) + getattr(part, f.name) for f in dataclasses.fields(total)}  # type: ignore[arg-type]
    return dataclasses.replace(total, **counts)  # type: ignore[type-var]


def counts_of(metric: Metric) -> dict[str, Tensor]:
    """Return the counts by name, so that a checkpoint can hold them."""
    return {f.name: getattr(metric, f.name) for f in dataclasses.fields(metric)}  # type: ignore[arg-type]
