"""What was predicted for every sample, kept so that runs can be compared sample by sample."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor


@dataclass
class Predictions:
    """Labels, predictions and class probabilities in the order of the split."""

    labels: list[Tensor] = field(default_factory=list)
    logits: list[Tensor] = field(default_factory=list)

    def update(self, outputs: Float[Tensor, "batch classes"], targets: Int[Tensor, " batch"]) -> None:
        self.labels.append(targets)
        self.logits.append(outputs)

    def compute(self) -> dict[str, np.ndarray] | None:
        """Return `labels` and `predictions` (int64), and `probabilities` (float32, samples x classes)."""
        if not self.labels:
            return None
        logits = torch.cat(self.logits).float().cpu()
        return {
            "labels": torch.cat(self.labels).cpu().numpy(),
            "predictions": logits.argmax(dim=1).numpy(),
            "probabilities": logits.softmax(dim=1).numpy(),
        }
