"""What the loop asks of a task: its data, its model, how a batch is scored; no base class."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, runtime_checkable

from jaxtyping import Float
from torch import Tensor, nn
from torch.optim import Optimizer

from deepdiva.data import Splits
from deepdiva.engine.schedule import Schedule
from deepdiva.metrics import Metric
from deepdiva.provenance import VerifiedData
from deepdiva.randomness import SeedPlan


@dataclass(frozen=True)
class Goal:
    """The one measurement by which the best checkpoint is chosen; never one of the test split."""

    name: str
    """`val/<metric>`."""
    direction: Literal["maximize", "minimize"]

    def is_better(self, new: float | None, old: float | None) -> bool:
        """Tell whether `new` beats `old`: anything beats None, nothing undefined ever wins.

        Example:
            >>> Goal("val/loss", "minimize").is_better(0.2, 0.3)
            True
            >>> Goal("val/loss", "minimize").is_better(float("nan"), None)
            False
        """
        if new is None or new != new:
            return False
        if old is None:
            return True
        return new > old if self.direction == "maximize" else new < old


@dataclass(frozen=True)
class StepOutput:
    """What one batch gave: losses to learn from, the rest to measure.

    The first dimension of every field counts the samples of the batch.
    """

    losses: Float[Tensor, " batch"]
    """Loss of every sample, with a gradient."""
    outputs: Any
    targets: Any
    weights: Float[Tensor, " batch"] | None = None
    """Weight of every sample while training; evaluation weighs all samples alike."""

    def first(self, count: int) -> StepOutput:
        """Return the same of the first `count` samples; the others only filled up the batch."""
        if count == len(self.losses):
            return self
        weights = None if self.weights is None else self.weights[:count]
        return StepOutput(
            self.losses[:count], _first(self.outputs, count), _first(self.targets, count), weights
        )


def _first(value: Any, count: int) -> Any:
    if isinstance(value, tuple):
        return tuple(_first(part, count) for part in value)
    if isinstance(value, Mapping):
        return {name: _first(part, count) for name, part in value.items()}
    return value[:count]


@runtime_checkable
class Task(Protocol):
    """A learning problem: its data, its model, and how one batch is scored."""

    goal: Goal

    @property
    def facts(self) -> Mapping[str, Any]:
        """What was done to the data, in plain values; the run records it."""

    @property
    def notices(self) -> Sequence[str]:
        """What a person should know although it stops nothing."""

    def splits(self) -> Splits[Any]:
        """Return train, val and test."""

    def build_model(self) -> nn.Module:
        """Return a fresh model on the CPU."""

    def build_optimizer(self, model: nn.Module) -> Optimizer:
        """Return the optimizer of all trainable weights of `model`."""

    def step(self, model: nn.Module, batch: Any) -> StepOutput:
        """Score one batch.  Used alike for training and for evaluation."""

    def build_metrics(self, split: str) -> Mapping[str, Metric]:
        """Return fresh metrics for `split`, keyed by the name they are recorded under."""


@dataclass(frozen=True, kw_only=True)
class TaskPage:
    """A page of the catalog: words to settings, verified files to a task."""

    name: str
    """The word on the command line."""
    config: type[Any]
    """Frozen dataclass of the settings, each with a default and a docstring."""
    build: Callable[[Any, VerifiedData, SeedPlan], Task]
    schedule: Schedule = field(default_factory=Schedule)
    """Settings of the loop that suit the task."""
