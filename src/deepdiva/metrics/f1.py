"""Harmonic mean of precision and recall, averaged over classes."""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
from jaxtyping import Float, Int
from torch import Tensor


@dataclass
class MacroF1:
    """Mean over classes of F1 = 2 TP / (2 TP + FP + FN), in [0, 1].

    A class that was neither present nor predicted has no F1 and is left out of the mean.
    Source: C. J. van Rijsbergen, Information Retrieval, 1979, chapter 7, with beta = 1.

    Example:
        >>> f1 = MacroF1(classes=2)
        >>> f1.update(torch.tensor([[2.0, 1.0], [0.0, 3.0]]), torch.tensor([0, 1]))
        >>> f1.compute()
        1.0
    """

    classes: int
    hits: Tensor = field(default_factory=lambda: torch.zeros((), dtype=torch.int64))
    """True positives of every class."""
    marks: Tensor = field(default_factory=lambda: torch.zeros((), dtype=torch.int64))
    """Samples of every class plus predictions of it: 2 TP + FP + FN."""

    def update(self, outputs: Float[Tensor, "batch classes"], targets: Int[Tensor, " batch"]) -> None:
        # On the CPU: bincount has no deterministic kernel on GPUs.
        truth, guess = targets.cpu(), outputs.argmax(dim=1).cpu()
        self.hits = self.hits + torch.bincount(truth[truth == guess], minlength=self.classes)
        self.marks = self.marks + torch.bincount(torch.cat([truth, guess]), minlength=self.classes)

    def compute(self) -> float | None:
        present = self.marks > 0
        if not bool(present.any()):
            return None
        return float((2 * self.hits[present].double() / self.marks[present]).mean())
