"""Image classification that changes one weight by one unit in the last place, at one step.

The page is that of `image-classification` with one override; `deepdiva bisect` has to find
the step and the layer.  Copied into a repository, `deepdiva run ./one_ulp.py --data DIR` makes
the change and `--nudge-at-step 0` leaves it out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from deepdiva.engine import Schedule, StepOutput, TaskPage
from deepdiva.provenance import VerifiedData
from deepdiva.randomness import SeedPlan
from deepdiva.tasks import image_classification


@dataclass(frozen=True, kw_only=True)
class Config(image_classification.Config):
    """Settings of the page, and which weight changes when."""

    nudge_at_step: int = 37
    """Optimizer step, counted from 1, in which the weight changes; 0 for never."""
    nudge_parameter: int = 0
    """Which parameter of the model: its place in `named_parameters`."""


class OneUlp(image_classification.ImageClassification):
    """Tell the class of a picture, with weights that somebody touched."""

    def __init__(self, config: Config, files: VerifiedData, seeds: SeedPlan) -> None:
        super().__init__(config, files, seeds)
        self.nudge_at_step, self.nudge_parameter = config.nudge_at_step, config.nudge_parameter
        self.steps = 0

    def step(self, model: nn.Module, batch: Any) -> StepOutput:
        self.steps += model.training
        if model.training and self.steps == self.nudge_at_step:
            nudge(list(model.parameters())[self.nudge_parameter])
        return super().step(model, batch)


@torch.no_grad()
def nudge(weights: torch.Tensor) -> None:
    """Move the largest of `weights` by one unit in the last place, towards infinity."""
    place = torch.unravel_index(weights.abs().argmax(), weights.shape)
    weights[place] = torch.nextafter(weights[place], torch.tensor(float("inf")))


TASK = TaskPage(
    name="one-ulp",
    config=Config,
    build=OneUlp,
    schedule=Schedule(epochs=10, learning_rate_schedule="cosine", warmup_epochs=1.0),
)
