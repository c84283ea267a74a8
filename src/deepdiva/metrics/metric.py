"""The shape of a metric: a dataclass of counts, fed batch by batch, read once."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, Protocol, TypeVar, runtime_checkable

import numpy as np
from torch import Tensor

Arrays = Mapping[str, np.ndarray]


@runtime_checkable
class Metric(Protocol):
    """Counts over samples, kept in a dataclass.

    Fields that are tensors or lists are counts: those of two sets of samples, added up with
    `+`, are those of both sets together.  All other fields are settings.  Counts stay on the
    device of the outputs, so that taking a batch into account never waits for it.
    """

    def update(self, outputs: Any, targets: Any) -> None:
        """Take one batch into account."""

    def compute(self) -> float | Arrays | None:
        """Return the value over all samples seen so far; None where it is undefined."""


M = TypeVar("M", bound=Metric)


def counts_of(metric: Metric) -> dict[str, Any]:
    """Return the fields that count, by name."""
    fields = {f.name: getattr(metric, f.name) for f in dataclasses.fields(metric)}  # type: ignore[arg-type]
    return {name: value for name, value in fields.items() if isinstance(value, Tensor | list)}


def merge(total: M, part: M) -> M:
    """Return the metric of both sets of samples together."""
    counts = {name: value + getattr(part, name) for name, value in counts_of(total).items()}
    return dataclasses.replace(total, **counts)  # type: ignore[type-var]
