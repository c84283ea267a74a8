"""Score a split: every sample counts once, whatever batch it came in."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from deepdiva.data import SplitName, batches
from deepdiva.engine.learner import Learner
from deepdiva.engine.signals import StopRequested, StopSignal

Scores = Mapping[str, float | Mapping[str, np.ndarray] | None]
"""Metric to value, to arrays where the metric is a picture of many numbers, to None where undefined."""


@torch.no_grad()
def evaluate(
    learner: Learner, split_name: SplitName, stop: StopSignal, *, at_most: int | None = None
) -> Scores:
    """Return the mean loss and every metric of the task over a split.

    The loss is the correctly rounded mean of all samples' losses (`math.fsum`), so that it
    depends neither on the size of batches nor on their number.

    Args:
        at_most: Score so many samples, the first of the split; None scores all.

    Raises:
        StopRequested: a signal came; nothing is kept of the split.
    """
    learner.model.eval()
    plan, metrics = learner.plan, learner.task.build_metrics(split_name)
    split = getattr(learner.task.splits(), split_name)
    losses: list[torch.Tensor] = []
    for _, batch, real in batches(
        split,
        np.arange(len(split))[:at_most],
        batch_size=plan.schedule.batch_size,
        epoch=0,
        workers=plan.machine.workers,
        pad=plan.pads,
    ):
        if stop.received:
            raise StopRequested
        output = learner.score(batch).first(real)
        losses.append(output.losses.float())
        for metric in metrics.values():
            metric.update(output.outputs, output.targets)
    values = torch.cat(losses).tolist()
    return {"loss": math.fsum(values) / len(values)} | {n: m.compute() for n, m in metrics.items()}


def only_numbers(scores: Scores) -> dict[str, float | None]:
    """Return the scores that are single numbers."""
    return {name: value for name, value in scores.items() if not isinstance(value, Mapping)}


def only_arrays(scores: Scores) -> dict[str, Mapping[str, Any]]:
    """Return the scores that are arrays."""
    return {name: value for name, value in scores.items() if isinstance(value, Mapping)}
