"""A task of a moment: points of three colors, and a model with all that makes resuming hard."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from deepdiva.data import Splits
from deepdiva.engine import (
    Goal,
    Learner,
    Loop,
    Machine,
    Optimizer,
    Plan,
    Schedule,
    Silence,
    StepOutput,
    StopSignal,
)
from deepdiva.metrics import Accuracy, ConfusionMatrix, Metric
from deepdiva.randomness import SeedPlan, identity, keyed_uniform
from deepdiva.record import RunWriter
from deepdiva.record.lock import RunLock


class Points(NamedTuple):
    """One batch."""

    points: Tensor
    labels: Tensor


@dataclass
class PointSplit:
    """Points in three clouds; epochs above 0 shake them by per-sample draws."""

    count: int
    seed: int
    reads: list[list[int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        random = np.random.default_rng(self.seed)
        self.labels = random.integers(0, 3, self.count)
        self.points = random.normal(self.labels[:, None], 0.4, (self.count, 2)).astype(np.float32)
        self.identities = np.array([identity(f"{self.seed}/{n}") for n in range(self.count)], np.uint64)

    def __len__(self) -> int:
        return self.count

    def read(self, indices: np.ndarray, epoch: int) -> Points:
        self.reads.append(indices.tolist())
        points = self.points[indices]
        if epoch > 0:
            points = points + keyed_uniform(1, epoch, self.identities[indices], 2).astype(np.float32) * 0.1
        return Points(torch.from_numpy(points), torch.from_numpy(self.labels[indices]))


class TinyTask:
    """Tell the cloud of a point, with dropout and batch normalization."""

    goal = Goal("val/accuracy", "maximize")
    facts: Mapping[str, Any] = {}
    notices: Sequence[str] = ()

    def __init__(self, optimizer: Optimizer, weighted: bool = False) -> None:
        self.optimizer, self.weighted = optimizer, weighted
        self.parts = Splits(train=PointSplit(75, 0), val=PointSplit(31, 1), test=PointSplit(20, 2))

    def splits(self) -> Splits[PointSplit]:
        return self.parts

    def build_model(self) -> nn.Module:
        hidden = nn.Sequential(nn.Linear(2, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Dropout(0.3))
        return nn.Sequential(hidden, nn.Linear(16, 3))

    def build_optimizer(self, model: nn.Module) -> torch.optim.Optimizer:
        return self.optimizer.build(model.parameters())

    def step(self, model: nn.Module, batch: Points) -> StepOutput:
        logits = model(batch.points)
        losses = F.cross_entropy(logits, batch.labels, reduction="none")
        weights = (batch.labels + 1).float() if self.weighted else None
        return StepOutput(losses, outputs=logits, targets=batch.labels, weights=weights)

    def build_metrics(self, split: str) -> Mapping[str, Metric]:
        metrics: dict[str, Metric] = {"accuracy": Accuracy()}
        if split != "train":
            metrics["confusion"] = ConfusionMatrix(("a", "b", "c"))
        return metrics


MOMENTUM = Optimizer(learning_rate=0.1, optimizer_arguments=("momentum=0.9",))


def make_loop(
    folder: Path,
    *,
    schedule: Schedule | None = None,
    machine: Machine | None = None,
    task: TinyTask | None = None,
    seed: int = 1,
    stop: StopSignal | None = None,
) -> Loop:
    """Return a loop on a new or old run folder; without a gate, which has tests of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    schedule = schedule or Schedule(epochs=3, batch_size=10, learning_rate_schedule="cosine")
    plan = Plan(schedule, machine or Machine(threads=1), SeedPlan(seed), torch.device("cpu"))
    writer = RunWriter(folder, RunLock(folder), {"seconds": None})
    return Loop(Learner(task or TinyTask(MOMENTUM), plan), writer, Silence(), stop or StopSignal())


def facts(folder: Path) -> tuple[str, list[str]]:
    """Return chain and events of a run, times left out."""
    lines = (folder / "events.jsonl").read_text().splitlines()
    return (folder / "chain.jsonl").read_text(), [line.partition(',"time"')[0] for line in lines]
