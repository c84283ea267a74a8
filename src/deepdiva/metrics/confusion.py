"""Counts of true class against predicted class."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor


@dataclass
class ConfusionMatrix:
    """Rows are true classes, columns are predicted ones; each cell counts samples."""

    classes: tuple[str, ...]
    cells: Tensor = field(default_factory=lambda: torch.zeros((), dtype=torch.int64))
    """Flattened counts, classes * classes of them."""

    def update(self, outputs: Float[Tensor, "batch classes"], targets: Int[Tensor, " batch"]) -> None:
        cells = targets * len(self.classes) + outputs.argmax(dim=1)
        # On the CPU: bincount has no deterministic kernel on GPUs.
        self.cells = self.cells + torch.bincount(cells.cpu(), minlength=len(self.classes) ** 2)

    def compute(self) -> dict[str, np.ndarray]:
        """Return `counts`, int64 of shape (classes, classes), and the names `classes`."""
        size = len(self.classes)
        counts = self.cells.expand(size * size).reshape(size, size).numpy().copy()
        return {"counts": counts, "classes": np.array(self.classes, dtype=np.str_)}
