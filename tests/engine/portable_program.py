"""Train every model of the catalog for a few steps, and print what came out: started as a script.

It is started natively, with any thread counts, and under an emulated processor; all must
print the same.  Pictures and labels are made from integers, so that nothing but the
arithmetic of training can differ.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import torch
from tests.engine.portable_operations import operation_digests
from torch import Tensor, nn
from torch.nn import functional as F

from deepdiva import models
from deepdiva.data import Normalization, Normalize, Splits
from deepdiva.engine import (
    Goal,
    Learner,
    Machine,
    Optimizer,
    Plan,
    Schedule,
    StepOutput,
    enforce,
    on_cpu,
    refuse_operations,
    refuse_settings,
    weights_digest,
)
from deepdiva.metrics import Accuracy, Metric
from deepdiva.randomness import SeedPlan

OPTIMIZERS = {
    "SGD": Optimizer(optimizer_arguments=("momentum=0.9", "weight_decay=5e-4")),
    "fused AdamW": Optimizer(optimizer="AdamW", learning_rate=0.01, optimizer_arguments=("fused=true",)),
}
SCHEDULE = Schedule(
    epochs=2, batch_size=6, learning_rate_schedule="cosine", warmup_epochs=0.5, clip_gradient_norm=0.5
)
MACHINE = Machine(determinism="portable", device="cpu")
CLASSES, STEPS, SIDE = 5, 4, 12


class Pictures(NamedTuple):
    """One batch."""

    images: Tensor
    labels: Tensor


class MadeSplit:
    """Pictures in three colors whose pixels come from a formula."""

    def __len__(self) -> int:
        return STEPS * SCHEDULE.batch_size

    @property
    def identities(self) -> np.ndarray:
        return np.arange(len(self), dtype=np.uint64)

    def read(self, indices: np.ndarray, epoch: int) -> Pictures:
        pixels = np.arange(SIDE * SIDE * 3, dtype=np.int64) * 2654435761
        scrambled = (pixels + 40503 * (indices[:, None] + epoch)) // 256 % 256
        images = scrambled.astype(np.uint8).reshape(-1, SIDE, SIDE, 3)
        return Pictures(torch.from_numpy(images), torch.from_numpy(indices % CLASSES))


@dataclass(frozen=True)
class Config:
    """Settings of the task below."""

    model: str
    optimizer: Optimizer


class MadeTask:
    """Image classification without files."""

    goal = Goal("val/accuracy", "maximize")
    facts: Mapping[str, Any] = {}
    notices: Sequence[str] = ()

    def __init__(self, config: Config) -> None:
        self.config = config

    def splits(self) -> Splits[MadeSplit]:
        return Splits(train=MadeSplit(), val=MadeSplit(), test=MadeSplit())

    def build_model(self) -> nn.Module:
        return models.build(self.config.model, in_channels=3, num_classes=CLASSES)

    def build_optimizer(self, model: nn.Module) -> torch.optim.Optimizer:
        return self.config.optimizer.build(model.parameters())

    def step(self, model: nn.Module, batch: Pictures) -> StepOutput:
        normalize = Normalize(Normalization(mean=(0.5, 0.4, 0.3), std=(0.2, 0.3, 0.1)))
        logits = model(normalize(batch.images))
        losses = F.cross_entropy(logits, batch.labels, reduction="none")
        return StepOutput(losses, outputs=logits, targets=batch.labels)

    def build_metrics(self, split: str) -> Mapping[str, Metric]:  # noqa: ARG002 - the protocol names it
        return {"accuracy": Accuracy()}


def train(model: str, optimizer: str) -> str:
    """Return one digest over losses, gradient norms, weights and, at the end, logits."""
    config = Config(model, OPTIMIZERS[optimizer])
    refuse_settings(MACHINE, config)
    task, plan = MadeTask(config), Plan(SCHEDULE, MACHINE, SeedPlan(1), torch.device("cpu"))
    refuse_operations(task, plan)
    learner, split, digest = Learner(task, plan), MadeSplit(), hashlib.sha256()
    learner.model.train()
    for step in range(STEPS):
        indices = np.arange(step, step + SCHEDULE.batch_size)
        result = learner.step([split.read(indices, 1)], step, STEPS)
        digest.update(result.loss.numpy().tobytes() + result.gradient_norm.numpy().tobytes())
    learner.model.eval()
    with torch.no_grad():
        digest.update(learner.score(split.read(np.arange(7), 0)).outputs.numpy().tobytes())
    digest.update(weights_digest(on_cpu(learner.model)).encode())
    return digest.hexdigest()


def main(names: Sequence[str]) -> None:
    """Print torch build, canary, and digests: of models with each optimizer, and of operations."""
    arithmetic = enforce(MACHINE, 1, torch.device("cpu"))
    facts = {"torch": arithmetic.torch, "canary": arithmetic.canary}
    digests = {f"{name}, {optimizer}": train(name, optimizer) for name in names for optimizer in OPTIMIZERS}
    everything = facts | {"digests": digests, "operations": operation_digests()}
    json.dump(everything, sys.stdout, indent=2)


if __name__ == "__main__":
    main(sys.argv[1:] or sorted(models.BUILDERS))
