"""Image classification: one label per picture.

To try an idea, copy this file, change the part that the idea touches, and run it:
`deepdiva run ./my_idea.py --data DIR`.  The parts come in the order in which data flows:
settings, data, model, optimizer, step, metrics.

Files expected: train, val and test, each with <class name>/<picture>.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from deepdiva import data, metrics, models
from deepdiva.engine import Goal, Optimizer, Schedule, StepOutput, TaskPage
from deepdiva.provenance import VerifiedData
from deepdiva.randomness import SeedPlan

# -- Settings: every number that can move the result -----------------------------------


@dataclass(frozen=True, kw_only=True)
class Config:
    """Settings of this task; those of the loop are in `engine.Schedule`."""

    model: str = "small-convnet"
    """Name of a model, or package.module:Class."""
    height: int | None = None
    """Height of the pictures after resizing, in pixels; none keeps it, or takes the median."""
    width: int | None = None
    """Width of the pictures after resizing, in pixels; none keeps it, or takes the median."""
    channels: int | None = None
    """1 for grey, 3 for color; none looks at the train split."""
    allow_bad: int = 0
    """So many pictures that cannot be read are left out, and recorded, instead of refused."""
    flip: bool = False
    """While training, mirror every other picture left to right."""
    shift: int = 0
    """While training, shift pictures by up to so many pixels in each direction."""
    balance_classes: bool = False
    """Weigh the training loss by the inverse frequency of each class in the train split."""
    optimizer: Optimizer = Optimizer(
        optimizer="SGD",
        learning_rate=0.05,
        optimizer_arguments=("momentum=0.9", "weight_decay=5e-4"),
    )


class ImageClassification:
    """Tell the class of a picture."""

    goal = Goal("val/accuracy", "maximize")

    # -- Data --------------------------------------------------------------------------

    def __init__(self, config: Config, files: VerifiedData, seeds: SeedPlan) -> None:
        self.config = config
        augment = data.Augment(flip_horizontal=config.flip, shift=config.shift)
        self.folders = data.read_class_folders(
            files,
            height=config.height,
            width=config.width,
            channels=config.channels,
            augment=augment,
            allow_bad=config.allow_bad,
            seeds=seeds,
        )
        self.facts, self.notices = self.folders.facts, self.folders.notices
        self.normalize = data.Normalize(self.folders.normalization)
        self.class_weights = self.folders.splits.train.class_weights() if config.balance_classes else None

    def splits(self) -> data.Splits[data.ImageSplit]:
        return self.folders.splits

    # -- Model and optimizer -----------------------------------------------------------

    def build_model(self) -> nn.Module:
        classes = len(self.folders.class_names)
        return models.build(self.config.model, in_channels=self.folders.channels, num_classes=classes)

    def build_optimizer(self, model: nn.Module) -> torch.optim.Optimizer:
        return self.config.optimizer.build(model.parameters())

    # -- Step: most ideas change only this ---------------------------------------------

    def step(self, model: nn.Module, batch: data.ImageBatch) -> StepOutput:
        logits: Float[Tensor, "batch classes"] = model(self.normalize(batch.images))
        losses: Float[Tensor, " batch"] = F.cross_entropy(logits, batch.labels, reduction="none")
        weights = None
        if self.class_weights is not None:
            weights = self.class_weights.to(losses.device)[batch.labels]
        return StepOutput(losses, outputs=logits, targets=batch.labels, weights=weights)

    # -- Metrics -----------------------------------------------------------------------

    def build_metrics(self, split: str) -> Mapping[str, metrics.Metric]:
        classes = tuple(self.folders.class_names)
        chosen: dict[str, metrics.Metric] = {"accuracy": metrics.Accuracy()}
        if split != "train":
            chosen["macro_f1"] = metrics.MacroF1(classes=len(classes))
            chosen["confusion"] = metrics.ConfusionMatrix(classes)
        if split == "test":
            chosen["predictions"] = metrics.Predictions()
        return chosen


TASK = TaskPage(
    name="image-classification",
    config=Config,
    build=ImageClassification,
    schedule=Schedule(epochs=10, learning_rate_schedule="cosine", warmup_epochs=1.0),
)
