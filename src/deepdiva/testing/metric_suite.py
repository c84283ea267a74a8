"""The laws of a metric, for metrics that are written elsewhere too."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping

import numpy as np
from torch import Tensor

from deepdiva.metrics import Metric, merge

SAMPLES = 23
SEEDS = range(5)


class MetricSuite:
    """Tries on a metric what every metric of DeepDIVA must keep.

    Inherit it under a name that pytest collects, and say how the metric is made and fed:

        class TestMyMetric(MetricSuite):
            def make(self) -> Metric:
                return MyMetric(classes=4)

            def draw(self, samples: int, seed: int) -> tuple[Tensor, Tensor]:
                generator = torch.Generator().manual_seed(seed)
                logits = torch.randn(samples, 4, generator=generator)
                return logits, torch.randint(4, (samples,), generator=generator)
    """

    @abstractmethod
    def make(self) -> Metric:
        """Return a fresh metric that has seen nothing."""

    @abstractmethod
    def draw(self, samples: int, seed: int) -> tuple[Tensor, Tensor]:
        """Return outputs and targets of `samples` samples, first dimension the sample, as `seed` says."""

    def test_nothing_seen_is_undefined(self) -> None:
        """No sample gives no value: undefined is None, never zero."""
        assert self.make().compute() is None

    def test_how_batches_are_cut_moves_nothing(self) -> None:
        """One batch or two, wherever they are cut: the same value to the last bit."""
        for seed in SEEDS:
            for cut in (1, SAMPLES // 2, SAMPLES - 1):
                first, second = self._halves(seed, cut)
                assert _plain(_fed(self.make(), first, second)) == _plain(_fed(self.make(), self._all(seed)))

    def test_merged_is_together(self) -> None:
        """Two metrics merged have seen the samples of both, and neither of them changes."""
        for seed in SEEDS:
            first, second = (_fed(self.make(), half) for half in self._halves(seed, SAMPLES // 3))
            before = _plain(first), _plain(second)
            assert _plain(merge(first, second)) == _plain(_fed(self.make(), self._all(seed)))
            assert (_plain(first), _plain(second)) == before

    def test_reading_moves_nothing(self) -> None:
        """To read a value is no event: read again, it is the same, and more samples can follow."""
        first, second = self._halves(0, SAMPLES // 2)
        metric = _fed(self.make(), first)
        assert _plain(metric) == _plain(metric)
        assert _plain(_fed(metric, second)) == _plain(_fed(self.make(), self._all(0)))

    def test_numbers_are_ratios(self) -> None:
        """A value that is a number lies in [0, 1]; percentages are for pages."""
        for seed in SEEDS:
            value = _fed(self.make(), self._all(seed)).compute()
            assert not isinstance(value, float) or 0 <= value <= 1

    def _all(self, seed: int) -> tuple[Tensor, Tensor]:
        return self.draw(SAMPLES, seed)

    def _halves(self, seed: int, cut: int) -> tuple[tuple[Tensor, Tensor], tuple[Tensor, Tensor]]:
        outputs, targets = self._all(seed)
        return (outputs[:cut], targets[:cut]), (outputs[cut:], targets[cut:])


def _fed(metric: Metric, *batches: tuple[Tensor, Tensor]) -> Metric:
    for outputs, targets in batches:
        metric.update(outputs, targets)
    return metric


def _plain(metric: Metric) -> object:
    """Return the value as Python's own numbers and lists, which compare bit by bit."""
    value = metric.compute()
    if isinstance(value, Mapping):
        return {name: np.asarray(array).tolist() for name, array in value.items()}
    return value
