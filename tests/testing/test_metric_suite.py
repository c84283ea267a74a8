"""The suite passes good metrics, and finds the faults that metrics have in the wild."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
import torch
from torch import Tensor

from deepdiva.metrics import Accuracy, MacroF1, Metric
from deepdiva.testing import MetricSuite


def draw(samples: int, seed: int) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    logits = torch.randn(samples, 4, generator=generator)
    return logits, torch.randint(4, (samples,), generator=generator)


class FourClasses(MetricSuite):
    def draw(self, samples: int, seed: int) -> tuple[Tensor, Tensor]:
        return draw(samples, seed)


class TestAccuracy(FourClasses):
    def make(self) -> Metric:
        return Accuracy()


class TestMacroF1(FourClasses):
    def make(self) -> Metric:
        return MacroF1(classes=4)


@dataclass
class MeanOfBatchMeans:
    """Weighs a last batch of one as much as a full one: the commonest fault."""

    means: list[float] = field(default_factory=list)

    def update(self, outputs: Tensor, targets: Tensor) -> None:
        self.means.append(float((outputs.argmax(dim=1) == targets).float().mean()))

    def compute(self) -> float | None:
        return sum(self.means) / len(self.means) if self.means else None


class OfBatchMeans(FourClasses):
    def make(self) -> Metric:
        return MeanOfBatchMeans()


@pytest.mark.parametrize("law", ["how_batches_are_cut_moves_nothing", "merged_is_together"])
def test_a_mean_of_batch_means_is_found(law: str) -> None:
    """A metric that depends on how batches are cut fails the laws that say so."""
    with pytest.raises(AssertionError):
        getattr(OfBatchMeans(), f"test_{law}")()


@dataclass
class ZeroFromNothing(MeanOfBatchMeans):
    """Calls nothing zero, so that an empty class pulls a mean down."""

    def compute(self) -> float:
        return super().compute() or 0.0


class OfNothing(FourClasses):
    def make(self) -> Metric:
        return ZeroFromNothing()


def test_zero_from_nothing_is_found() -> None:
    """A metric of no samples that answers 0 fails."""
    with pytest.raises(AssertionError):
        OfNothing().test_nothing_seen_is_undefined()
