"""Share of samples whose highest logit is the right class."""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
from jaxtyping import Float, Int
from torch import Tensor


@dataclass
class Accuracy:
    """Top-k accuracy over a split, in [0, 1]: the right class is among the k highest logits.

    Example:
        >>> accuracy = Accuracy()
        >>> accuracy.update(torch.tensor([[2.0, 1.0], [0.0, 3.0]]), torch.tensor([0, 0]))
        >>> accuracy.compute()
        0.5
    """

    k: int = 1
    right: Tensor = field(default_factory=lambda: torch.zeros((), dtype=torch.int64))
    seen: Tensor = field(default_factory=lambda: torch.zeros((), dtype=torch.int64))

    def update(self, outputs: Float[Tensor, "batch classes"], targets: Int[Tensor, " batch"]) -> None:
        if self.k == 1:
            hits = outputs.argmax(dim=1) == targets
        else:
            highest = outputs.topk(min(self.k, outputs.shape[1]), dim=1).indices
            hits = (highest == targets[:, None]).any(dim=1)
        self.right = self.right.to(hits.device) + hits.sum()
        self.seen = self.seen + len(targets)

    def compute(self) -> float | None:
        seen = int(self.seen)
        return int(self.right) / seen if seen else None
